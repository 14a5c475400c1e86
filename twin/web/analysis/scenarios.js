// Scenarios of the server: the list, the one in use, and its edits.
//
// Topics: list (names and edits changed). The one in use is a parameter of the
// study, so that its results follow.

import {get, send} from '../page/api.js';
import {Store} from '../map/store.js';
import {t} from './text.js';

export class Scenarios extends Store {
  #objects = new Map();

  constructor(study) {
    super({list: []});
    this.study = study;
  }

  async load() {
    const {scenarios} = await get('/api/scenarios');
    this.list = scenarios;
    if (this.study.scenario && !this.current) this.study.scenario = '';
    this.tell('list');
  }

  get current() { return this.list.find((item) => item.id === this.study.scenario) ?? null; }

  /** Use a scenario; '' is the base. */
  use(id) { if (id !== this.study.scenario) { this.study.choose({scenario: id}); this.tell('list'); } }

  /** A name that is not taken. */
  freeName() {
    const taken = new Set(this.list.map((item) => item.name));
    for (let n = 1; ; n += 1) if (!taken.has(t('scenario.name', {n}))) return t('scenario.name', {n});
  }

  async create(name = this.freeName(), more = {}) {
    const made = await this.#made(name, more);
    this.use(made.id);
    return made;
  }

  async #made(name, more) {
    const made = await send('POST', '/api/scenarios', {name, ...more});
    this.list = [made, ...this.list];
    return made;
  }

  async rename(name) { this.#took(await send('PUT', `/api/scenarios/${this.current.id}`, {name})); }

  async remove() {
    const {id} = this.current;
    await send('DELETE', `/api/scenarios/${id}`);
    this.list = this.list.filter((item) => item.id !== id);
    this.use('');
  }

  /** Put edits at the end of the scenario in use; makes one where the base is in use. */
  async edit(...edits) {
    // A new one is empty: what it shows is asked for with its first edit.
    if (!this.current) this.study.scenario = (await this.#made(this.freeName(), {})).id;
    for (const edit of edits) this.#took(await send('POST', `/api/scenarios/${this.current.id}/edits`, edit));
    await this.study.renew();
  }

  /** Take an edit back. */
  async undo(edit) {
    this.#took(await send('DELETE', `/api/scenarios/${this.current.id}/edits/${edit.id}`));
    await this.study.renew();
  }

  /** The card of an object that an edit names, asked once. */
  object(layer, fid) {
    const key = `${layer}:${fid}`;
    if (!this.#objects.has(key)) this.#objects.set(key, get(`/api/layers/${layer}/features/${fid}`));
    return this.#objects.get(key);
  }

  #took(scenario) {
    this.list = this.list.map((item) => (item.id === scenario.id ? scenario : item));
    this.tell('list');
  }
}
