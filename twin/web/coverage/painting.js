// The map's colours: the raster on the ground, or at the height of a floor through the cut city; and the legend that explains it.

import {change, percent} from '../analysis/figures.js';
import {fill, h, select} from '../map/dom.js';
import {number, unit} from '../map/format.js';
import {language, say, theme} from '../map/text.js';
import {classes, coloring, judged, measured, shown} from './scales.js';
import {FLOOR_M, FLOORS} from './study.js';
import {t} from './text.js';

const NEAR = 14; // zoom from which sites are seen as themselves
const DOTS = 12; // and of tiles from which they are seen as dots: farther, thousands of dots hide the colours
const CUT_M = 1.2; // above its floor, where plans of buildings are cut
const RANGES = {rsrp_dbm: [-125, -70, 1], sinr_db: [-10, 20, 0.5], throughput_mbps: [10, 1000, 10], probability: [0.5, 0.99, 0.01]};
RANGES.second_dbm = RANGES.rsrp_dbm;
RANGES.data_sinr_db = RANGES.sinr_db;
const cutAt = (floor) => floor * FLOOR_M + CUT_M;

export class Painting {
  #stamp = 0;
  #tables = new Map(); // raster -> its table of colours
  #list = [];
  #near = null;
  #frame = 0;
  #written = '';
  #sliding = false;

  /** @param page the mode: app, study */
  constructor(page) {
    Object.assign(this, {page, app: page.app, study: page.study, base: false});
    for (const topic of ['values', 'look']) this.study.on(topic, () => this.paint());
    this.element = h('div.cov-legend');
    this.study.on('result', () => this.#write());
  }

  /** Whether sites are seen as themselves; farther away, dots stand for them. */
  get near() { return this.app.engine.view.zoom >= NEAR; }

  /** The metric that the raster on the map shows; a newly chosen one may still be on its way. */
  get metric() { return this.study.values?.metric ?? this.study.metric; }

  /** Colours anew: values, threshold, theme, language or what they are compared with changed. */
  paint() {
    this.#stamp += 1;
    this.#tables.clear();
    this.#list = this.study.options ? classes(this.metric, this.study.limitOf(this.metric)) : [];
    this.draw();
    this.app.engine.redraw();
    this.#write();
    this.app.legend.render();
  }

  /** Another threshold from the slider: only the colours and the legend follow, once a frame. */
  slide(value) {
    this.study.threshold = value;
    this.#sliding = true;
    if (this.#frame) return;
    this.#frame = requestAnimationFrame(() => {
      this.#frame = 0;
      this.#stamp += 1;
      this.#tables.clear();
      this.#list = classes(this.metric, this.study.limitOf(this.metric));
      this.draw();
      this.#write();
      this.app.later?.();
    });
  }

  #table(raster) {
    if (!this.#tables.has(raster)) this.#tables.set(raster, raster.table(coloring(this.#list, this.study.options.metrics.find((item) => item.id === this.metric)?.stops ?? [])));
    return this.#tables.get(raster);
  }

  /** Lay the raster over the scene; in a swipe, the base's over its left side. */
  draw() {
    const {study, app, page} = this;
    const usual = this.base ? study.before : study.values;
    this.#lay(app.engine, usual);
    if (page.swipe) this.#lay(page.swipe.engine, study.before);
  }

  #lay(engine, raster) {
    const floor = this.study.values?.floor ?? '';
    const inside = floor !== '';
    const layers = raster ? raster.layers({box: boxOf(engine), table: this.#table(raster), stamp: `${this.#stamp}`, z: inside ? cutAt(floor) : 0, id: `coverage-${inside ? 'floor' : 'ground'}`}) : [];
    engine.overlay('field', inside ? [] : layers);
    engine.overlay('plane', inside ? layers : []);
  }

  /** Show the base (true) or the study itself. */
  compare(base) {
    if (this.base === base) return;
    this.base = base;
    this.draw();
  }

  swiped() { this.draw(); }

  /** Follow the camera: the parts of the raster and the sites in view. */
  viewed() {
    if (this.#near !== this.near) { this.#near = this.near; this.app.engine.redraw(); }
    this.study.look(this.near ? boxOf(this.app.engine) : null);
    this.draw();
  }

  /** What is laid over a layer of the scene: a floor cuts the buildings open at its height; near sites are drawn by this page. */
  looks(id, level, layer) {
    if (id === 'site_5g') return this.near || level < DOTS ? {visible: false} : null;
    if (id !== 'building') return null;
    const floor = this.study.values?.floor ?? '';
    const {getElevation, updateTriggers} = layer.props;
    const top = floor === '' ? 0 : cutAt(floor);
    const height = typeof getElevation === 'function' ? getElevation : () => getElevation;
    return {
      ...(top ? {getElevation: (feature, info) => Math.min(height(feature, info), top)} : {}),
      updateTriggers: {...updateTriggers, getElevation: [updateTriggers?.getElevation, top]}, // also without a floor: else deck.gl would keep the cut
    };
  }

  legends() {
    if (!this.study.options) return [];
    return [{element: this.element, title: this.#title(), entries: this.#list}];
  }

  #title() {
    const {options, values} = this.study;
    const metric = options.metrics.find((item) => item.id === this.metric);
    const where = floorName(values ? values.floor : this.study.floor);
    return `${say(metric?.title)}${metric?.unit ? ` ${unit(metric.unit)}` : ''} · ${where}`;
  }

  /** The legend in place: its controls stay, so that a slider that is being dragged is not taken from under the hand. */
  #write() {
    const {study} = this;
    if (!study.options) return;
    const state = [language(), theme(), study.metric, study.floor, study.threshold === '' ? study.limitOf(study.metric) : 'own'].join();
    if (state !== this.#written && !this.#sliding) {
      this.#written = state;
      this.list = h('div');
      fill(this.element, this.#controls(), this.list);
    }
    const raster = this.base ? study.before : study.values;
    const found = raster ? measured(raster, this.#list) : null;
    if (this.output) this.output.textContent = shown(study.metric, study.limitOf(study.metric)) + (this.percent ? ' %' : ` ${unit(study.metricOf?.unit ?? '')}`);
    const before = found && study.before && study.scenario && judged(this.metric) ? measured(study.before, this.#list).share : null;
    fill(this.list,
      found && found.share !== null && judged(this.metric) ? h('p.cov-share', {'data-share': found.share.toFixed(4)}, h('span', {}, t('legend.share')), h('b', {}, percent(found.share)), before === null ? null : change(found.share - before)) : null,
      h('ul', {}, this.#list.map((entry, index) => h('li', {'data-passes': entry.passes === null ? null : String(entry.passes)}, h('i.tw-swatch', {style: `background:${entry.color}`}), h('span', {}, say(entry)),
        found ? h('span.tw-count', {}, area(found.areas[index])) : null))),
      this.metric === 'server' ? h('p.tw-note', {}, t('legend.server')) : null,
      this.#list.length || !raster ? h('p.cov-unit', {}, raster ? t('legend.area') : t('loading')) : null);
  }

  #controls() {
    const {study} = this;
    const {options, metric} = study;
    const limit = study.limitOf(metric);
    const choose = (name, pairs, value, chosen) => { const box = select(t(name), pairs, value, chosen); box.dataset.choose = name; return box; };
    this.output = null;
    this.percent = metric === 'probability';
    const range = judged(metric) ? this.#slider(study.metricOf, limit) : null;
    return [
      h('div.an-chooser', {},
        choose('metric', options.metrics.map((item) => [item.id, [say(item.title), unit(item.unit ?? '')].filter(Boolean).join(t('unit.comma'))]), metric, (value) => study.choose({metric: value})),
        choose('floor', ['', ...[...new Set([...FLOORS, study.floor])].filter((floor) => floor !== '').sort((a, b) => a - b)].map((floor) => [String(floor), floorName(floor)]), String(study.floor), (value) => study.choose({floor: value === '' ? '' : Number(value)}))),
      range,
    ];
  }

  #slider(metric, limit) {
    const [low, high, step] = RANGES[metric.id];
    this.output = h('output.cov-limit', {});
    const asked = this.study.threshold === '' ? null : h('button.tw-link', {type: 'button', 'data-key': 'usual', onclick: () => { this.study.threshold = ''; this.paint(); this.app.later(); }}, t('threshold.usual'));
    return h('div.cov-threshold', {},
      h('label', {}, h('span', {}, t('threshold')), this.output,
        h('input', {type: 'range', min: low, max: high, step, value: limit, 'data-key': 'threshold', 'aria-label': t('threshold'), style: `--at:${(100 * (limit - low)) / (high - low)}%`,
          oninput: (event) => { event.target.style.setProperty('--at', `${(100 * (event.target.value - low)) / (high - low)}%`); this.slide(Number(event.target.value)); },
          onchange: () => { this.#sliding = false; this.paint(); this.element.querySelector('[data-key=threshold]')?.focus(); }})),
      asked);
  }
}

const floorName = (floor) => (floor === '' ? t('floor.outdoor') : t('floor.indoor', {n: floor + 1}));
const area = (km2) => (km2 >= 100 ? number(km2) : km2 >= 0.05 ? number(km2, 1) : km2 > 0 ? '< 0.1' : '0');

/** The box of what an engine's camera sees, [west, south, east, north]; the horizon is cut off. */
export function boxOf(engine) {
  const {viewport} = engine;
  const {width, height} = viewport;
  const corners = [[0, height * 0.02], [width, height * 0.02], [width, height], [0, height]].map((pixel) => viewport.unproject(pixel));
  const lons = corners.map(([lon]) => lon);
  const lats = corners.map(([, lat]) => lat);
  return [Math.min(...lons), Math.min(...lats), Math.max(...lons), Math.max(...lats)];
}
