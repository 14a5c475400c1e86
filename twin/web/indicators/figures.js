// How an indicator is written and drawn small: value, status, target on a bar, trend.

import {h} from '../map/dom.js';
import {number} from '../map/format.js';
import {language, say} from '../map/text.js';
import {t} from './text.js';

const THIN = '\u2009';
const SHAPES = {met: '✓', short: '✕', unjudged: '?', no_data: '–'};
export const STATUSES = Object.keys(SHAPES);

/** The unit of a row in the page's language; a count of things has none in English. */
export const unitOf = (row) => (language() === 'en' ? row.unit_en : row.unit);

/** A number of an indicator without its unit: counts whole, shares with one decimal, more where rounding would cross the target. */
export function plain(row, value) {
  if (value === null || value === undefined) return '–';
  if (row.unit === '%') {
    const crosses = row.target !== null && value < row.target && Number(value.toFixed(1)) >= row.target;
    return value.toFixed(crosses ? 2 : 1).replace(/^100\.0$/, '100');
  }
  return number(value, Math.abs(value) < 100 && !Number.isInteger(value) ? 1 : 0);
}

/** The same with its unit. */
export const withUnit = (row, value) => (value === null || value === undefined ? '–' : [plain(row, value), unitOf(row)].filter(Boolean).join(THIN));

/** Status as a word with a shape. */
export const status = (name) => h('span.ind-status', {'data-status': name}, h('i', {'aria-hidden': 'true'}, SHAPES[name]), ' ', t(`status.${name}`));

/** What is missing to the target, or by how much it is exceeded, as a sentence; '' where that says nothing. */
export function gapText(row) {
  // A target of “about” is met a little below it.
  if (row.gap === null || row.value === null || row.gap === 0 || (row.gap > 0 && row.status === 'met')) return '';
  const size = Math.abs(row.gap);
  const amount = row.unit === '%' ? t('points', {n: plain({...row, target: null}, size)}) : withUnit({...row, target: null}, size);
  return t(row.gap > 0 ? 'gap.short' : 'gap.over', {amount});
}

/** How a bar is scaled: from 0 to 100 per cent, else to a little beyond the larger of value and target. */
function scaleOf(row) {
  const most = Math.max(row.value ?? 0, row.target_max ?? row.target ?? 0);
  const end = row.unit === '%' ? 100 : most * 1.15 || 1;
  return (value) => `${Math.min(100, Math.max(0, (100 * value) / end)).toFixed(2)}%`;
}

/** The value on a bar with the mark of its target, or the band of its range. */
export function targetBar(row) {
  if (row.target === null) return null;
  const at = scaleOf(row);
  return h('div.ind-bar', {role: 'img', 'aria-label': t('bar', {value: withUnit(row, row.value), target: say(row.target_text)}), 'data-status': row.status},
    row.target_max === null ? null : h('i.ind-band', {style: `left:${at(row.target)};width:calc(${at(row.target_max)} - ${at(row.target)})`}),
    row.value === null ? null : h('i.ind-fill', {style: `width:${at(row.value)}`}),
    h('i.ind-mark', {style: `left:${at(row.target)}`}));
}

/** The change since the value before, with its direction as a shape; null where there is none. */
export function trend(row) {
  if (!row.trend) return null;
  const {direction, change, better, previous_as_of: since} = row.trend;
  const size = Math.abs(change);
  const amount = row.unit === '%' ? t('points', {n: plain({...row, target: null}, size)}) : withUnit({...row, target: null}, size);
  return h('span.ind-trend', {'data-better': String(better), title: t('trend.since', {date: since})},
    h('i', {'aria-hidden': 'true'}, {up: '▲', down: '▼', flat: '→'}[direction]), ' ',
    direction === 'flat' ? t('trend.flat') : t(`trend.${direction}`, {amount}));
}

/** Points of the same kind and origin as the value shown, the oldest first: what may be compared. */
export const comparable = (row) => row.points.filter((point) => point.basis === row.basis && point.origin === row.origin);
