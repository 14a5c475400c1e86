// An indicator over time: a sparkline for the card, a chart with axes and target for the drawer.

import {say} from '../map/text.js';
import {comparable, plain, withUnit} from './figures.js';
import {t} from './text.js';

const NS = 'http://www.w3.org/2000/svg';

function s(name, attributes = {}, ...children) {
  const element = document.createElementNS(NS, name);
  for (const [key, value] of Object.entries(attributes)) if (value !== null && value !== undefined) element.setAttribute(key, value);
  element.append(...children.flat(4).filter((child) => child !== null && child !== undefined));
  return element;
}

const day = (date) => Date.parse(`${date}T00:00:00Z`) / 86_400_000;

/** Places of points in a box of width x height: by date and value, `low` and `high` the ends of the value's axis. */
function placed(points, width, height, low, high) {
  const [first, last] = [day(points[0].as_of), day(points.at(-1).as_of)];
  const x = (date) => (first === last ? width / 2 : ((day(date) - first) / (last - first)) * width);
  const y = (value) => (high === low ? height / 2 : height - ((value - low) / (high - low)) * height);
  return {x, y};
}

/** A line of what may be compared; null with fewer than two values. */
export function sparkline(row) {
  const points = comparable(row);
  if (points.length < 2) return null;
  const values = points.map((point) => point.value);
  const [width, height] = [90, 22];
  const {x, y} = placed(points, width, height, Math.min(...values), Math.max(...values));
  const path = points.map((point, n) => `${n ? 'L' : 'M'}${x(point.as_of).toFixed(1)} ${y(point.value).toFixed(1)}`).join('');
  const last = points.at(-1);
  return s('svg', {class: 'ind-spark', viewBox: `-4 -4 ${width + 8} ${height + 8}`, role: 'img', 'aria-label': t('spark', {n: points.length, from: points[0].as_of, to: last.as_of})},
    s('path', {d: path}), s('circle', {cx: x(last.as_of), cy: y(last.value), r: 3}));
}

/** Round steps of an axis from low to high, three to six of them. */
function steps(low, high) {
  const span = high - low || Math.abs(high) || 1;
  const raw = span / 4;
  const power = 10 ** Math.floor(Math.log10(raw));
  const step = [1, 2, 5, 10].map((factor) => factor * power).find((value) => value >= raw);
  const found = [];
  for (let value = Math.floor(low / step) * step; value <= high + step * 0.999; value += step) found.push(Number(value.toPrecision(12)));
  return found;
}

/** Every value by date: computed ones filled, entered ones hollow, the target as a line; null without any. */
export function chart(row) {
  const {points} = row;
  if (!points.length) return null;
  const [width, height, left, top, bottom] = [430, 150, 58, 14, 26];
  const values = points.map((point) => point.value);
  const all = [...values, ...[row.target, row.target_max].filter((value) => value !== null)];
  const least = Math.min(...all);
  // A bar would lie about a share of an axis; a line may start near its values.
  const ticks = steps(row.unit === '%' && Math.max(...all) - least > 20 ? 0 : least, row.unit === '%' ? Math.min(100, Math.max(...all)) : Math.max(...all));
  const inner = width - left - 14;
  const {x, y} = placed(points, inner, height, ticks[0], ticks.at(-1));
  const kinds = ['computed', 'entered'].map((basis) => points.filter((point) => point.basis === basis)).filter((list) => list.length);
  const label = (text, px, py, anchor, name = '') => s('text', {x: px, y: py, 'text-anchor': anchor, class: name}, text);
  const first = points[0].as_of;
  const last = points.at(-1).as_of;
  return s('svg', {class: 'ind-chart', viewBox: `0 0 ${width} ${height + top + bottom}`, role: 'img', 'aria-label': t('chart', {name: say(row.name), n: points.length, from: first, to: last})},
    s('g', {transform: `translate(${left} ${top})`},
      ticks.map((value) => [s('line', {class: 'ind-grid', x1: 0, x2: inner, y1: y(value), y2: y(value)}), label(plain({...row, target: null}, value).replace('.0', ''), -8, y(value) + 4, 'end')]),
      row.target === null ? null : [s('line', {class: 'ind-goal', x1: 0, x2: inner, y1: y(row.target), y2: y(row.target)}),
        label(`${t('target')} ${say(row.target_text)}`, inner, y(row.target) - 5, 'end', 'ind-goal-text')],
      kinds.map((list) => [
        s('path', {class: 'ind-line', 'data-basis': list[0].basis, d: list.map((point, n) => `${n ? 'L' : 'M'}${x(point.as_of)} ${y(point.value)}`).join('')}),
        list.map((point) => s('circle', {class: 'ind-dot', 'data-basis': point.basis, 'data-origin': point.origin, cx: x(point.as_of), cy: y(point.value), r: 4.5},
          s('title', {}, `${point.as_of}  ${withUnit(row, point.value)}  ${t(`basis.${point.basis}`)}`))),
      ]),
      label(first, first === last ? inner / 2 : 0, height + 19, first === last ? 'middle' : 'start'),
      first === last ? null : label(last, inner, height + 19, 'end')));
}
