// Section 2: every dataset that came in, with where it came from and what became of it.

import {get, offer} from '../page/api.js';
import {copy, fill, h, icon} from '../map/dom.js';
import {language, say} from '../map/text.js';
import {note} from '../page/dialog.js';
import {count, instant, moment} from '../page/figures.js';
import {undo} from './importing.js';
import {mapLink} from '../page/links.js';
import {listed, sentence} from '../page/text.js';
import {t} from './text.js';

/** The columns: key, how to sort by it, whether it is a number. */
const COLUMNS = [
  {key: 'name', by: (row) => row.name},
  {key: 'file', by: (row) => row.file_name || ''},
  {key: 'source', by: (row) => row.source || ''},
  {key: 'date', by: (row) => row.data_date || ''},
  {key: 'imported', by: (row) => instant(row.imported_at)},
  {key: 'crs', by: (row) => row.crs_found || ''},
  {key: 'rows_in', by: (row) => row.rows_in, number: true},
  {key: 'accepted', by: (row) => row.accepted, number: true},
  {key: 'rejected', by: (row) => row.rejected, number: true},
  {key: 'kind', by: (row) => Number(row.synthetic)},
  {key: 'state', by: (row) => Number(!row.shown)},
];

export class Catalogue {
  constructor(page) {
    Object.assign(this, {page, rows: [], step: null, sort: {key: 'imported', down: true}, filter: '', unfolded: new Set()});
  }

  async load() {
    const {datasets, undo: step} = await get('/api/datasets');
    Object.assign(this, {rows: datasets, step});
  }

  /** What undo would take back, in words. */
  stepName() {
    if (!this.step) return '';
    const files = new Set(this.rows.filter((row) => this.step.datasets.includes(row.id)).map((row) => row.file_name || row.name));
    return this.step.action === 'demo' ? t('undo.demo') : listed([...files]) || t('undo.step');
  }

  element() {
    const search = h('input', {type: 'search', value: this.filter, placeholder: t('catalogue.filter'), 'aria-label': t('catalogue.filter'),
      'data-test': 'filter',
      oninput: (event) => { this.filter = event.target.value; this.draw(); }});
    this.table = h('div.scroll.catalogue', {tabindex: 0, role: 'region', 'aria-label': t('catalogue.title')});
    this.total = h('span.hint', {role: 'status'});
    this.back = h('div.undo-bar');
    this.section = h('section', {id: 'catalogue', 'aria-labelledby': 'catalogue-title'},
      h('h2', {id: 'catalogue-title'}, t('catalogue.title')), h('p.lead', {}, t('catalogue.lead')), this.back,
      h('div.tools', {}, h('span.search', {}, icon('search'), search), this.total, h('span.space'),
        h('button.quiet', {type: 'button', onclick: () => this.csv()}, icon('download'), t('catalogue.csv'))),
      this.table);
    this.draw();
    return this.section;
  }

  /** The rows that match the filter, sorted. */
  visible() {
    const words = this.filter.toLowerCase().split(/\s+/).filter(Boolean);
    const text = (row) => [row.name, row.layer, this.page.layerName(row.layer), row.file_name, row.sha256, row.source, row.licence,
      row.data_date, row.crs_found,
      t(row.synthetic ? 'kind.synthetic' : 'kind.real'), t(row.shown ? 'state.shown' : 'state.replaced')].join(' ').toLowerCase();
    const {by} = COLUMNS.find((column) => column.key === this.sort.key);
    const order = new Intl.Collator(language() === 'en' ? 'en' : 'zh-CN', {numeric: true});
    const compare = (a, b) => (typeof a === 'number' ? a - b : order.compare(a, b));
    return this.rows.filter((row) => words.every((word) => text(row).includes(word)))
      .sort((a, b) => (this.sort.down ? -1 : 1) * compare(by(a), by(b)) || b.id - a.id);
  }

  /** Unfold a dataset and go to it. */
  reveal(id) {
    if (!this.rows.some((row) => row.id === id)) return;
    this.unfolded.add(id);
    this.draw();
    const fold = this.table.querySelector(`[data-fold="${id}"]`);
    fold.scrollIntoView({block: 'center'});
    fold.focus({preventScroll: true});
  }

  draw() {
    const rows = this.visible();
    this.total.textContent = t('catalogue.total', {shown: count(rows.length), all: count(this.rows.length)});
    fill(this.back, this.step ? [h('span', {}, t('undo.newest', {what: this.stepName(), when: moment(this.step.done_at)})),
      h('button.quiet', {type: 'button', 'data-test': 'undo', onclick: () => undo(this.page)}, icon('undo'),
        t('undo.button'))] : h('span.hint', {}, t('undo.none')));
    if (!this.rows.length) { fill(this.table, this.empty('catalogue.empty')); return; }
    if (!rows.length) { fill(this.table, this.empty('catalogue.no_match')); return; }
    fill(this.table, h('table.lines', {},
      h('thead', {}, h('tr', {}, h('td.fold'), COLUMNS.map((column) => this.head(column)))),
      h('tbody', {}, rows.map((row) => [this.row(row), this.unfolded.has(row.id) ? this.details(row) : null]))));
  }

  empty(key) { return h('p.empty', {}, t(key)); }

  head(column) {
    const sorted = this.sort.key === column.key;
    return h(column.number ? 'th.number' : 'th',
      {scope: 'col', 'aria-sort': sorted ? (this.sort.down ? 'descending' : 'ascending') : 'none'},
      h('button.sort', {type: 'button', 'data-sort': column.key, onclick: () => {
        this.sort = {key: column.key, down: sorted ? !this.sort.down : Boolean(column.number)};
        this.draw();
        this.table.querySelector(`[data-sort=${column.key}]`).focus();
      }}, t(`catalogue.${column.key}`)));
  }

  row(row) {
    const open = this.unfolded.has(row.id);
    const toggle = () => {
      if (!this.unfolded.delete(row.id)) this.unfolded.add(row.id);
      this.draw();
      this.table.querySelector(`[data-fold="${row.id}"]`)?.focus();
    };
    const under = (text) => h('span.under', {}, text);
    const declared = row.crs_declared && row.crs_declared !== row.crs_found;
    return h('tr', {'data-test': 'dataset', class: row.shown ? null : 'faint',
      onclick: (event) => { if (!event.target.closest('a, button') && !getSelection().toString()) toggle(); }},
      h('td.fold', {}, h('button.round.quiet',
        {type: 'button', 'data-fold': row.id, 'aria-expanded': String(open), 'aria-label': t('catalogue.details', {name: row.name}),
          onclick: toggle}, icon('down'))),
      h('td', {}, h('strong', {}, row.name), under(this.page.layerName(row.layer))),
      h('td', {}, row.file_name || '–',
        row.sha256 ? under(h('button.link.mono',
          {type: 'button', title: t('catalogue.copy', {sha: row.sha256}), 'aria-label': t('catalogue.copy', {sha: row.sha256}),
            onclick: () => this.copy(row.sha256)}, row.sha256.slice(0, 10), icon('copy'))) : null),
      h('td', {}, row.source || '–', row.licence ? under(row.licence) : null),
      h('td.date', {}, row.data_date || '–'),
      h('td.date', {}, moment(row.imported_at)),
      h('td', {}, declared ? h('span', {}, `${row.crs_declared} → `, h('strong', {}, row.crs_found || '–')) : row.crs_found || '–'),
      h('td.number', {}, count(row.rows_in)), h('td.number', {}, count(row.accepted)),
      h('td.number', {}, h('a', {href: `/api/datasets/${row.id}/faults.csv`, download: '', 'data-test': 'faults',
        'aria-label': t('catalogue.faults', {name: row.name, rows: count(row.rejected)}),
          title: t('catalogue.faults', {name: row.name, rows: count(row.rejected)})}, count(row.rejected))),
      h('td', {}, h(row.synthetic ? 'span.tag.warn' : 'span.tag.good', {}, t(row.synthetic ? 'kind.synthetic' : 'kind.real'))),
      h('td', {}, h('span.tag', {}, t(row.shown ? 'state.shown' : 'state.replaced'))));
  }

  async copy(text) { note(this.page.root, (await copy(text)) ? t('catalogue.copied') : text); }

  details(row) {
    const mapping = Object.entries(row.parameters?.mapping || {});
    const other = Object.entries(row.parameters || {}).filter(([name, value]) => name !== 'mapping' && value !== null && value !== '');
    const spec = this.page.twin.layers.find((layer) => layer.id === row.layer);
    const title = (name) => { const column = spec?.columns.find((item) => item.name === name); return column ? say(column.title) : name; };
    const shown = (value) => (typeof value === 'object' ? JSON.stringify(value) : String(value));
    return h('tr.details', {}, h('td', {colspan: COLUMNS.length + 1}, h('div.facts', {},
      h('div', {}, h('h4', {}, t('details.doctor')), h('p', {}, row.crs_report ? sentence(row.crs_report) : t('details.no_report'))),
      mapping.length ? h('div', {}, h('h4', {}, t('details.mapping')),
        h('ul', {}, mapping.map(([target, source]) => h('li', {}, `${source} → ${title(target)}`)))) : null,
      other.length ? h('div', {}, h('h4', {}, t('details.parameters')),
        h('dl', {}, other.map(([name, value]) => [h('dt', {}, name), h('dd', {}, shown(value))]))) : null,
      row.sha256 ? h('div', {}, h('h4', {}, 'SHA-256'), h('p.mono', {}, row.sha256)) : null,
      h('div.buttons', {}, row.shown ? h('a.button.quiet', {href: mapLink(this.page.twin, this.page.boxOf(row.layer), [row.layer])},
        icon('map'), t('result.map')) : null,
        h('a.button.quiet', {href: `/api/datasets/${row.id}/faults.csv`, download: ''}, icon('download'), t('result.faults'))))));
  }

  /** The catalogue as shown, for a spreadsheet; the byte-order mark lets Excel read the Chinese. */
  csv() {
    const names = ['id', 'layer', 'name', 'file_name', 'sha256', 'source', 'licence', 'data_date', 'imported_at', 'crs_declared',
      'crs_found', 'rows_in', 'accepted', 'rejected', 'synthetic', 'shown'];
    const cell = (value) => {
      const text = value === null || value === undefined ? '' : String(value);
      return `"${(/^[=+\-@\t\r]/.test(text) ? `'${text}` : text).replaceAll('"', '""')}"`;
    };
    const lines = [names.join(','), ...this.visible().map((row) => names.map((name) => cell(row[name])).join(','))];
    offer(new Blob([`\ufeff${lines.join('\r\n')}\r\n`], {type: 'text/csv'}), 'catalogue.csv');
  }
}
