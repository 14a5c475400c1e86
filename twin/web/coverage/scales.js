// Classes and colours of the rasters: at most six classes around what is asked for, safe for the colour-blind.
//
// As on the Life circle page, what passes is blue and what fails is orange; the
// nearer to the limit, the paler. Metrics that nothing is asked of have classes of
// their own.

import {number} from '../map/format.js';
import {tokens} from '../map/text.js';
import {t} from './text.js';

export const FAILS = ['#B35806', '#E08214', '#FDB863']; // far below the limit first
export const PASSES = ['#92C5DE', '#4393C3', '#2166AC']; // just above the limit first
const ALPHA = 190; // streets and water stay visible below

/** Limits of the classes below and above the limit. */
const STEPS = {
  rsrp_dbm: (limit) => [limit - 15, limit - 5, limit, limit + 10, limit + 20],
  sinr_db: (limit) => [limit - 6, limit - 3, limit, limit + 5, limit + 15],
  throughput_mbps: (limit) => [limit / 4, limit / 2, limit, limit * 2, limit * 4],
  probability: (limit) => [limit * 0.5, limit * 0.8, limit, 1 - (1 - limit) * 0.4, 1 - (1 - limit) * 0.1],
};
STEPS.second_dbm = STEPS.rsrp_dbm;
STEPS.data_sinr_db = STEPS.sinr_db;

/** Whether a metric has a limit to pass. */
export const judged = (metric) => metric in STEPS;

const channels = (hex) => [1, 3, 5].map((start) => parseInt(hex.slice(start, start + 2), 16));
const both = (text) => ({zh: text, en: text});

/** A value of a metric as people read it, without its unit. */
export const shown = (metric, value) => (metric === 'probability' ? number(value * 100, 1) : number(value, metric === 'throughput_mbps' ? 0 : 1)).replace('-', '−');

/** Classes of a metric: [{low, high, color, rgba, passes, zh, en}], highest first; `low` belongs to the class. */
export function classes(metric, limit) {
  if (metric === 'server') return [];
  if (metric === 'overlap') {
    return [PASSES[2], PASSES[0], FAILS[2], FAILS[0]].map((color, index) => entry(index + 0.5, index + 1.5 + (index === 3 ? 250 : 0), color, null, t(index === 3 ? 'overlap.more' : 'overlap.some', {n: index + 1})));
  }
  if (metric === 'line_of_sight' || metric === 'valid') {
    const {sequential} = tokens();
    return [entry(0.5, 1.5, sequential[4], null, t(`${metric}.yes`)), entry(-0.5, 0.5, sequential[1], null, t(`${metric}.no`))];
  }
  if (!judged(metric)) return [];
  const limits = [-Infinity, ...STEPS[metric](limit), Infinity];
  return [...FAILS, ...PASSES].map((color, index) => {
    const [low, high] = [limits[index], limits[index + 1]];
    const words = low === -Infinity ? t('class.below', {high: shown(metric, high)}) : high === Infinity ? t('class.above', {low: shown(metric, low)})
      : t('class.between', {low: shown(metric, low), high: shown(metric, high)});
    return entry(low, high, color, index > 2, words);
  }).reverse();
}

const entry = (low, high, color, passes, words) => ({low, high, color, rgba: [...channels(color), ALPHA], passes, ...both(words)});

/** The colour of a value: [r, g, b, alpha], null for none. `stops` are the server's colours of what only needs telling apart. */
export function coloring(list, stops) {
  if (!list.length) return (value) => { const [, color] = stops[Math.round(value) % stops.length] ?? []; return color ? [...channels(color), 150] : null; };
  // A value counts as it is kept, in steps of the file: rounding must not move it across a limit.
  return (value) => list.find(({low, high}) => value >= low - 1e-9 && value < high - 1e-9)?.rgba ?? null;
}

/** Square kilometres of each class, and the share of what passes. */
export function measured(raster, list) {
  const {counts, scale} = raster;
  const cells = new Array(list.length).fill(0);
  let [all, good] = [0, 0];
  for (let code = 0; code < counts.length; code += 1) {
    const count = counts[code];
    if (!count) continue;
    const value = ((code << 16) >> 16) * scale;
    const at = list.findIndex(({low, high}) => value >= low - 1e-9 && value < high - 1e-9);
    all += count;
    if (at >= 0) cells[at] += count;
    if (list[at]?.passes) good += count;
  }
  const {cellArea} = raster;
  const km2 = (n) => n * cellArea;
  return {areas: cells.map(km2), all: km2(all), share: all ? good / all : null};
}
