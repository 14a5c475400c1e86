// Annotations of the server: those of the city and of one scenario, which of them are looked at, and what is done to them.
//
// Topics: list (they changed, or which are looked at), chosen (one was opened or closed).

import {Store} from '../map/store.js';
import {get, send} from '../page/api.js';

const AUTHOR = 'twin.author';

export class Notes extends Store {
  #asked = 0; // questions
  #written = 0; // changes by this browser
  #loading = null;
  #author = '';

  constructor() {
    super({list: [], counts: {}, scenario: '', chosen: '', status: 'open', author: '', base: false});
    try { this.#author = localStorage.getItem(AUTHOR) ?? ''; } catch { /* private window */ }
  }

  /** The name that the reader writes under; kept in the browser. */
  get me() { return this.#author; }
  set me(name) {
    this.#author = name.trim();
    try { localStorage.setItem(AUTHOR, this.#author); } catch { /* private window */ }
  }

  /** Ask for the annotations of the city and, where one is named, of a scenario. */
  load(scenario = this.scenario) {
    this.scenario = scenario;
    this.#loading = this.#load(this.#asked += 1, this.#written);
    return this.#loading;
  }

  async #load(asked, written) {
    const {annotations, counts} = await get(`/api/annotations?city=1&scenario=${encodeURIComponent(this.scenario)}`);
    if (asked !== this.#asked) { await this.#loading; return; } // another question overtook this one
    if (written !== this.#written) { await this.load(); return; } // it does not hold what was written meanwhile
    Object.assign(this, {list: annotations, counts});
    if (this.chosen && !this.current) this.choose('');
    this.tell('list');
  }

  /** Those that are looked at: of the city alone while the base is shown. The chosen one is always among them. */
  get shown() {
    return this.list.filter((note) => note.id === this.chosen || ((!this.status || note.status === this.status) && (!this.author || note.author === this.author) && !(this.base && note.scenario)));
  }

  get authors() { return [...new Set(this.list.map((note) => note.author))].sort((a, b) => a.localeCompare(b, 'zh')); }

  get current() { return this.list.find((note) => note.id === this.chosen) ?? null; }

  look(change) { Object.assign(this, change); this.tell('list'); }

  choose(id) {
    if (id === this.chosen) return;
    this.chosen = id;
    this.tell('chosen');
    this.tell('list');
  }

  async add(note) {
    const made = await send('POST', '/api/annotations', {...note, author: this.me});
    this.#written += 1;
    this.list = [made, ...this.list];
    this.#count();
    if (this.status === 'resolved') this.status = '';
    this.choose(made.id);
    return made;
  }

  async reply(id, text) { this.#took(await send('POST', `/api/annotations/${id}/replies`, {text, author: this.me})); }

  /** open or resolved. */
  async settle(id, status) { this.#took(await send('PUT', `/api/annotations/${id}`, status === 'open' ? {status} : {status, author: this.me})); }

  async change(id, texts) { this.#took(await send('PUT', `/api/annotations/${id}`, {...texts, author: this.me})); }

  async remove(id) {
    await send('DELETE', `/api/annotations/${id}`);
    this.#written += 1;
    this.list = this.list.filter((note) => note.id !== id);
    this.#count();
    if (this.chosen === id) this.choose('');
    else this.tell('list');
  }

  /** One annotation, also of a scenario that is not in use. */
  find(id) { return get(`/api/annotations/${id}`); }

  #took(note) {
    this.#written += 1;
    this.list = this.list.map((item) => (item.id === note.id ? note : item));
    this.#count();
    this.tell('list');
  }

  /** How many there are, after one came, went or was settled. */
  #count() {
    for (const scenario of new Set(['', this.scenario])) {
      const own = this.list.filter((note) => note.scenario === scenario);
      this.counts[scenario] = {open: own.filter((note) => note.status === 'open').length, resolved: own.filter((note) => note.status === 'resolved').length};
    }
  }
}
