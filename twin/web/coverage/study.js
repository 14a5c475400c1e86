// The study of this page; see analysis/study.js. Topics besides: values (rasters), sites (those in view).

import {answer, get} from '../page/api.js';
import {Job} from '../analysis/job.js';
import {Study as Base} from '../analysis/study.js';
import {Raster} from './raster.js';

/** Parameters and their short names in the address. */
export const ADDRESS = {band: 'band', profile: 'prof', model: 'mod', resolution_m: 'res', radius_m: 'rad', user_height_m: 'ht', load: 'load', scenario: 'scn',
  metric: 'met', floor: 'flr', threshold: 'thr'};
/** Layers that are on or off where nobody chose. */
export const LAYERS = {building: true, site_5g: true, centre: false, facility: false, pilot_area: false, metro_line: false, metro_station: false};
const PARAMETERS = ['band', 'resolution_m', 'radius_m', 'model', 'user_height_m', 'load', 'profile', 'scenario'];
const NUMBERS = ['resolution_m', 'radius_m', 'user_height_m', 'load'];
const JUDGING = ['profile', 'scenario']; // they need no run of their own
const STREET_M = 1.5;
const MOST_FLOORS = 100;
const NEAR_BAND = 0.08; // of its frequency: a sector is of a carrier; as the server counts

/** The floors that can be looked at, 0 is the ground floor; '' stands for outdoors. */
export const FLOORS = [0, 1, 2, 3, 5, 9, 14, 19, 29];
/** Metres from one floor to the next. */
export const FLOOR_M = 3;

export class Study extends Base {
  #base = {key: '', raster: null};
  #ready = '';

  constructor(work) {
    super(work, '/api/coverage', PARAMETERS, {metric: 'rsrp_dbm', floor: '', threshold: '', values: null, before: null, sites: [], box: null});
    this.run = new Job(`${this.address}/run`, () => this.tell('result'));
  }

  settle(options) {
    const {bands, profiles, models, metrics, defaults} = options;
    defaults.user_height_m ??= STREET_M;
    // A carrier goes by its id or by its frequency.
    defaults.band = (bands.find((item) => item.id === defaults.band || item.frequency_ghz === Number(defaults.band)) ?? bands[0])?.id ?? '';
    const among = {band: bands, profile: profiles, model: models, metric: metrics};
    for (const [name, items] of Object.entries(among)) if (!items.some((item) => (item.id ?? item) === this[name])) this[name] = defaults[name] ?? '';
    for (const name of NUMBERS) if (this[name] === '' || !Number.isFinite(Number(this[name]))) this[name] = defaults[name];
    const floor = Number(this.floor);
    this.floor = this.floor !== '' && Number.isInteger(floor) && floor >= 0 && floor <= MOST_FLOORS ? floor : '';
  }

  choose(change) {
    if ('profile' in change || 'metric' in change) change.threshold = '';
    super.choose(change);
  }

  /** Compute the run first where it may not be at hand, and show how far it is. */
  async renew() {
    const run = () => JSON.stringify(Object.fromEntries(this.names.filter((name) => !JUDGING.includes(name)).map((name) => [name, this[name]])));
    const wanted = run();
    if (wanted !== this.#ready) {
      this.loading = true;
      await this.work(this.run.run(JSON.parse(wanted)));
      if (wanted !== run()) return;
      const {failure, state} = this.run;
      if (failure || state?.status !== 'done') { this.fail(failure ?? {text: state?.error}); return; }
      this.#ready = wanted;
    }
    this.look(this.box, true);
    await this.ask(); // the rate first: the raster is large and both take the same cores
    await this.paint();
  }

  get profileOf() { return this.options?.profiles.find((item) => item.id === this.profile) ?? null; }

  get metricOf() { return this.options?.metrics.find((item) => item.id === this.metric) ?? null; }

  /** What passes of a metric: the level chosen on the slider, else that of the profile; null where nothing is asked of it. */
  limitOf(metric) {
    if (metric === this.metric && this.threshold !== '' && Number.isFinite(Number(this.threshold))) return Number(this.threshold);
    const {ss_rsrp_dbm: rsrp = -105, ss_sinr_db: sinr = -3, downlink_mbps: rate = 100} = this.profileOf?.thresholds ?? {};
    return {rsrp_dbm: rsrp, second_dbm: rsrp, sinr_db: sinr, data_sinr_db: sinr, throughput_mbps: rate, probability: 0.95}[metric] ?? null;
  }

  /** Ask for the raster that the map shows, and in a scenario for that of the base. */
  async paint() {
    this.tell('look');
    if (!this.options) return;
    const more = {metric: this.metric, ...this.where};
    const {floor} = this;
    const address = (scenario) => `${this.address}/values?${this.query({...more, ...scenario})}`;
    try {
      const base = this.scenario ? this.#before(address({scenario: ''})) : null;
      const found = await this.latest('values', raster(address({})));
      if (!found) return;
      Object.assign(this, {values: Object.assign(found, {metric: more.metric, floor}), before: await base});
      this.tell('values');
    } catch (error) {
      this.fail(error);
    }
  }

  /** The base's raster, which stays the same from edit to edit. */
  #before(address) {
    if (this.#base.key !== address) this.#base = {key: address, raster: this.work(raster(address)).catch((error) => { this.#base = {key: '', raster: null}; throw error; })};
    return this.#base.raster;
  }

  /** Ask for the sites in a box [west, south, east, north]; null: none are looked at. */
  async look(box, anew = false) {
    const inside = box && this.box && box[0] >= this.box[0] && box[1] >= this.box[1] && box[2] <= this.box[2] && box[3] <= this.box[3];
    if (!this.options || (inside && !anew)) return;
    if (!box) {
      this.box = null;
      if (this.sites.length) this.set('sites', []);
      return;
    }
    const [wide, high] = [(box[2] - box[0]) * 0.25, (box[3] - box[1]) * 0.25];
    this.box = anew && inside ? this.box : [box[0] - wide, box[1] - high, box[2] + wide, box[3] + high];
    try {
      const found = await this.latest('sites', get(`${this.address}/sites?${this.query({bbox: this.box.map((value) => value.toFixed(5)).join()})}`));
      if (found) this.set('sites', found.sites.map((site) => ({...site, height_m: site.height_m ?? Math.max(0, ...site.sectors.map((sector) => sector.height_m ?? 0))})));
    } catch (error) {
      this.box = null;
      console.warn(error);
    }
  }

  /** Where the raster is: outdoors, or on a floor; as parameters. */
  get where() { return {floor: this.floor || '', indoors: this.floor === 0 ? '1' : ''}; }

  /** The band that is looked at, and whether a sector sends on it. */
  get carrier() { return this.options?.bands.find((item) => item.id === this.band) ?? null; }

  sends({band_ghz: band}) { return !this.carrier || (band !== null && Math.abs(band / this.carrier.frequency_ghz - 1) <= NEAR_BAND); }

  /** The names of the models, whether the server gives them with titles or bare. */
  get models() { return (this.options?.models ?? []).map((item) => (typeof item === 'string' ? {id: item, title: null} : item)); }
}

async function raster(address) {
  const reply = await answer(address);
  const {headers} = reply;
  return new Raster({
    width: Number(headers.get('X-Width')), height: Number(headers.get('X-Height')), scale: Number(headers.get('X-Scale')), nodata: Number(headers.get('X-Nodata')),
    corners: JSON.parse(headers.get('X-Corners')), data: new Int16Array(await reply.arrayBuffer()),
  });
}
