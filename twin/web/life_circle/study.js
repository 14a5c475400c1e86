// The study that the page shows: its parameters, the server's answers to them, and who wants to hear of both.
//
// Topics: options, result, values, cells, interval, look. Of two answers on
// their way only that to the last question is taken; the one before stays
// until then, so that nothing on the page goes blank.

import {answer, get} from '../data_page/api.js';
import {Store} from '../map/store.js';

/** Parameters and their short names in the address. */
export const ADDRESS = {standard: 'std', group: 'grp', measure: 'msr', scenario: 'scn', value: 'val', category: 'cat'};
export const VALUES = ['minutes', 'categories', 'bottleneck'];
const PARAMETERS = ['standard', 'group', 'measure', 'scenario'];

export class Study extends Store {
  #asked = {};

  constructor(work) {
    super({standard: '', group: '', measure: '', scenario: '', value: 'minutes', category: '', options: null, result: null,
      failure: null, loading: false, values: null, generation: 0, before: null, cells: null, interval: null, far: false});
    this.work = work;
  }

  /** The parameters of the study as a query; those of the caller add to them or stand in for them. */
  query(more = {}) {
    const given = Object.entries({...this.parameters, ...more}).filter(([, value]) => value !== '' && value !== null);
    return new URLSearchParams(given).toString();
  }

  /** The parameters of the study as the body of a request. */
  get parameters() { return Object.fromEntries(PARAMETERS.map((name) => [name, this[name]])); }

  /** Ask what can be chosen, then for the study itself. */
  async open() {
    try {
      const options = await this.work(get('/api/life-circle/options'));
      for (const name of ['standard', 'group', 'measure']) {
        const known = options[`${name}s`].some((item) => item.id === this[name]) || (name === 'measure' && this[name].startsWith('category:'));
        if (!known) this[name] = options.defaults[name];
      }
      if (!options.categories.some((item) => item.id === this.category)) this.category = '';
      this.set('options', options);
    } catch (error) {
      this.#fail(error);
      return;
    }
    await this.load();
  }

  /** Change parameters; what depends on them is asked for again. */
  choose(change) {
    Object.assign(this, change);
    if (PARAMETERS.some((name) => name in change)) this.load();
    else this.paint();
  }

  /** Ask for everything that is shown. */
  async load() {
    this.interval = null;
    this.tell('interval');
    await Promise.all([this.#result(), this.paint()]);
  }

  async #result() {
    this.loading = true;
    this.tell('result');
    try {
      const result = await this.#latest('result', get(`/api/life-circle?${this.query()}`));
      if (!result) return;
      Object.assign(this, {result, failure: null, loading: false});
      this.tell('result');
    } catch (error) {
      this.#fail(error);
    }
  }

  /** Ask for the values of the buildings, or of the cells when the view is far. */
  async paint() {
    this.tell('look');
    const more = {value: this.value, category: this.value === 'minutes' ? this.category : ''};
    try {
      if (this.far) {
        const cells = await this.#latest('cells', get(`/api/life-circle/cells?${this.query(more)}`));
        if (cells) this.set('cells', cells);
        return;
      }
      const base = this.scenario ? this.#latest('before', octets(`/api/life-circle/values?${this.query({...more, scenario: ''})}`)) : null;
      const found = await this.#latest('values', octets(`/api/life-circle/values?${this.query(more)}`));
      if (!found) return;
      Object.assign(this, {values: found.values, painted: more, generation: found.generation, before: (await base)?.values ?? null});
      this.tell('values');
    } catch (error) {
      this.#fail(error);
    }
  }

  /** Ask how much the rates move with the assumptions; takes the server some seconds. */
  async spread() {
    this.set('interval', {loading: true});
    try {
      const interval = await this.#latest('interval', get(`/api/life-circle/interval?${this.query()}`));
      if (interval) this.set('interval', interval);
    } catch (error) {
      this.set('interval', {failure: error});
    }
  }

  /** What the page calls a category. */
  titleOf(id) { return this.options?.categories.find((item) => item.id === id)?.title ?? null; }

  #fail(error) {
    console.warn(error);
    Object.assign(this, {failure: error, loading: false});
    this.tell('result');
  }

  /** The answer, or null when the same was asked again meanwhile. */
  async #latest(name, promise) {
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

/** One octet a building, and the generation whose rows they are. */
async function octets(address) {
  const reply = await answer(address);
  return {values: new Uint8Array(await reply.arrayBuffer()), generation: Number(reply.headers.get('X-Generation'))};
}
