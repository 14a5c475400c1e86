// What an evidence card says, once as parts that can be drawn and once as plain text to copy.

import {h, icon} from '../map/dom.js';
import {number, quantity} from '../map/format.js';
import {pageAddress} from '../map/pages.js';
import {hasText, language, say, text} from '../map/text.js';

/** The text called `evidence.<key>`, with {names} filled in. */
export const t = (key, values) => text(`evidence.${key}`, values);

const EMPTY = new Set([null, undefined, '']);
const comma = (names) => names.join(text('map.comma'));

/** A text of the server in the present language, or one that is written out already. */
const said = (value) => (typeof value === 'string' ? value : say(value));

/** The number itself with its unit; `figure` is a number written out already. */
export function figureOf(evidence) {
  if (!EMPTY.has(evidence.figure)) return evidence.figure;
  if (EMPTY.has(evidence.value)) return '';
  const unit = language() === 'en' ? evidence.unit_en ?? evidence.unit : evidence.unit;
  const digits = evidence.unit === '%' || Math.abs(evidence.value) < 100 ? 2 : Math.abs(evidence.value) < 1000 ? 1 : 0;
  return quantity(evidence.value, unit ?? '', digits);
}

/** A parameter's value as people read it. */
function shown(value) {
  if (EMPTY.has(value)) return '–';
  if (typeof value === 'boolean') return t(value ? 'yes' : 'no');
  if (typeof value === 'number') return Number.isInteger(value) ? String(value) : number(value, 4);
  if (Array.isArray(value)) return comma(value.map(shown));
  if (typeof value !== 'object') return hasText(`evidence.choice.${value}`) ? t(`choice.${value}`) : String(value);
  if (value.zh || value.en) return said(value);
  if (value.revision !== undefined) return t('scenario', {name: value.name, revision: value.revision});
  return comma(Object.entries(value).map(([name, item]) => `${nameOf(name)} ${shown(item)}`));
}

const nameOf = (name) => (hasText(`evidence.parameter.${name}`) ? t(`parameter.${name}`) : name.replaceAll('_', ' '));

/** When and how the number came about: [title, value] each. */
function facts(evidence) {
  return [
    [t('value'), figureOf(evidence)],
    [t('as_of'), evidence.as_of],
    [t('basis'), evidence.basis && hasText(`evidence.basis.${evidence.basis}`) ? t(`basis.${evidence.basis}`) : ''],
    [t('updated'), evidence.updated ? String(evidence.updated).replace('T', ' ').slice(0, 16) : ''],
  ].filter(([, value]) => !EMPTY.has(value));
}

function amounts(evidence) {
  return (evidence.denominators ?? []).map((item) => [said(item.title), quantity(item.value, item.unit, Math.abs(item.value) < 1000 ? 2 : 0)]);
}

function parameters(evidence) {
  return Object.entries(evidence.parameters ?? {}).map(([name, value]) => [
    name === 'scenario' && value?.revision !== undefined ? t('parameter.what_if') : nameOf(name), shown(value)]);
}

/** Whether what stands for a dataset is a value entered by hand. */
const byHand = (item) => item.id === null && item.author !== undefined;

/** What is told of a dataset beside its name. */
function about(item) {
  const crs = item.crs_declared && item.crs_declared !== item.crs_found
    ? t('crs.both', {declared: item.crs_declared, found: item.crs_found ?? '–'}) : item.crs_found;
  return [
    [t('source'), item.source || t('unknown')],
    [t('licence'), byHand(item) ? '' : item.licence || t('unknown')],
    [t('date'), item.data_date],
    [t('generation'), EMPTY.has(item.generation) ? '' : String(item.generation)],
    [t('imported'), item.imported_at ? String(item.imported_at).replace('T', ' ').slice(0, 16) : ''],
    [t('crs'), crs],
    [t('author'), item.author],
    [t('note'), item.note],
  ].filter(([, value]) => !EMPTY.has(value));
}

/** What a dataset is called: the layer it fills, and its own name. */
function titleOf(item) {
  if (byHand(item)) return t('by_hand');
  const layer = said(item.layer_title) || (hasText(`data.raster.${item.layer}`) ? text(`data.raster.${item.layer}`) : '');
  const own = said(item.title) || item.name || item.file_name || item.layer;
  return layer ? `${layer} · ${own}` : own;
}

const table = (lines) => h('table.ev-table', {}, h('tbody', {}, lines.map(([title, value]) => h('tr', {}, h('th', {scope: 'row'}, title), h('td', {}, value)))));

/** The name of a dataset, leading to its row on the data page where it has one. */
const nameLink = (item) => (EMPTY.has(item.id) ? h('b', {}, titleOf(item))
  : h('a', {href: `${pageAddress('data')}&dataset=${item.id}`, title: t('open_data')}, h('b', {}, titleOf(item))));

/** The card as one element; `extra` (text or element) stands above the method. */
export function evidenceContent(evidence, extra = null) {
  const part = (name, ...content) => h('section.ev-part', {'data-part': name}, h('h3', {}, t(name)), content);
  const figure = figureOf(evidence);
  const lines = facts(evidence).slice(figure ? 1 : 0);
  const method = said(evidence.method);
  const [denominators, given] = [amounts(evidence), parameters(evidence)];
  const {datasets = [], standards = [], caveats = []} = evidence;
  return h('div.ev', {},
    figure || evidence.origin ? h('div.ev-figure', {}, figure ? h('b', {}, figure) : null,
      evidence.origin ? h('span.ev-origin', {'data-origin': evidence.origin}, evidence.origin === 'real' ? null : icon('warn'), t(`origin.${evidence.origin}`)) : null) : null,
    lines.length ? table(lines) : null,
    extra ? h('p', {}, extra) : null,
    method ? part('method', h('p', {}, method)) : null,
    standards.length ? part('standards', h('ul', {}, standards.map((item) => h('li', {}, said(item))))) : null,
    denominators.length ? part('denominators', table(denominators)) : null,
    given.length ? part('parameters', table(given)) : null,
    datasets.length ? part('datasets', datasets.map((item) => h('div.ev-dataset', {'data-dataset': item.id},
      h('p', {}, nameLink(item), item.synthetic ? h('span.ev-mark', {}, t('synthetic')) : null),
      h('p.ev-about', {}, about(item).map(([title, value]) => h('span', {}, h('i', {}, title), ' ', value)))))) : null,
    caveats.length ? part('caveats', h('ul', {}, caveats.map((item) => h('li', {}, said(item))))) : null);
}

/** The card as plain text, for a report or a letter. */
export function evidenceText(what, evidence, extra = null) {
  const colon = language() === 'en' ? ': ' : '：';
  const line = ([title, value]) => `${title}${colon}${value}`;
  const part = (name, lines) => (lines.length ? ['', t(name), ...lines.map((item) => `- ${item}`)] : []);
  const more = typeof extra === 'string' ? extra : extra?.textContent;
  return [
    what, ...facts(evidence).map(line),
    ...(evidence.origin ? [line([t('origin'), t(`origin.${evidence.origin}`)])] : []),
    ...(more ? [more] : []),
    ...(said(evidence.method) ? [line([t('method'), said(evidence.method)])] : []),
    ...part('standards', (evidence.standards ?? []).map(said)),
    ...part('denominators', amounts(evidence).map(line)),
    ...part('parameters', parameters(evidence).map(line)),
    ...part('datasets', (evidence.datasets ?? []).map((item) => [titleOf(item), ...about(item).map(line), ...(item.synthetic ? [t('synthetic')] : [])].join(' · '))),
    ...part('caveats', (evidence.caveats ?? []).map(said)),
  ].join('\n');
}
