// Towns or pilot areas side by side: a table that sorts, and flies to a row's place.

import {fill, h} from '../map/dom.js';
import {language} from '../map/text.js';
import {evidenceButton} from './evidence.js';
import {change, people, percent, points} from './figures.js';
import {t} from './text.js';

const KINDS = ['town', 'pilot_area'];
const VALUES = {
  name: (area) => (language() === 'en' ? area.name_en || area.name : area.name),
  rate: (area) => area.rates.people ?? -1,
  gap: (area) => area.gap ?? -1,
  short: (area) => area.short_people,
  change: (area) => (area.base ? area.rates.people - area.base.people : 0),
};

export class TownTable {
  #kind = 'town';
  #by = 'gap';
  #down = true;

  constructor(page) { this.page = page; }

  element(result) {
    this.box = h('section.lc-section', {'data-section': 'towns'});
    this.result = result;
    this.write();
    return this.box;
  }

  write() {
    const {result} = this;
    const kinds = KINDS.filter((kind) => result.areas.some((area) => area.kind === kind));
    if (!kinds.includes(this.#kind)) this.#kind = kinds[0] ?? 'town';
    const rows = result.areas.filter((area) => area.kind === this.#kind);
    const value = VALUES[this.#by];
    const order = (a, b) => (typeof a === 'string' ? a.localeCompare(b, language()) : a - b);
    rows.sort((a, b) => order(value(a), value(b)) * (this.#down ? -1 : 1));
    const columns = ['name', 'rate', 'gap', 'short', ...(rows.some((area) => area.base) ? ['change'] : [])];
    const title = t('section.towns');
    fill(this.box,
      h('div.lc-section-head', {}, h('h3', {}, title),
        kinds.length > 1 ? h('div.lc-tabs', {role: 'group', 'aria-label': title}, kinds.map((kind) => h('button', {type: 'button', 'aria-pressed': String(kind === this.#kind),
          onclick: () => { this.#kind = kind; this.write(); this.box.querySelector('[aria-pressed=true]')?.focus(); }}, t(`kind.${kind}`)))) : null,
        evidenceButton(this.page, title, () => this.page.study.result?.evidence)),
      h('div.lc-scroll', {}, h('table.lc-table.lc-towns', {},
        h('thead', {}, h('tr', {}, columns.map((column) => this.#heading(column)))),
        h('tbody', {}, rows.map((area) => this.#row(area, columns))))));
  }

  #heading(column) {
    const sorted = column === this.#by;
    return h(`th${column === 'name' ? '' : '.lc-number'}`, {scope: 'col', 'aria-sort': sorted ? (this.#down ? 'descending' : 'ascending') : 'none'},
      h('button', {type: 'button', 'data-sort': column, title: t(`column.${column}.long`), onclick: () => {
        this.#down = sorted ? !this.#down : column !== 'name';
        this.#by = column;
        this.write();
        this.box.querySelector(`[data-sort=${column}]`)?.focus();
      }}, t(`column.${column}`), sorted ? (this.#down ? ' ↓' : ' ↑') : ''));
  }

  #row(area, columns) {
    const {rates: {people: rate}, target} = area;
    const cells = {
      rate: () => [rate !== null && rate >= target ? h('i.lc-mark.lc-good', {title: t('met')}, '✓ ') : null, percent(rate, target)],
      gap: () => (rate === null ? '–' : points(rate - target)),
      short: () => people(area.short_people),
      change: () => change(rate - area.base?.people),
    };
    const fly = () => this.page.flyTo(area.bounds);
    return h('tr', {'data-area': area.id, onclick: fly}, columns.map((column) => (column === 'name'
      ? h('th', {scope: 'row'}, h('button.lc-row', {type: 'button', title: t('fly'), onclick: (event) => { event.stopPropagation(); fly(); }}, VALUES.name(area)))
      : h('td', {}, cells[column]()))));
  }
}
