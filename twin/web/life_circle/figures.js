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

/** A difference of shares in percentage points, with its sign. */
export function points(difference) {
  const value = (difference * 100).toFixed(1).replace(/^-0\.0$/, '0.0');
  return Number(value) > 0 ? `+${value}` : value.replace('-', '−');
}

export const people = (value) => number(value);

/** A change that reads without colour: sign, arrow, and a word for screen readers. */
export function change(difference, text = points) {
  if (difference === null || difference === undefined || Number.isNaN(difference)) return h('span.lc-same', {}, '–');
  const kind = difference > 5e-6 ? 'up' : difference < -5e-6 ? 'down' : 'same';
  return h(`span.lc-${kind}`, {title: t(`change.${kind}`)}, {up: '▲ ', down: '▼ ', same: ''}[kind], kind === 'same' ? '0' : text(difference));
}

/** A bar of a rate with the mark of its target, and with its interval and its base where given. */
export function bar(rate, target, {interval = null, base = null} = {}) {
  const at = (share) => `${Math.min(100, Math.max(0, share * 100))}%`;
  return h('div.lc-bar', {role: 'img', 'aria-label': t('bar', {rate: percent(rate, target), target: percent(target)})},
    h(`i.lc-bar-fill${rate >= target ? '.lc-met' : ''}`, {style: `width:${at(rate ?? 0)}`}),
    base === null || base === undefined ? null : h('i.lc-bar-base', {style: `left:${at(base)}`, title: t('base')}),
    interval ? h('i.lc-bar-interval', {style: `left:${at(interval[0])};width:calc(${at(interval[1])} - ${at(interval[0])})`}) : null,
    h('i.lc-bar-target', {style: `left:${at(target)}`, title: t('target', {target: percent(target)})}));
}

/** Whether a rate meets its target, as a word with a shape. */
export const status = (rate, target) => (rate === null || rate === undefined ? null
  : rate >= target ? h('span.lc-status.lc-good', {}, '✓ ', t('met')) : h('span.lc-status.lc-bad', {}, '✕ ', t('not_met')));

export const minutes = (value) => (value === null || value === undefined ? t('unreachable') : `${value.toFixed(1)}${THIN}${t('minute')}`);
