// Towns or pilot areas side by side: a table that sorts, and flies to a row's place.

import {fill, h} from '../map/dom.js';
import {language} from '../map/text.js';
import {nameOf} from './areas.js';
import {evidenceButton} from '../evidence/card.js';
import {change, people, percent, points} from './figures.js';
import {t} from './text.js';

const KINDS = ['town', 'pilot_area'];

/** What a column sorts by, what it writes, and whether it is shown at all. */
const COLUMNS = {
  name: {value: nameOf},
  rate: {value: ({rates}) => rates.people ?? -1, cell: ({rates: {people: rate}, target}) => [rate !== null && target !== null && rate >= target ? h('i.an-mark.an-good', {title: t('met')}, '✓ ') : null, percent(rate, target)]},
  gap: {
    value: ({rates, target}) => (rates.people === null ? -1 : rates.people - (target ?? 0)),
    cell: ({rates: {people: rate}, target}) => (rate === null ? '–' : points(rate - target)),
    shown: (rows) => rows.some((area) => area.target !== null),
  },
  short: {value: (area) => area.short_people, cell: (area) => people(area.short_people)},
  level: {value: (area) => area.mean_rsrp_dbm ?? -999, cell: (area) => (area.mean_rsrp_dbm === null ? '–' : area.mean_rsrp_dbm.toFixed(1).replace('-', '−'))},
  change: {
    value: (area) => (area.base ? area.rates.people - area.base.people : 0),
    cell: (area) => change(area.rates.people - area.base?.people),
    shown: (rows) => rows.some((area) => area.base),
  },
};

export class TownTable {
  #kind = 'town';
  #by;
  #down = true;

  /** @param columns names of COLUMNS after that of the area; @param by the column that sorts at first */
  constructor(page, columns, by) {
    Object.assign(this, {page, columns: ['name', ...columns]});
    this.#by = by;
  }

  element(result) {
    this.box = h('section.an-section', {'data-section': 'towns'});
    this.result = result;
    this.write();
    return this.box;
  }

  write() {
    const {result} = this;
    const kinds = KINDS.filter((kind) => result.areas.some((area) => area.kind === kind));
    this.box.hidden = !kinds.length; // an imported extract may hold neither towns nor pilot areas
    if (!kinds.includes(this.#kind)) this.#kind = kinds[0] ?? 'town';
    const rows = result.areas.filter((area) => area.kind === this.#kind);
    const {value} = COLUMNS[this.#by];
    const order = (a, b) => (typeof a === 'string' ? a.localeCompare(b, language()) : a - b);
    rows.sort((a, b) => order(value(a), value(b)) * (this.#down ? -1 : 1));
    const columns = this.columns.filter((name) => COLUMNS[name].shown?.(rows) ?? true);
    const title = this.page.text('section.towns');
    fill(this.box,
      h('div.an-section-head', {}, h('h3', {}, title),
        kinds.length > 1 ? h('div.an-tabs', {role: 'group', 'aria-label': title}, kinds.map((kind) => h('button', {type: 'button', 'aria-pressed': String(kind === this.#kind),
          onclick: () => { this.#kind = kind; this.write(); this.box.querySelector('[aria-pressed=true]')?.focus(); }}, t(`kind.${kind}`)))) : null,
        evidenceButton(this.page.app.host, title, () => this.page.study.result?.evidence)),
      h('div.an-scroll', {}, h('table.an-table.an-towns', {},
        h('thead', {}, h('tr', {}, columns.map((column) => this.#heading(column)))),
        h('tbody', {}, rows.map((area) => this.#row(area, columns))))));
  }

  #heading(column) {
    const sorted = column === this.#by;
    return h(`th${column === 'name' ? '' : '.an-number'}`, {scope: 'col', 'aria-sort': sorted ? (this.#down ? 'descending' : 'ascending') : 'none'},
      h('button', {type: 'button', 'data-sort': column, title: this.page.text(`column.${column}.long`), onclick: () => {
        this.#down = sorted ? !this.#down : column !== 'name';
        this.#by = column;
        this.write();
        this.box.querySelector(`[data-sort=${column}]`)?.focus();
      }}, this.page.text(`column.${column}`), sorted ? (this.#down ? ' ↓' : ' ↑') : ''));
  }

  #row(area, columns) {
    const fly = () => this.page.flyTo(area.bounds);
    return h('tr', {'data-area': area.id, onclick: fly}, columns.map((column) => (column === 'name'
      ? h('th', {scope: 'row'}, h('button.an-row', {type: 'button', title: t('fly'), onclick: (event) => { event.stopPropagation(); fly(); }}, nameOf(area)))
      : h('td', {}, COLUMNS[column].cell(area)))));
  }
}
