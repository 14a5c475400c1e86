// Classes and colours of what the map shows: round limits, at most seven classes, safe for the colour-blind.
//
// What meets a limit or the target is blue, what does not is orange: minutes
// diverge at their limit and shares of people at the target, here, in the cells
// and in the bars of the panel. Counts follow the sequential scale of the tokens.

import {number} from '../map/format.js';
import {language, rgb, theme, token, tokens} from '../map/text.js';
import {t} from './text.js';

export const COMPLETE = 253;
export const NOT_RESIDENTIAL = 254;
export const UNREACHABLE = 255;

const BREAKS = {5: [2, 3, 5, 10, 15], 10: [3, 6, 10, 15, 20], 15: [5, 10, 15, 20, 30]}; // minutes, by limit
const MINUTE_COLORS = ['#2166AC', '#4393C3', '#92C5DE', '#FDB863', '#E08214', '#B35806'];
const MISSING = [[0, 6], [1, 5], [2, 4], [4, 2], [8, 1], [Infinity, 0]]; // categories missing at most
const SHARES = [[0.5, '#7F3B08'], [0.7, '#B35806'], [0.85, '#E08214'], [0.95, '#FDB863'], [0.995, '#92C5DE'], [Infinity, '#2166AC']];
const MOST_BOTTLENECKS = 6;
const FAR = '#7F3B08'; // beyond reach

const both = (key, values) => { const text = t(key, values); return {zh: text, en: text}; };
const channels = (hex) => [1, 3, 5].map((start) => parseInt(hex.slice(start, start + 2), 16));
const neutral = () => (theme() === 'light' ? token('road_minor') : token('road_line'));

/** Classes of a value: [{from, to: octets inclusive, color, zh, en}], to be read in the present language. */
export function classes(study) {
  const made = {minutes, categories, bottleneck}[study.value](study);
  if (study.value === 'minutes') made.push({from: UNREACHABLE, to: UNREACHABLE, color: FAR, ...both('unreachable')});
  made.push({from: NOT_RESIDENTIAL, to: NOT_RESIDENTIAL, color: neutral(), other: true, ...both('not_residential')});
  return made;
}

function minutes({category, result}) {
  const limit = (category && result?.categories.find((item) => item.id === category)?.minutes) || 15;
  const breaks = BREAKS[limit] ?? [1 / 3, 2 / 3, 1, 4 / 3, 2].map((share) => Math.round(limit * share * 2) / 2);
  let low = 0;
  return [...breaks, Infinity].map((high, index) => {
    const last = high === Infinity;
    const entry = {
      from: low * 2 + (low ? 1 : 0), to: last ? 250 : high * 2, color: MINUTE_COLORS[index],
      ...(last ? both('minutes.more', {low}) : both('minutes.class', {low, high})),
    };
    low = high;
    return entry;
  });
}

function categories({values, result}) {
  const required = result?.categories.filter((item) => item.required).length || (values ?? []).reduce((most, value) => (value < COMPLETE && value > most ? value : most), 0);
  let most = required;
  const made = [];
  for (const [missing, index] of MISSING) {
    if (most < 0) break;
    const least = missing === Infinity ? 0 : Math.max(0, required - missing);
    const text = missing === 0 ? both('categories.all', {n: required}) : both('categories.some', {range: least === most ? least : `${least}–${most}`});
    made.push({from: least, to: most, color: tokens().sequential[index], ...text});
    most = least - 1;
  }
  return made;
}

function bottleneck({result, options}) {
  const made = [{from: COMPLETE, to: COMPLETE, color: theme() === 'light' ? '#B9C9DA' : '#4E6C8F', ...both('complete')}];
  const known = options?.categories ?? [];
  const index = (id) => known.findIndex((item) => item.id === id);
  const worst = (result?.bottlenecks ?? []).filter((item) => index(item.category) >= 0).slice(0, MOST_BOTTLENECKS);
  // The first colours of a qualitative set for the colour-blind (Okabe, Ito 2008); nineteen hues could not be told apart.
  const hues = ['#E69F00', '#56B4E9', '#009E73', '#F0E442', '#D55E00', '#CC79A7'];
  worst.forEach((item, order) => {
    const at = index(item.category);
    made.push({from: at, to: at, color: hues[order], ...known[at].title});
  });
  if (known.length > worst.length) made.push({from: 0, to: COMPLETE - 1, rest: true, color: token('text_3'), ...both('bottleneck.other')});
  return made;
}

/** Colour of each octet as [r, g, b, alpha]; classes that come first win. */
export function palette(list) {
  const table = new Array(256).fill(rgb('building_low'));
  for (const {from, to, color} of [...list].reverse()) table.fill([...channels(color), 255], from, to + 1);
  return table;
}

/** How many buildings are in each class. */
export function counted(list, values) {
  const octets = new Array(256).fill(0);
  for (const value of values ?? []) octets[value] += 1;
  const taken = new Set();
  return list.map((entry) => {
    let count = 0;
    for (let octet = entry.from; octet <= entry.to; octet += 1) if (!taken.has(octet)) { count += octets[octet]; if (!entry.rest) taken.add(octet); }
    return {...entry, count};
  });
}

/** Classes of the share of people in a cell. */
export function shareClasses() {
  let low = 0;
  return SHARES.map(([limit, color]) => {
    const from = number(low * 100, 1);
    const text = limit === Infinity ? both('share.all') : limit > 0.99 ? both('share.most', {low: from}) : both('share.class', {low: from, high: number(limit * 100, 1)});
    low = limit;
    return {limit, color, ...text};
  });
}

/** Colour of a share as [r, g, b, alpha]. */
export function shareColor(share) {
  const [, color] = SHARES.find(([limit]) => share < limit) ?? SHARES.at(-1);
  return [...channels(color), 190];
}

/** Part of a stamp that changes when colours or their texts do. */
export const looks = () => `${theme()}:${language()}`;
