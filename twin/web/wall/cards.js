// The six cards beside the map: each one headline, one light chart, and as many lines as there is room for.
//
// A card is {key, title, of(board): its source, body(source, room)}; `room` is what is left of its box {wide, high} in multiples
// of the wall's smallest text. Every figure is a button that opens its evidence.

import {h} from '../map/dom.js';
import {number} from '../map/format.js';
import {language, say} from '../map/text.js';
import {bullet, columns, parts, squares} from './charts.js';
import {t} from './text.js';

const STATUS = [['met', 'var(--good)', '●'], ['short', 'var(--warn)', '▲'], ['unjudged', 'var(--text-2)', '◆'], ['no_data', 'var(--text-3)', '○']];
const STATES = [['online', 'var(--good)', '●'], ['fault', 'var(--bad)', '▲'], ['offline', 'var(--text-3)', '◆'], ['unknown', 'var(--line)', '○']];
const ROW = 1.75; // heights of a line
const nameOf = (item) => (language() === 'en' ? item.name_en || item.name : item.name);
const percent = (share, digits = 1) => number(share * 100, digits);
const unitOf = (row) => (language() === 'en' ? row.unit_en : row.unit) || '';

/** A figure that opens its evidence: large digits, a small unit. */
export function figure(wall, what, value, unit, evidence, size = '') {
  return h(`button.wl-figure${size ? `.wl-${size}` : ''}`, {type: 'button', 'aria-haspopup': 'dialog', 'aria-label': `${what} ${value} ${unit}`,
    onclick: (event) => wall.evidence(event.currentTarget, what, evidence)}, h('b', {}, value), unit ? h('small', {}, unit) : null);
}

const line = (name, chart, value, extra = '') => h(`div.wl-line${extra}`, {}, h('span.wl-name', {}, name), chart, h('span.wl-value', {}, value));

/** Names of classes with their counts, each with its mark: colour alone says nothing to some. */
const keys = (items) => h('ul.wl-keys', {}, items.map(({name, count, color, mark}) => h('li', {}, h('i', {style: `color:${color}`, 'aria-hidden': 'true'}, mark), h('span', {}, name), h('b', {}, number(count)))));

/** Value and target of an indicator as a share of the target, for its bar; null where there is none. */
export function reached(row) {
  if (row.value === null || row.target === null || !row.target) return null;
  if (row.comparison === '<=') return row.value <= 0 ? 1 : Math.min(1, row.target / row.value);
  return row.unit === '%' ? row.value / 100 : Math.min(1, row.value / row.target);
}

const markOf = (row) => (row.unit === '%' ? row.target / 100 : 1);
export const colorOf = (row) => STATUS.find(([name]) => name === row.status)?.[1] ?? 'var(--accent)';
export const shapeOf = (row) => STATUS.find(([name]) => name === row.status)?.[2] ?? '';
export const valueOf = (row) => (row.value === null ? t('no_data') : number(row.value, Math.abs(row.value) >= 1000 ? 0 : row.unit === '%' ? 1 : 2));
export {unitOf};

function indicators(wall, source, {high: room}) {
  const {counts, indicators: rows} = source;
  const total = rows.length;
  const judged = STATUS.map(([name, color, mark]) => ({name: t(`status.${name}`), count: counts[name] ?? 0, color, mark, key: name})).filter(({count, key}) => count || key !== 'unjudged');
  const table = () => ({
    method: {zh: '逐项依据见下：', en: 'Each with its own evidence below.'}, as_of: newest(rows), origin: source.origin ?? (rows.some((row) => row.origin === 'synthetic') ? 'synthetic' : null),
    denominators: judged.map(({name, count}) => ({title: {zh: name, en: name}, value: count, unit: ''})),
  });
  const known = rows.filter((row) => row.value !== null && reached(row) !== null);
  // What is farthest from its target first: that is what a leader asks about.
  const lines = [...known].sort((a, b) => (a.status === 'met') - (b.status === 'met') || reached(a) / markOf(a) - reached(b) / markOf(b));
  const fits = Math.max(0, Math.floor((room - 5.6) / 2.3));
  return [
    h('div.wl-head-row', {},
      figure(wall, t('indicators.met'), number(counts.met ?? 0), t('indicators.of', {n: total}), table),
      h('span.wl-says', {}, t('indicators.met'))),
    parts(judged.map(({count, color}) => ({value: count, color})), {label: judged.map(({name, count}) => `${name} ${count}`).join(', ')}),
    keys(judged),
    fits ? h('div.wl-lines', {}, lines.slice(0, fits).map((row) => h('button.wl-two', {type: 'button', 'aria-haspopup': 'dialog', 'data-no': row.no, onclick: (event) => wall.evidence(event.currentTarget, say(row.name), () => row.evidence)},
      h('span.wl-name', {}, say(row.name)),
      h('span.wl-value', {}, h('i', {style: `color:${colorOf(row)}`}, shapeOf(row)), ` ${valueOf(row)}\u2009${unitOf(row)}`),
      bullet(reached(row), markOf(row), {label: say(row.target_text), color: colorOf(row)})))) : null,
  ];
}

const newest = (rows) => rows.map((row) => row.as_of).filter(Boolean).sort().at(-1) ?? null;

function lifeCircle(wall, source, {high: room}) {
  const area = source.central ?? source.district;
  if (!area) return [none(t('life.none'))];
  const share = area.rates[source.measure ?? 'people'];
  const target = area.target ?? null;
  const met = target !== null && share >= target;
  const what = t('life.what', {area: nameOf(area)});
  const towns = [...source.towns].filter((town) => town.people > 0).sort((a, b) => b.rates.people - a.rates.people);
  const reachedTowns = target === null ? 0 : towns.filter((town) => town.rates.people >= target).length;
  const rest = room - 4.9;
  return [
    h('div.wl-head-row', {}, figure(wall, what, percent(share), '%', () => ({...source.evidence, value: share * 100, unit: '%', unit_en: '%'})),
      h('span.wl-says', {}, nameOf(area), h('br'), target === null ? '' : h('em', {class: met ? 'wl-good' : 'wl-warn'}, `${met ? '●' : '▲'} ${t('target', {value: `${percent(target, 0)}%`})}`))),
    bullet(share, target, {label: what, color: met ? 'var(--good)' : 'var(--accent)'}),
    ...townChart(towns, rest, target, (town) => town.rates.people, target === null ? '' : t('life.towns', {met: reachedTowns, n: towns.length})),
  ];
}

/** Towns as lines where there is room for at least six, else as columns without names. */
function townChart(towns, room, target, of, says) {
  if (!towns.length) return [];
  const fits = Math.floor((room - 0.4) / ROW);
  const color = (share) => (target !== null && share >= target ? 'var(--good)' : 'var(--accent)');
  if (fits >= 6) {
    const shown = fits >= towns.length ? towns : [...towns.slice(0, Math.ceil(fits / 2)), ...towns.slice(-Math.floor(fits / 2))];
    return [h('div.wl-lines', {}, shown.map((town) => line(nameOf(town), bullet(of(town), target, {label: `${nameOf(town)} ${percent(of(town))}%`, color: color(of(town))}), `${percent(of(town), 0)}\u2009%`)))];
  }
  return [h('div.wl-fill', {}, columns(towns.map(of), target, {label: t('towns')})), h('p.wl-note', {}, says || t('towns.lowest', {name: nameOf(towns.at(-1)), value: `${percent(of(towns.at(-1)), 0)}\u2009%`}))];
}

function coverage(wall, source, {high: room}) {
  const area = source.district ?? source.central;
  if (!area) return [none(t('coverage.none'))];
  const share = area.rates.people;
  const what = t('coverage.what', {area: nameOf(area)});
  const towns = [...source.towns].filter((town) => town.people > 0).sort((a, b) => b.rates.people - a.rates.people);
  return [
    h('div.wl-head-row', {}, figure(wall, what, percent(share), '%', () => ({...source.evidence, value: share * 100, unit: '%', unit_en: '%'})),
      h('span.wl-says', {}, t('coverage.people'), h('br'), h('em', {}, t('coverage.sites', {n: number(wall.row(3)?.value ?? source.sites)})))),
    bullet(share, null, {label: what, color: 'var(--site-5g)'}),
    ...townChart(towns, room - 4.9, null, (town) => town.rates.people, ''),
  ];
}

function sensors(wall, source, {high: room}) {
  const states = STATES.map(([key, color, mark]) => ({key, name: t(`state.${key}`), count: source.by_status[key] ?? 0, color, mark})).filter((item) => item.count || item.key !== 'unknown');
  const most = Math.max(1, ...source.by_kind.map((item) => item.count));
  const fits = Math.max(0, Math.floor((room - 5.4) / ROW));
  return [
    h('div.wl-head-row', {}, figure(wall, t('sensors.what'), number(source.terminals), t('sensors.unit'), () => ({...source.evidence, value: source.terminals, unit: '个', unit_en: ''})),
      h('span.wl-says', {}, t('sensors.online'), h('br'), h('em', {}, source.terminals ? `${percent((source.by_status.online ?? 0) / source.terminals)}\u2009%` : '–'))),
    parts(states.map(({count, color}) => ({value: count, color})), {label: t('sensors.states')}),
    keys(states.slice(0, 3)),
    fits ? h('div.wl-lines', {}, source.by_kind.slice(0, fits).map((item) => line(say(item), bullet(item.count / most, null, {label: say(item), color: 'var(--sensor)'}), number(item.count)))) : null,
  ];
}

function centres(wall, source, {high: room, wide}) {
  const indicator = wall.row(20);
  const target = indicator?.target ?? 50;
  const of = Object.fromEntries(source.by_status.map((item) => [item.status, item]));
  const open = of.open?.count ?? 0;
  const list = [
    {count: open, color: 'var(--centre)', name: say(of.open), mark: '■'}, {count: of.building?.count ?? 0, color: 'var(--centre)', hollow: true, name: say(of.building), mark: '□'},
    {count: of.planned?.count ?? 0, color: 'var(--text-3)', hollow: true, name: say(of.planned), mark: '□'},
  ];
  return [
    h('div.wl-head-row', {}, figure(wall, t('centres.what'), number(open), t('centres.unit'), () => ({...source.evidence, value: open, unit: '个', unit_en: ''})),
      h('span.wl-says', {}, t('centres.open'), h('br'), h('em', {class: open >= target ? 'wl-good' : 'wl-warn'}, `${open >= target ? '●' : '▲'} ${t('target', {value: number(target)})}`))),
    squares(list, target, {label: t('centres.what'), wide, high: Math.min(Math.max(2, room - 5.2), wide * 0.55)}),
    keys(list),
  ];
}

function models(wall, source, {high: room}) {
  if (!source.models) return [h('div.wl-head-row', {}, figure(wall, t('models.what'), '0', t('models.unit'), () => source.evidence), h('span.wl-says', {}, t('models.none'))), h('p.wl-hint', {}, t('models.hint'))];
  const fits = Math.max(0, Math.floor((room - 4.8) / ROW));
  return [
    h('div.wl-head-row', {}, figure(wall, t('models.what'), number(source.models), t('models.unit'), () => ({...source.evidence, value: source.models, unit: '个', unit_en: ''})),
      h('span.wl-says', {}, t('models.placed', {n: number(source.placed)}), h('br'), h('em', {}, t('models.storeys', {n: number(source.storeys)})))),
    parts([{value: source.placed, color: 'var(--bim)'}, {value: source.models - source.placed, color: 'var(--text-3)'}], {label: t('models.what')}),
    h('div.wl-lines', {}, source.newest.slice(0, fits).map((item) => h('div.wl-line.wl-plain', {}, h('span.wl-name', {}, item.name), h('span.wl-value', {}, item.height_m ? `${number(item.height_m, 1)}\u2009m` : '')))),
  ];
}

const none = (words) => h('p.wl-none', {}, words);

/** In the order of the boxes of the plan: three on the left, three on the right. */
export const CARDS = [
  {key: 'indicators', body: indicators}, {key: 'life_circle', body: lifeCircle}, {key: 'coverage', body: coverage},
  {key: 'sensors', body: sensors}, {key: 'centres', body: centres}, {key: 'models', body: models},
];
