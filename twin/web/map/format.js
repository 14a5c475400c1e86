// Numbers, quantities, dates and places as the reader's language writes them.

import {language, t} from './text.js';

const THIN = '\u2009';
const UNITS_EN = {人: 'people', 层: 'floors', 户: 'households', 条: 'lanes', 个: ''};
const UNITS_ZH = {'km/h': '公里/时'};

/** 1,834,000 or 12.5: at most `digits` decimals, thousands grouped, the same in both languages. */
export function number(value, digits = 0) {
  if (value === null || value === undefined || !Number.isFinite(Number(value))) return '–';
  return Number(value).toLocaleString('en-US', {maximumFractionDigits: digits});
}

/** A unit in the present language. */
export const unit = (name) => (language() === 'en' ? UNITS_EN[name] ?? name : UNITS_ZH[name] ?? name);

/** A value with its unit after a thin space. */
export function quantity(value, name, digits = 2) {
  const text = number(value, Math.abs(value) >= 1000 ? Math.min(digits, 1) : digits);
  const shown = unit(name);
  if (!shown) return text;
  return shown === '°' ? text + shown : text + THIN + shown;
}

/** A length: metres below one kilometre, else kilometres. */
export const length = (metres) =>
  metres < 1000 ? quantity(metres, 'm', metres < 10 ? 2 : metres < 100 ? 1 : 0) : quantity(metres / 1000, 'km', metres < 100_000 ? 2 : 1);

/** An area: square metres, from one hectare on hectares, from one square kilometre on those. */
export function area(metres) {
  if (metres < 10_000) return quantity(metres, 'm²', metres < 100 ? 1 : 0);
  if (metres < 1_000_000) return quantity(metres / 10_000, t('unit.hectare'), 2);
  return quantity(metres / 1_000_000, 'km²', 2);
}

/** "121.25034°E 31.37512°N". */
export function place(lon, lat) {
  const one = (value, positive, negative) => `${Math.abs(value).toFixed(5)}°${value < 0 ? negative : positive}`;
  return `${one(lon, 'E', 'W')} ${one(lat, 'N', 'S')}`;
}

const two = (value) => String(value).padStart(2, '0');

/** Minutes of a day as 09:30. */
export const clock = (minutes) => `${two(Math.floor(minutes / 60) % 24)}:${two(Math.floor(minutes) % 60)}`;

/** A point of the compass for an azimuth in degrees from north, clockwise. */
export const bearing = (degrees) => t(`bearing.${Math.round((((degrees % 360) + 360) % 360) / 45) % 8}`);

/** A local moment as 2026-11-22 17:20, and its compact form for file names. */
export const moment = (date) =>
  `${date.getFullYear()}-${two(date.getMonth() + 1)}-${two(date.getDate())} ${two(date.getHours())}:${two(date.getMinutes())}`;
export const stamp = (date) => moment(date).replace(/[-:]/g, '').replace(' ', '-');
