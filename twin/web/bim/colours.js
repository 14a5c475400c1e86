// Elements coloured by what is known of them: their class, storey, use, area or any property; and the legend.

import {number, unit} from '../map/format.js';
import {rgb, tokens} from '../map/text.js';
import {className, t} from './text.js';

/** Hues that stay apart for colour-blind eyes; what is beyond them is grey. */
const HUES = ['#4393C3', '#E08214', '#5AAE61', '#C792EA', '#D6604D', '#80CDC1', '#DFC27D', '#F1B6DA', '#8C6BB1', '#A6DBA0', '#2166AC', '#B35806'];
const METHODS = {kernel: '#5B7EA6', 'max-voids': '#DFC27D', 'no-openings': '#E08214', ifclite: '#C792EA', box: '#D6604D', none: '#6F829C'};
const OF_SPACES = new Set(['use', 'area_m2']);
const STEPS = 7;
const NAMED = 9; // storeys in the legend
const bytes = (hex) => [1, 3, 5].map((start) => parseInt(hex.slice(start, start + 2), 16));

export class Colours {
  by = ''; // '': the file's own
  #found = null; // what the server said of `by`
  #entries = [];
  #unit = '';
  #ofSpaces = false;

  constructor(page) { Object.assign(this, {page, session: page.session}); }

  /** Forget what another model was coloured by. */
  reset() {
    this.by = '';
    this.#found = null;
    this.#ofSpaces = false;
  }

  /** Colour by something else; '' takes the file's own colours again. */
  async choose(by) {
    this.by = by;
    this.#found = null;
    if (by) {
      const {building} = this.session;
      const found = await this.session.values(by);
      if (by !== this.by || building !== this.session.building) return;
      this.#found = found;
    }
    // Colours of spaces need the spaces in sight; other colours the elements.
    const {view} = this.page.own;
    if (OF_SPACES.has(by)) Object.assign(view, {spaces: true, xray: true});
    else if (this.#ofSpaces) Object.assign(view, {spaces: false, xray: false});
    this.#ofSpaces = OF_SPACES.has(by);
    this.apply();
  }

  /** Another model, language or theme: the colours are looked up anew. */
  renew() {
    this.apply();
  }

  apply() {
    const {building, comparison} = this.session;
    const {view} = this.page.own;
    this.#entries = [];
    if (building?.chunks && !comparison) {
      const paint = this.#found ? this.#painting() : null;
      const {xray, spaces} = view;
      this.page.scene.set({paint, spaces, faded: xray ? (row) => !building.spaceRows[row] : null, hidden: view.hides()});
    }
    this.page.app.legend.render();
    view.write();
  }

  #painting() {
    const {kind, values} = this.#found;
    this.#unit = unit(this.#found.unit ?? (this.by === 'area_m2' ? 'm²' : ''));
    const none = rgb('text_3').slice(0, 3);
    if (kind === 'number') return this.#graded(values, none);
    if (this.by === 'storey') return this.#stacked(values, none);
    const counts = new Map();
    const drawn = this.session.building.rows;
    values.forEach((value, row) => { if (value !== null && value !== '' && row < drawn) counts.set(value, (counts.get(value) ?? 0) + 1); });
    const order = [...counts].sort((a, b) => b[1] - a[1]);
    const fixed = this.by === 'method';
    const hues = new Map(order.map(([value], index) => [value, fixed ? METHODS[value] ?? HUES[0] : HUES[index]]));
    const shown = order.filter(([value]) => hues.get(value));
    const rest = order.filter(([value]) => !hues.get(value)).reduce((sum, [, count]) => sum + count, 0);
    this.#entries = [...shown.map(([value, count]) => entry(hues.get(value), this.#name(value), count)), ...(rest ? [entry('var(--text-3)', t('colour.rest', {n: order.length - shown.length}), rest)] : [])];
    const table = values.map((value) => (value === null || value === '' ? none : hues.get(value) ? bytes(hues.get(value)) : none));
    return (row) => table[row] ?? none;
  }

  /** Storeys from below: an order, not kinds; of many only some are named in the legend. */
  #stacked(values, none) {
    const {storeys} = this.session.building;
    const colours = storeys.map((_, index) => between(tokens().sequential, storeys.length > 1 ? index / (storeys.length - 1) : 0.5));
    const counts = storeys.map((_, index) => values.filter((value) => value === index).length);
    const named = new Set(Array.from({length: Math.min(NAMED, storeys.length)}, (_, index) => Math.round((index * (storeys.length - 1)) / Math.max(1, Math.min(NAMED, storeys.length) - 1))));
    this.#entries = storeys.map((storey, index) => entry(`rgb(${colours[index].join()})`, this.#name(index), counts[index])).filter((_, index) => named.has(index)).reverse();
    return (row) => colours[values[row]] ?? none;
  }

  #graded(values, none) {
    const known = values.filter((value) => Number.isFinite(value)).sort((a, b) => a - b);
    if (!known.length) return null;
    const limits = roundLimits(known, STEPS);
    const ramp = tokens().sequential;
    const hues = Array.from({length: limits.length + 1}, (_, index) => ramp[limits.length ? Math.round((index * (ramp.length - 1)) / limits.length) : 3]);
    const classOf = (value) => limits.filter((limit) => value >= limit).length;
    const counts = new Array(limits.length + 1).fill(0);
    known.forEach((value) => { counts[classOf(value)] += 1; });
    const text = (index) => (index === 0 ? `< ${number(limits[0], 2)}` : index === limits.length ? `≥ ${number(limits.at(-1), 2)}` : `${number(limits[index - 1], 2)} – ${number(limits[index], 2)}`);
    this.#entries = limits.length ? hues.map((hue, index) => entry(hue, text(index), counts[index])) : [entry(hues[0], number(known[0], 2), known.length)];
    const colours = hues.map(bytes);
    const table = values.map((value) => (Number.isFinite(value) ? colours[classOf(value)] : none));
    return (row) => table[row] ?? none;
  }

  #name(value) {
    if (this.by === 'class') return className(value);
    if (this.by === 'storey') { const storey = this.session.building.storeys[value]; return storey ? storey.name || storey.long_name : t('tree.none'); }
    if (this.by === 'method') return t(`method.${value}.short`);
    if (value === true || value === 'True') return t('yes');
    if (value === false || value === 'False') return t('no');
    return String(value);
  }

  get title() { return nameOf(this.by); }

  legends() {
    const {comparison} = this.session;
    if (comparison) {
      const line = (token, key) => ({color: `var(--${token})`, zh: t(`versions.${key}`), en: t(`versions.${key}`), count: comparison[key].length});
      return [{title: t('versions.legend', {before: comparison.before, after: comparison.after}), mark: 'extrusion', entries: [line('good', 'added'), line('warn', 'changed'), line('bad', 'removed')]}];
    }
    if (!this.#entries.length) return [];
    return [{title: `${this.title}${this.#unit ? ` ${this.#unit}` : ''}`, mark: 'extrusion', entries: this.#entries}];
  }
}

/** What is coloured by, in words. */
export const nameOf = (by) => (['class', 'storey', 'use', 'area_m2', 'material', 'method'].includes(by) ? t(`by.${by}`) : by.split('.').slice(1).join('.') || by);

/** A colour of a ramp at a share of its length. */
function between(ramp, share) {
  const at = share * (ramp.length - 1);
  const [low, high] = [bytes(ramp[Math.floor(at)]), bytes(ramp[Math.ceil(at)])];
  return low.map((value, index) => Math.round(value + (high[index] - value) * (at % 1)));
}

const entry = (color, name, count) => ({color, zh: name, en: name, count});

/** Round numbers that cut sorted values into at most `steps` classes of about the same size. */
export function roundLimits(known, steps) {
  const [low, high] = [known[0], known.at(-1)];
  if (low === high) return [];
  const limits = new Set();
  for (let index = 1; index < steps; index += 1) {
    const value = known[Math.floor((index * known.length) / steps)];
    const size = 10 ** Math.floor(Math.log10(Math.max(Math.abs(value), (high - low) / 100)));
    const rounded = Number((Math.round(value / (size / 2)) * (size / 2)).toPrecision(6));
    if (rounded > low && rounded <= high) limits.add(rounded);
  }
  return [...limits].sort((a, b) => a - b);
}
