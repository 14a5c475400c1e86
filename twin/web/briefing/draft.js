// The tour that is being edited: kept as it is typed, every step undone, nobody else's changes overwritten.
//
// A change is saved a moment after the last one. Who saved in between wins until
// somebody decides: then `status` is "conflict", nothing is sent any more, and
// what was typed stays here.

import {send} from '../page/api.js';

const LATER_MS = 700;
const MOST_STEPS = 100;
const KEPT = ['name', 'note', 'author', 'viewpoints'];

const picture = (tour) => structuredClone(Object.fromEntries(KEPT.map((name) => [name, tour[name]])));

export class Draft {
  #timer = 0;
  #saving = null;
  #dirty = false;
  #steps = [];
  #last = '';

  /** @param told called when the status has changed, with the answer of the server after a save */
  constructor(tour, told) {
    Object.assign(this, {tour: structuredClone(tour), told, status: 'saved', failure: null});
  }

  get fixed() { return this.tour.builtin; }
  get undoable() { return this.#steps.length > 0; }

  /** Change the tour by `work`; changes in a row with the same `key` are one step back. */
  change(work, key = '') {
    if (this.fixed) return;
    if (!key || key !== this.#last) this.#steps.push(picture(this.tour));
    if (this.#steps.length > MOST_STEPS) this.#steps.shift();
    this.#last = key;
    work(this.tour);
    this.#changed();
  }

  /** One step back; true when there was one. */
  undo() {
    const before = this.#steps.pop();
    if (!before) return false;
    this.#last = '';
    Object.assign(this.tour, before);
    this.#changed();
    return true;
  }

  #changed() {
    this.#dirty = true;
    clearTimeout(this.#timer);
    if (this.status === 'conflict') return;
    this.#timer = setTimeout(() => this.save(), LATER_MS);
    this.#become('dirty');
  }

  #become(status, answer = null) { this.status = status; this.told(answer); }

  /** Send what has changed now; resolves to true when the server holds what is here. */
  async save() {
    clearTimeout(this.#timer);
    if (this.#saving) await this.#saving;
    if (!this.#dirty) return this.status === 'saved';
    if (this.status === 'conflict') return false;
    this.#saving = this.#send();
    try { return await this.#saving; } finally { this.#saving = null; }
  }

  async #send() {
    const {tour} = this;
    const sent = [...tour.viewpoints];
    this.#dirty = false;
    this.#become('saving');
    try {
      const kept = await send('PUT', `/api/tours/${tour.id}`, {changed: tour.changed, ...Object.fromEntries(KEPT.map((name) => [name, tour[name]]))});
      sent.forEach((point, index) => { point.id = kept.viewpoints[index].id; });
      tour.changed = kept.changed;
      this.failure = null;
      this.#become(this.#dirty ? 'dirty' : 'saved', kept);
      return !this.#dirty;
    } catch (error) {
      this.#dirty = true;
      this.failure = error;
      this.#become(error.code === 'outdated' ? 'conflict' : 'failed');
      return false;
    }
  }

  /** Let go of it: a last attempt to save, that outlives the page. */
  leave() {
    clearTimeout(this.#timer);
    if (!this.#dirty || this.status === 'conflict') return;
    const {tour} = this;
    fetch(`/api/tours/${tour.id}`, {method: 'PUT', keepalive: true, headers: {'Content-Type': 'application/json'},
      body: JSON.stringify({changed: tour.changed, ...picture(tour)})}).catch(() => {});
  }
}
