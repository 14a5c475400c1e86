// Filters of layers: their place in the panel, and the properties that the graphics card filters by.
//
// The scene names the column; the range or the hidden values are set here, so that
// moving a slider reaches the screen within one frame and no tile is asked for again.

import {fill, h, select} from './dom.js';
import {number, quantity, unit} from './format.js';
import {say, t} from './text.js';

export const NONE = 'none';
const STEPS = 1000;

export const isNumeric = (column) => column.kind === 'integer' || column.kind === 'number';

/** Columns of a layer that can be filtered by: they travel in its tiles and have classes or a range. */
export const filterable = (layer) =>
  layer.columns.filter((column) => column.tile && (isNumeric(column) || column.kind === 'boolean' || column.choices.length));

/** Values of a column that is not numeric, as its tiles carry them. */
function values(column) {
  if (column.kind === 'boolean') return [1, 0];
  return [...column.choices.map((choice) => choice.value), NONE];
}

/** deck.gl's filter properties of one layer; null when it shows everything. */
export function filterOf(layer, state, level) {
  const column = layer.columns.find((item) => item.name === state.filterBy);
  if (!column) return null;
  // Cells of the grid stand for many objects; they are filtered once the objects themselves are drawn.
  const cells = layer.aggregated && level < layer.detail_zoom;
  if (isNumeric(column)) return !cells && state.range ? {filterRange: state.range} : null;
  if (cells) return {filterCategories: [...values(column), '*', ...(column.kind === 'boolean' ? [2] : [])]};
  return {filterCategories: values(column).filter((value) => !state.hidden.includes(String(value)))};
}

/** The filter part of a layer's entry in the panel. */
export function filterControl(app, layer) {
  const state = app.store.layers[layer.id];
  const columns = filterable(layer);
  if (!columns.length) return null;
  const body = h('div.tw-filter-body');
  const choose = select(t('filter.by'), [['', t('filter.none')], ...columns.map((column) => [column.name, say(column.title)])], state.filterBy,
    (value) => { app.store.layer(layer.id, {filterBy: value, range: null, hidden: []}); show(); });
  const show = () => {
    const column = columns.find((item) => item.name === state.filterBy);
    if (!column) { fill(body); return; }
    fill(body, h('div.tw-note', {}, t('loading')));
    app.summary(layer.id, column.name).then((summary) => {
      if (state.filterBy !== column.name) return;
      fill(body, isNumeric(column) ? slider(app, layer, column, summary) : checks(app, layer, column, summary));
    }).catch(() => fill(body, h('div.tw-note', {}, t('offline'))));
  };
  show();
  return h('div.tw-filter', {}, h('label.tw-field', {}, h('span', {}, t('filter.title')), choose), body);
}

/** Check boxes with colours and counts. */
function checks(app, layer, column, summary) {
  const state = app.store.layers[layer.id];
  const legend = app.legends[layer.id] ?? [];
  const missing = summary.counts.None ?? 0;
  const rows = column.kind === 'boolean'
    ? [['1', t('yes'), 'true', summary.counts.true ?? 0], ['0', t('no'), 'false', (summary.counts.false ?? 0) + missing]]
    : [...column.choices.map((choice) => [choice.value, say(choice), choice.value, summary.counts[choice.value] ?? 0]), [NONE, t('filter.missing'), NONE, missing]];
  const color = (value) => (state.colorBy === column.name ? legend.find((entry) => entry.value === value)?.color : null)
    ?? column.choices.find((choice) => choice.value === value)?.color;
  const boxes = [];
  const change = () => app.store.layer(layer.id, {hidden: boxes.filter((box) => !box.checked).map((box) => box.value)}, 'filters');
  const set = (all) => { boxes.forEach((box) => { box.checked = all; }); change(); };
  const present = rows.filter(([,,, count]) => count > 0);
  return [
    h('div.tw-filter-all', {},
      h('button.tw-link', {type: 'button', onclick: () => set(true)}, t('filter.all')),
      h('button.tw-link', {type: 'button', onclick: () => set(false)}, t('filter.nothing'))),
    h('div.tw-checks', {}, present.map(([value, text, key, count]) => {
      const box = h('input', {type: 'checkbox', value, checked: !state.hidden.includes(value), onchange: change});
      boxes.push(box);
      const shade = color(key);
      return h('label.tw-check', {}, box, shade ? h('i.tw-swatch', {style: `background:${shade}`}) : null,
        h('span.tw-check-text', {}, text), h('span.tw-count', {}, number(count)));
    })),
  ];
}

/**
 * Two handles over a histogram. Each class of the column takes the same width, so
 * that the many low buildings and the few towers can both be set with a mouse.
 */
function slider(app, layer, column, summary) {
  const state = app.store.layers[layer.id];
  if (summary.min === null || summary.min === undefined) return h('div.tw-note', {}, t('filter.empty'));
  const by = layer.color_by.find((item) => item.column === column.name);
  const breaks = (by?.breaks ?? []).filter((limit) => limit > summary.min && limit < summary.max);
  const knots = [summary.min, ...breaks, Math.max(summary.max, summary.min + 1e-9)];
  const first = by ? by.breaks.filter((limit) => limit <= summary.min).length : 0;
  const counts = by ? knots.slice(1).map((_, index) => summary.classes[index + first] ?? 0) : [];
  const legend = app.legends[layer.id] ?? [];
  const colors = counts.map((_, index) => (state.colorBy === column.name && legend[index + first]?.color) || 'var(--accent)');
  const whole = column.kind === 'integer';
  const valueAt = (step) => {
    const at = (step / STEPS) * (knots.length - 1);
    const index = Math.min(knots.length - 2, Math.floor(at));
    const value = knots[index] + (at - index) * (knots[index + 1] - knots[index]);
    return whole ? Math.round(value) : Math.round(value * 10) / 10;
  };
  const stepOf = (value) => {
    const index = Math.max(0, Math.min(knots.length - 2, knots.findLastIndex((knot) => knot <= value)));
    return Math.round(((index + (value - knots[index]) / (knots[index + 1] - knots[index])) / (knots.length - 1)) * STEPS);
  };
  const [low, high] = (state.range ?? [summary.min, summary.max]).map((value) => Math.max(summary.min, Math.min(summary.max, value)));
  const make = (step, name) => h('input', {type: 'range', min: 0, max: STEPS, step: 5, value: step, 'aria-label': `${say(column.title)} ${t(name)}`, oninput: () => moved()});
  const lower = make(stepOf(low), 'filter.from');
  const upper = make(stepOf(high), 'filter.to');
  const text = h('output.tw-range-text', {'aria-live': 'polite'});
  const bars = counts.map((count, index) => h('i', {style: `height:${Math.max(3, 100 * Math.sqrt(count / Math.max(...counts, 1)))}%;background:${colors[index]}`, title: `${number(knots[index], 1)} – ${number(knots[index + 1], 1)} ${unit(column.unit)}: ${number(count)}`}));
  const track = h('div.tw-range-track');
  const write = () => {
    const [a, b] = [Number(lower.value), Number(upper.value)];
    track.style.setProperty('--a', `${a / STEPS * 100}%`);
    track.style.setProperty('--b', `${b / STEPS * 100}%`);
    bars.forEach((bar, index) => { bar.classList.toggle('tw-out', (index + 1) * STEPS / bars.length <= a || index * STEPS / bars.length >= b); });
    const full = a === 0 && b === STEPS;
    text.textContent = full ? t('filter.everything') : `${number(valueAt(a), 1)} – ${quantity(valueAt(b), column.unit, 1)}`;
    [lower, upper].forEach((input, index) => input.setAttribute('aria-valuetext', quantity(valueAt(index ? b : a), column.unit, 1)));
    return full ? null : [a === 0 ? -1e8 : valueAt(a), b === STEPS ? 1e8 : valueAt(b)];
  };
  const moved = () => {
    if (Number(lower.value) > Number(upper.value)) [lower.value, upper.value] = [upper.value, lower.value];
    app.store.layer(layer.id, {range: tidy(write())}, 'filters');
  };
  const tidy = (range) => range && [range[0] <= -1e8 ? summary.min : range[0], range[1] >= 1e8 ? Math.ceil(summary.max) : range[1]];
  write();
  return h('div.tw-range', {},
    bars.length ? h('div.tw-bars', {'aria-hidden': 'true'}, bars) : null,
    h('div.tw-range-inputs', {}, track, lower, upper), text);
}
