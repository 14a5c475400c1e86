// The study that a page shows: its parameters, the server's answers to them, and who wants to hear of both.
//
// Topics: options, result, look, and those of the page. Of two answers on their
// way only that to the last question is taken; the one before stays until then,
// so that nothing on the page goes blank.

import {get} from '../page/api.js';
import {Store} from '../map/store.js';

const NAME = /^[\w:.-]{1,64}$/;

export class Study extends Store {
  #asked = {};

  /**
   * @param work    waits for a promise with the thin bar
   * @param address of the study on the server
   * @param names   of the parameters that the server knows
   * @param more    what else the page keeps here
   */
  constructor(work, address, names, more) {
    super({...Object.fromEntries(names.map((name) => [name, ''])), scenario: '', options: null, result: null, failure: null, loading: false, ...more});
    Object.assign(this, {work, address, names});
  }

  /** Take parameters from an address, where `short` names give them; what cannot be one is left out. */
  read(query, short) {
    for (const [name, key] of Object.entries(short)) if (NAME.test(query.get(key) ?? '')) this[name] = query.get(key);
  }

  /** The parameters of the study as a query; those of the caller add to them or stand in for them. */
  query(more = {}) {
    const given = Object.entries({...this.parameters, ...more}).filter(([, value]) => value !== '' && value !== null);
    return new URLSearchParams(given).toString();
  }

  /** The parameters of the study as the body of a request. */
  get parameters() { return Object.fromEntries(this.names.map((name) => [name, this[name]])); }

  /** Ask what can be chosen, then for the study itself. */
  async open() {
    try {
      const options = await this.work(get(`${this.address}/options`));
      this.settle(options);
      this.set('options', options);
    } catch (error) {
      this.fail(error);
      return;
    }
    await this.renew();
  }

  /** Put what the server offers in the place of parameters that are not among it. */
  settle() {}

  /** Change parameters; what depends on them is asked for again. */
  choose(change) {
    Object.assign(this, change);
    if (this.names.some((name) => name in change)) this.renew();
    else this.paint();
  }

  /** Ask for everything that is shown. */
  async renew() { await Promise.all([this.ask(), this.paint()]); }

  /** Ask for the result. */
  async ask() {
    this.loading = true;
    this.tell('result');
    try {
      const result = await this.latest('result', get(`${this.address}?${this.query()}`));
      if (!result) return;
      Object.assign(this, {result, failure: null, loading: false});
      this.tell('result');
    } catch (error) {
      this.fail(error);
    }
  }

  /** Ask for what the map shows. */
  async paint() { this.tell('look'); }

  fail(error) {
    console.warn(error);
    Object.assign(this, {failure: error, loading: false});
    this.tell('result');
  }

  /** The answer, or null when the same was asked again meanwhile. */
  async latest(name, promise) {
    const asked = this.#asked[name] = (this.#asked[name] ?? 0) + 1;
    try {
      const answer = await this.work(promise);
      return asked === this.#asked[name] ? answer : null;
    } catch (error) {
      if (asked === this.#asked[name]) throw error;
      return null;
    }
  }
}
