// Numbers, sizes and times as this page writes them.

import {language} from '../map/text.js';

const locale = () => (language() === 'en' ? 'en-GB' : 'zh-CN');

export const count = (value) => (value === null || value === undefined ? '–' : Number(value).toLocaleString(locale()));

export const percent = (share) =>
  share > 0 && share < 0.01 ? '<1 %' : share < 1 && share > 0.99 ? '>99 %' : `${Math.round(share * 100)} %`;

export function size(bytes) {
  for (const [unit, factor] of [['GB', 1e9], ['MB', 1e6], ['kB', 1e3]]) {
    if (bytes >= factor) return `${(bytes / factor).toFixed(bytes >= 10 * factor ? 0 : 1)} ${unit}`;
  }
  return `${bytes} B`;
}

/** Milliseconds of a UTC time as the server writes it, without its zone. */
export const instant = (text) => Date.parse(/[zZ]|[+-]\d\d:\d\d$/.test(text) ? text : `${text}Z`);

/** A server time as local 2026-11-22 17:20. */
export function moment(text) {
  const date = new Date(instant(text));
  const two = (number) => String(number).padStart(2, '0');
  return `${date.getFullYear()}-${two(date.getMonth() + 1)}-${two(date.getDate())} ${two(date.getHours())}:${two(date.getMinutes())}`;
}

/** How long ago, in the page's language. */
export function ago(text) {
  const seconds = Math.min(0, (instant(text) - Date.now()) / 1000);
  const format = new Intl.RelativeTimeFormat(locale(), {numeric: 'auto'});
  for (const [unit, length] of [['year', 31557600], ['month', 2629800], ['day', 86400], ['hour', 3600], ['minute', 60]]) {
    if (-seconds >= length) return format.format(Math.ceil(seconds / length), unit);
  }
  return format.format(0, 'minute');
}
