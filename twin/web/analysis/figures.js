// How this page writes rates, gaps, people and changes, and draws a rate against its target.

import {h} from '../map/dom.js';
import {number} from '../map/format.js';
import {t} from './text.js';

const THIN = '\u2009';

/** A share as per cent with one decimal; two where one would round it across the target. */
export function percent(share, target = null) {
  if (share === null || share === undefined) return '–';
  const digits = target !== null && share < target && Number((share * 100).toFixed(1)) >= target * 100 ? 2 : 1;
  return `${(share * 100).toFixed(digits)}${THIN}%`;
}

/** A difference of shares in percentage points, with its sign; one decimal, more where one would hide it. */
export function points(difference) {
  const size = Math.abs(difference * 100);
  const digits = size === 0 || size >= 0.05 ? 1 : size >= 0.005 ? 2 : 3;
  const value = (difference * 100).toFixed(digits).replace(/^-(0\.0+)$/, '$1');
  return Number(value) > 0 ? `+${value}` : value.replace('-', '−');
}

export const people = (value) => number(value);

/** A change that reads without colour: sign, arrow, and a word for screen readers. */
export function change(difference, text = points) {
  if (difference === null || difference === undefined || Number.isNaN(difference)) return h('span.an-same', {}, '–');
  const kind = difference > 5e-6 ? 'up' : difference < -5e-6 ? 'down' : 'same';
  return h(`span.an-${kind}`, {title: t(`change.${kind}`)}, {up: '▲ ', down: '▼ ', same: ''}[kind], kind === 'same' ? '0' : text(difference));
}

/** A bar of a rate with the mark of its target, and with its interval and its base where given; `target` null: none is set. */
export function bar(rate, target, {interval = null, base = null} = {}) {
  const at = (share) => `${Math.min(100, Math.max(0, share * 100))}%`;
  return h('div.an-bar', {role: 'img', 'aria-label': target === null ? percent(rate) : t('bar', {rate: percent(rate, target), target: percent(target)})},
    h(`i.an-bar-fill${target === null || rate >= target ? '.an-met' : ''}`, {style: `width:${at(rate ?? 0)}`}),
    base === null || base === undefined ? null : h('i.an-bar-base', {style: `left:${at(base)}`, title: t('base')}),
    interval ? h('i.an-bar-interval', {style: `left:${at(interval[0])};width:calc(${at(interval[1])} - ${at(interval[0])})`}) : null,
    target === null ? null : h('i.an-bar-target', {style: `left:${at(target)}`, title: t('target', {target: percent(target)})}));
}

/** Whether a rate meets its target, as a word with a shape. */
export const status = (rate, target) => (rate === null || rate === undefined || target === null ? null
  : rate >= target ? h('span.an-status.an-good', {}, '✓ ', t('met')) : h('span.an-status.an-bad', {}, '✕ ', t('not_met')));

/** "+5" or "−5": a number with its sign, at most `digits` decimals. */
export const signed = (value, digits = 0) => (value > 0 ? '+' : '') + number(value, digits).replace('-', '−');
