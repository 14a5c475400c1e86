// The study of this page; see analysis/study.js. Topics besides: values, cells, interval.

import {Study as Base} from '../analysis/study.js';
import {answer, get} from '../page/api.js';

/** Parameters and their short names in the address. */
export const ADDRESS = {standard: 'std', group: 'grp', measure: 'msr', scenario: 'scn', value: 'val', category: 'cat'};
export const VALUES = ['minutes', 'categories', 'bottleneck'];
/** Layers that are on or off where nobody chose. */
export const LAYERS = {building: true, centre: true, facility: false, pilot_area: false, metro_line: false, metro_station: false};
const PARAMETERS = ['standard', 'group', 'measure', 'scenario'];

export class Study extends Base {
  constructor(work) {
    super(work, '/api/life-circle', PARAMETERS, {value: 'minutes', category: '', values: null, generation: 0, before: null, cells: null, interval: null, far: false});
  }

  read(query, short) {
    super.read(query, short);
    if (!VALUES.includes(this.value)) this.value = 'minutes';
  }

  settle(options) {
    for (const name of ['standard', 'group', 'measure']) {
      const known = options[`${name}s`].some((item) => item.id === this[name]) || (name === 'measure' && this[name].startsWith('category:'));
      if (!known) this[name] = options.defaults[name];
    }
    if (!options.categories.some((item) => item.id === this.category)) this.category = '';
  }

  async renew() {
    this.interval = null;
    this.tell('interval');
    await super.renew();
  }

  /** Ask for the values of the buildings, or of the cells when the view is far. */
  async paint() {
    this.tell('look');
    const more = {value: this.value, category: this.value === 'minutes' ? this.category : ''};
    try {
      if (this.far) {
        const cells = await this.latest('cells', get(`/api/life-circle/cells?${this.query(more)}`));
        if (cells) this.set('cells', cells);
        return;
      }
      const base = this.scenario ? this.latest('before', octets(`/api/life-circle/values?${this.query({...more, scenario: ''})}`)) : null;
      const found = await this.latest('values', octets(`/api/life-circle/values?${this.query(more)}`));
      if (!found) return;
      Object.assign(this, {values: found.values, painted: more, generation: found.generation, before: (await base)?.values ?? null});
      this.tell('values');
    } catch (error) {
      this.fail(error);
    }
  }

  /** Ask how much the rates move with the assumptions; takes the server some seconds. */
  async spread() {
    this.set('interval', {loading: true});
    try {
      const interval = await this.latest('interval', get(`/api/life-circle/interval?${this.query()}`));
      if (interval) this.set('interval', interval);
    } catch (error) {
      this.set('interval', {failure: error});
    }
  }

  /** What the page calls a category. */
  titleOf(id) { return this.options?.categories.find((item) => item.id === id)?.title ?? null; }
}

/** One octet a building, and the generation whose rows they are. */
async function octets(address) {
  const reply = await answer(address);
  return {values: new Uint8Array(await reply.arrayBuffer()), generation: Number(reply.headers.get('X-Generation'))};
}
