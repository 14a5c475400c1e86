// What stands on the map: the caption, the indicators of the viewpoint lifted out of the cards, the legend, notes.

import {fill, h} from '../map/dom.js';
import {language, say} from '../map/text.js';
import {colorOf, figure, reached, shapeOf, unitOf, valueOf} from './cards.js';
import {bullet} from './charts.js';
import {t} from './text.js';

const MOST_ENTRIES = 9;

function write(element, key, children) {
  if (element.dataset.key === key) return;
  element.dataset.key = key;
  element.hidden = !children.length;
  fill(element, ...children);
}

const inLanguage = (viewpoint, name) => (language() === 'en' ? viewpoint[`${name}_en`] || viewpoint[name] : viewpoint[name]) || '';

export function caption(wall, element, viewpoint) {
  const [title, text] = viewpoint ? [inLanguage(viewpoint, 'title'), inLanguage(viewpoint, 'caption')] : ['', ''];
  element.setAttribute('aria-live', 'polite');
  write(element, `${title}|${text}`, title ? [h('h2', {}, title), text ? h('p', {'data-long': text.length > 120 ? 'true' : null}, text) : null] : []);
}

/** The indicators that belong to a viewpoint, as many as fit; those with a value first. */
export function figures(wall, element, viewpoint, most) {
  const rows = (viewpoint?.indicators ?? []).map((no) => wall.row(no)).filter(Boolean);
  const shown = [...rows.filter((row) => row.value !== null), ...rows.filter((row) => row.value === null)].slice(0, Math.max(1, most));
  const key = JSON.stringify([language(), shown.map((row) => [row.no, row.value, row.status, row.as_of, row.target])]);
  write(element, key, shown.map((row) => {
    const share = reached(row);
    return h('div.wl-lifted', {'data-no': row.no},
      h('p.wl-name', {}, say(row.name)),
      h('div.wl-lifted-row', {},
        figure(wall, say(row.name), valueOf(row), row.value === null ? '' : unitOf(row), () => row.evidence, row.value === null ? 'small' : valueOf(row).length > 7 ? 'long' : ''),
        h('p.wl-target', {}, h('span', {}, t('target', {value: say(row.target_text)})), row.value === null ? null : h('b', {style: `color:${colorOf(row)}`}, `${shapeOf(row)} ${say(row.status_text)}`))),
      share === null ? null : bullet(share, row.unit === '%' ? row.target / 100 : 1, {label: say(row.target_text), color: colorOf(row)}));
  }));
}

export function legend(wall, element) {
  const parts = wall.stage?.legends() ?? [];
  const key = JSON.stringify([language(), parts]);
  write(element, key, parts.slice(0, 2).map(({title, entries}) => h('div', {},
    h('h3', {}, title),
    h('ul', {}, entries.slice(0, MOST_ENTRIES).map((entry) => h('li', {}, h('i', {style: `background:${entry.color}`}), h('span', {}, say(entry))))))));
}

/** What of the viewpoint is gone, what is being computed for it, or that the base is held. */
export function note(wall, element) {
  const missing = (wall.stage?.missing ?? []).map(say);
  const lines = wall.base ? [t('base.held')] : missing;
  element.classList.toggle('wl-base', wall.base);
  write(element, lines.join('|'), lines.map((line) => h('p', {}, line)));
}
