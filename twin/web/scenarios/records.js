// Scenarios and what compares them, as the server has them. Topics: list (names and edits), compared.

import {Job} from '../analysis/job.js';
import {get, send} from '../page/api.js';
import {Store} from '../map/store.js';
import {t} from './text.js';

export class Records extends Store {
  #asked = 0;
  #objects = new Map();

  /** @param state {a, b}: which two are compared; '' is the city as it is */
  constructor(state) {
    super({list: [], comparison: null, failure: null, busy: false});
    this.state = state;
    this.job = new Job('/api/scenarios/compare', () => { this.tell('compared'); });
  }

  async load() {
    const {scenarios} = await get('/api/scenarios');
    this.list = scenarios;
    this.tell('list');
  }

  of(id) { return this.list.find((item) => item.id === id) ?? null; }

  /** A name that is not taken. */
  freeName() {
    const taken = new Set(this.list.map((item) => item.name));
    for (let n = 1; ; n += 1) if (!taken.has(t('scenario.name', {n}))) return t('scenario.name', {n});
  }

  /** A new one: {name}, {name, copy: id}, or the document of an exported file. */
  async create(body) {
    const made = await send('POST', '/api/scenarios', body);
    this.list = [made, ...this.list];
    this.tell('list');
    return made;
  }

  async rename(id, change) { this.#took(await send('PUT', `/api/scenarios/${id}`, change)); }

  async remove(id) {
    await send('DELETE', `/api/scenarios/${id}`);
    this.list = this.list.filter((item) => item.id !== id);
    this.tell('list');
  }

  async undo(id, edit) { this.#took(await send('DELETE', `/api/scenarios/${id}/edits/${edit.id}`)); }

  #took(scenario) {
    this.list = this.list.map((item) => (item.id === scenario.id ? scenario : item));
    this.tell('list');
  }

  /** Ask for the indicators under both; the last question counts, and the last answer stays until the next. */
  async compare() {
    const asked = this.#asked += 1;
    Object.assign(this, {busy: true, failure: null});
    this.tell('compared');
    try {
      const found = await get(`/api/scenarios/compare?${new URLSearchParams({a: this.state.a, b: this.state.b})}`);
      if (asked !== this.#asked) return;
      this.comparison = found;
    } catch (error) {
      if (asked !== this.#asked) return;
      console.warn(error);
      this.failure = error;
    }
    this.busy = false;
    this.tell('compared');
  }

  /** The same with the 5G run computed, by a task of the server. */
  async computeCoverage() {
    const pair = [this.state.a, this.state.b].join();
    await this.job.run({a: this.state.a, b: this.state.b});
    if (this.job.state?.status === 'done' && pair === [this.state.a, this.state.b].join()) {
      this.comparison = this.job.state.result;
      this.tell('compared');
    }
  }

  /** The card of an object that an edit names; null until it is known, or where it is gone. */
  object(layer, fid) {
    const key = `${layer}:${fid}`;
    if (!this.#objects.has(key)) {
      this.#objects.set(key, null);
      get(`/api/layers/${layer}/features/${fid}`).then((card) => { this.#objects.set(key, card); this.tell('list'); }).catch(() => {});
    }
    return this.#objects.get(key);
  }
}
