// The way of the signal from the side: ground, roofs, the ray, its first Fresnel zone, and what blocks it.

import {number} from '../map/format.js';
import {t} from './text.js';

const [WIDTH, HEIGHT] = [360, 170];
const EDGE = {left: 34, right: 8, top: 14, bottom: 24};
const NAMES = 'http://www.w3.org/2000/svg';

function s(name, attributes = {}, ...children) {
  const element = document.createElementNS(NAMES, name);
  for (const [key, value] of Object.entries(attributes)) if (value !== null) element.setAttribute(key, value);
  element.append(...children.filter((child) => child !== null));
  return element;
}

/** A round step that parts a range into about `parts`. */
function step(range, parts) {
  const raw = range / parts;
  const power = 10 ** Math.floor(Math.log10(raw));
  return [1, 2, 5, 10].map((factor) => factor * power).find((value) => value >= raw);
}

/** @param profile {distance_m, ground_m, roof_m, ray_m, fresnel_m: parallel arrays from the antenna on, blocking: {distance_m} | null} */
export function profileChart({distance_m: far, ground_m: ground, roof_m: roofs, ray_m: ray, fresnel_m: fresnel, blocking}) {
  const blocked = blocking?.distance_m ?? null;
  if (!far?.length) return null;
  const last = far.at(-1) || 1;
  const low = Math.min(...ground) - 2;
  const high = Math.max(...roofs, ...ray.map((value, i) => value + fresnel[i])) + 4;
  const x = (metres) => EDGE.left + (metres / last) * (WIDTH - EDGE.left - EDGE.right);
  const y = (metres) => HEIGHT - EDGE.bottom - ((metres - low) / (high - low)) * (HEIGHT - EDGE.top - EDGE.bottom);
  const line = (values) => values.map((value, i) => `${x(far[i]).toFixed(1)},${y(value).toFixed(1)}`);
  const floor = `${x(last)},${HEIGHT - EDGE.bottom} ${x(0)},${HEIGHT - EDGE.bottom}`;
  const zone = [...line(ray.map((value, i) => value + fresnel[i])), ...line(ray.map((value, i) => value - fresnel[i])).reverse()].join(' ');
  // A roof stands where it is higher than the ground; drawn in steps, as the cells are.
  const walls = roofs.flatMap((value, i) => {
    const [from, to] = [i ? (far[i - 1] + far[i]) / 2 : far[i], i < far.length - 1 ? (far[i] + far[i + 1]) / 2 : far[i]];
    return [`${x(from).toFixed(1)},${y(value).toFixed(1)}`, `${x(to).toFixed(1)},${y(value).toFixed(1)}`];
  }).join(' ');
  const [across, up] = [step(last, 4), step(high - low, 3)];
  const ticks = (from, to, size) => Array.from({length: Math.floor((to - from) / size) + 1}, (_, i) => from + i * size);
  // How high the ray is where it is blocked: it is straight.
  const edge = blocked === null ? null : ray[0] + ((ray.at(-1) - ray[0]) * blocked) / last + blocking.above_ray_m;
  const word = (text, attributes) => { const element = s('text', attributes); element.textContent = text; return element; };
  return s('svg', {viewBox: `0 0 ${WIDTH} ${HEIGHT}`, class: 'cov-profile', role: 'img', 'aria-label': t(edge === null ? 'side.clear' : 'side.blocked', {distance: number(blocked ?? 0)})},
    ...ticks(Math.ceil(low / up) * up, high, up).flatMap((value) => [
      s('line', {class: 'cov-grid', x1: EDGE.left, x2: WIDTH - EDGE.right, y1: y(value), y2: y(value)}),
      word(number(value), {class: 'cov-tick', x: EDGE.left - 4, y: y(value) + 3, 'text-anchor': 'end'})]),
    ...ticks(0, last, across).map((value, i, all) => word(i === all.length - 1 ? `${number(value)} m` : number(value), {class: 'cov-tick', x: x(value), y: HEIGHT - EDGE.bottom + 14, 'text-anchor': i ? (x(value) > WIDTH - 26 ? 'end' : 'middle') : 'start'})),
    s('polygon', {class: 'cov-zone', points: zone}),
    s('polygon', {class: 'cov-roofs', points: `${walls} ${floor}`}),
    s('polygon', {class: 'cov-ground', points: `${line(ground).join(' ')} ${floor}`}),
    s('polyline', {class: 'cov-ray', points: line(ray).join(' '), 'data-blocked': String(edge !== null)}),
    s('circle', {class: 'cov-end', cx: x(0), cy: y(ray[0]), r: 3.5}),
    s('circle', {class: 'cov-end', cx: x(last), cy: y(ray.at(-1)), r: 3.5}),
    edge === null ? null : s('path', {class: 'cov-block', d: `M${x(blocked) - 5} ${y(edge) - 5}l10 10m0-10l-10 10`}));
}
