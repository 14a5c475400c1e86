// The Indicators page: all 35 of the plan by category, each explaining itself; one of them in a drawer.
//
// Values follow the layers without a reload: the server is asked again every few seconds while the page is
// seen, and answers 304 until something has changed. The address holds what is filtered and what is open.

import {Job} from '../analysis/job.js';
import {closeEvidence} from '../evidence/card.js';
import {debounced, fill, h, icon, select} from '../map/dom.js';
import {pageAddress} from '../map/pages.js';
import {say} from '../map/text.js';
import {answer, get, offer} from '../page/api.js';
import {note} from '../page/dialog.js';
import {Frame, mounting} from '../page/frame.js';
import {told} from '../page/text.js';
import {indicatorCard} from './card.js';
import {Drawer} from './drawer.js';
import {status, STATUSES} from './figures.js';
import {t} from './text.js';

const ADDRESS = '/api/indicators';
const PAUSE_MS = 3000;
const SOON_MS = 1000; // while something is being computed
const KINDS = ['computed', 'entered', 'none'];
const NEW_MS = 4000;

class Page extends Frame {
  name = 'indicators';
  rows = [];
  filter = {status: '', kind: '', words: ''};
  #tag = '';
  #jobs = new Map();
  #cards = new Map();
  #changed = new Map();
  #timer = 0;

  constructor(root) {
    super(root);
    this.drawer = new Drawer(this);
  }

  title() { return t('title'); }

  async load() { await this.ask(); }

  /** Take over the rows; true when any of them has changed. */
  async ask() {
    const reply = await answer(ADDRESS, {cache: 'no-cache'});
    const tag = reply.headers.get('ETag');
    if (tag && tag === this.#tag) return false;
    const {indicators, counts} = await reply.json();
    const before = new Map(this.rows.map((row) => [row.no, row]));
    for (const row of indicators) {
      const old = before.get(row.no);
      if (old && (old.value !== row.value || old.as_of !== row.as_of)) this.#changed.set(row.no, performance.now());
    }
    Object.assign(this, {rows: indicators, counts});
    this.#tag = tag ?? '';
    return true;
  }

  row(no) { return this.rows.find((row) => row.no === no); }

  jobOf(no) { return this.#jobs.get(no) ?? null; }

  /** Ask the server now, and draw what is new in place. */
  async refresh() {
    const origin = this.twin.origin;
    let changed = false;
    try {
      changed = await this.ask();
      this.lost(false);
      if (changed) this.twin = await get('/api/twin');
    } catch (error) {
      this.lost(error);
    }
    if (changed) {
      this.write();
      if (this.twin.origin !== origin) this.drawBar();
    }
  }

  /** Say that the server does not answer; what is shown stays. */
  lost(error) {
    if (Boolean(error) === this.away) return;
    this.away = Boolean(error);
    if (error) note(this.root, told(error), 'bad');
  }

  #later() {
    clearTimeout(this.#timer);
    const soon = this.rows.some((row) => row.computing);
    this.#timer = setTimeout(async () => {
      if (!this.root.isConnected) return;
      if (!document.hidden) await this.refresh();
      this.#later();
    }, soon ? SOON_MS : PAUSE_MS);
  }

  async started() {
    document.addEventListener('visibilitychange', () => { if (!document.hidden) this.refresh(); });
    document.addEventListener('keydown', (event) => {
      if (event.key === 'Escape' && !this.root.querySelector('dialog[open]') && this.drawer.close()) event.preventDefault();
    });
    this.#later();
  }

  wear() {
    if (this.#tag === '') this.#readAddress();
    super.wear();
  }

  #readAddress() {
    const query = new URL(location.href).searchParams;
    const one = (name, values) => (values.includes(query.get(name)) ? query.get(name) : '');
    this.filter = {status: one('status', STATUSES), kind: one('kind', KINDS), words: query.get('q') ?? ''};
    this.asked = /^\d{1,2}$/.test(query.get('no') ?? '') ? Number(query.get('no')) : null;
  }

  #writeAddress() {
    const address = new URL(location.href);
    const put = (name, value) => { if (value) address.searchParams.set(name, value); else address.searchParams.delete(name); };
    put('status', this.filter.status);
    put('kind', this.filter.kind);
    put('q', this.filter.words);
    put('no', this.drawer.no);
    history.replaceState(history.state, '', address);
  }

  body() {
    this.head = h('div.ind-counts', {role: 'group', 'aria-label': t('counts')});
    this.list = h('div.ind-list');
    this.found = h('span.hint', {role: 'status'});
    const typed = debounced(() => this.#writeAddress(), 400);
    const search = h('input', {type: 'search', value: this.filter.words, placeholder: t('search'), 'aria-label': t('search'), 'data-test': 'search',
      oninput: (event) => { this.filter.words = event.target.value; this.write(); typed(); }});
    return h('div.ind-page', {}, h('main', {},
      h('section', {id: 'indicators', 'aria-labelledby': 'indicators-title'},
        h('div.ind-top', {}, h('div', {}, h('h2', {id: 'indicators-title'}, t('heading')), h('p.lead', {}, t('lead'))), this.head),
        h('div.tools', {}, h('span.search', {}, icon('search'), search),
          select(t('kind'), [['', t('kind.all')], ...KINDS.map((kind) => [kind, t(`kind.${kind}`)])], this.filter.kind, (value) => { this.filter.kind = value; this.#filtered(); }),
          this.found, h('span.space'), h('button.quiet', {type: 'button', 'data-test': 'csv', onclick: () => this.csv()}, icon('download'), t('csv'))),
        this.list,
        h('p.ind-foot', {}, t('foot'), ' ', h('a', {href: pageAddress('conformance')}, t('foot.conformance'))))),
    this.drawer.element);
  }

  drawn() {
    this.#cards.clear();
    this.write();
    const no = this.drawer.no ?? this.asked;
    this.asked = null;
    if (no && this.row(no)) { this.drawer.parts = null; this.open(no); }
  }

  #filtered() { this.write(); this.#writeAddress(); }

  visible() {
    const {status: wanted, kind, words} = this.filter;
    const parts = words.toLowerCase().split(/\s+/).filter(Boolean);
    const text = (row) => [row.no, row.name.zh, row.name.en, row.category.zh, row.category.en].join(' ').toLowerCase();
    return this.rows.filter((row) => (!wanted || row.status === wanted) && (!kind || row.basis === kind)
      && parts.every((part) => (/^\d+$/.test(part) ? String(row.no) === part || text(row).includes(` ${part}`) : text(row).includes(part))));
  }

  /** Counts and cards; a card is made anew only where its row, or its job, has changed. */
  write() {
    fill(this.head,
      h('div.ind-share', {'aria-hidden': 'true'}, STATUSES.map((name) => (this.counts[name] ? h('i', {'data-status': name, style: `flex:${this.counts[name]}`}) : null))),
      STATUSES.map((name) => h('button.ind-count', {type: 'button', 'data-count': name, 'aria-pressed': String(this.filter.status === name),
        onclick: () => { this.filter.status = this.filter.status === name ? '' : name; this.#filtered(); this.head.querySelector(`[data-count=${name}]`).focus(); }},
      h('b', {}, String(this.counts[name])), status(name))));
    const rows = this.visible();
    this.found.textContent = rows.length === this.rows.length ? t('found.all', {n: rows.length}) : t('found', {n: rows.length, all: this.rows.length});
    const categories = [...new Set(this.rows.map((row) => row.category.zh))];
    const wanted = new Set(rows.map((row) => row.no));
    for (const row of rows) this.#card(row);
    const sections = categories.map((category) => {
      const own = rows.filter((row) => row.category.zh === category);
      if (!own.length) return null;
      const all = this.rows.filter((row) => row.category.zh === category);
      const met = all.filter((row) => row.status === 'met').length;
      return h('section.ind-category', {'data-category': category},
        h('h3', {}, say(own[0].category), h('small', {}, t('category', {met, all: all.length}))),
        h('div.ind-grid', {}, own.map((row) => this.#cards.get(row.no).element)));
    });
    const focus = document.activeElement;
    fill(this.list, sections, rows.length ? null : h('p.empty', {}, t('no_match'), ' ',
      h('button.link', {type: 'button', onclick: () => { this.filter = {status: '', kind: '', words: ''}; this.draw(); this.#writeAddress(); }}, t('all'))));
    if (focus?.isConnected && focus !== document.activeElement && focus !== document.body) focus.focus({preventScroll: true});
    for (const no of this.#cards.keys()) if (!wanted.has(no)) this.#cards.delete(no);
    this.drawer.write();
  }

  #card(row) {
    const job = this.jobOf(row.no);
    const key = JSON.stringify([row, job?.running ?? false]);
    const known = this.#cards.get(row.no);
    if (known?.key === key) return;
    const element = indicatorCard(this, row);
    if (performance.now() - (this.#changed.get(row.no) ?? -NEW_MS) < NEW_MS) {
      element.dataset.new = '';
      setTimeout(() => { delete element.dataset.new; }, NEW_MS);
    }
    this.#cards.set(row.no, {key, element});
  }

  /** Open the drawer of an indicator. */
  open(no, field = '') {
    closeEvidence(false);
    this.root.dataset.drawer = '';
    this.drawer.open(no, field);
    this.#mark();
  }

  /** After the drawer was closed. */
  closed() {
    delete this.root.dataset.drawer;
    this.#mark();
  }

  #mark() {
    for (const [no, {element}] of this.#cards) element.toggleAttribute('data-open-now', no === this.drawer.no);
    this.#writeAddress();
  }

  /** The indicator before or after the open one, of those that are shown. */
  step(by) {
    const shown = this.visible().map((row) => row.no);
    const at = shown.indexOf(this.drawer.no);
    if (!shown.length) return;
    this.open(shown[(at + by + shown.length) % shown.length]);
    this.drawer.element.querySelector(`[data-step="${by}"]`).focus();
  }

  /** Have the server compute what takes long, and follow it. */
  async compute(no) {
    if (this.jobOf(no)?.running) return;
    const job = new Job(`${ADDRESS}/${no}/compute`, () => this.write());
    this.#jobs.set(no, job);
    if (this.drawer.no !== no) this.open(no);
    await job.run({});
    await this.refresh();
    this.drawer.ask();
  }

  /** The rows as shown, for a spreadsheet; the byte-order mark lets Excel read the Chinese. */
  csv() {
    const cell = (value) => {
      const text = value === null || value === undefined ? '' : String(value);
      return `"${(/^[=+\-@\t\r]/.test(text) ? `'${text}` : text).replaceAll('"', '""')}"`;
    };
    const names = ['no', 'category', 'name', 'value', 'unit', 'target', 'status', 'as_of', 'basis', 'origin', 'source'];
    const lines = this.visible().map((row) => [row.no, say(row.category), say(row.name), row.value, row.unit, say(row.target_text), t(`status.${row.status}`), row.as_of,
      t(`kind.${row.basis}`), row.origin ? t(`origin.${row.origin}`) : '', [...new Set(row.evidence.datasets.map((item) => item.source).filter(Boolean))].join('; ')].map(cell).join(','));
    offer(new Blob([`\ufeff${[names.map((name) => cell(t(`csv.${name}`))).join(','), ...lines].join('\r\n')}\r\n`], {type: 'text/csv'}), 'indicators.csv');
  }

}

export const mount = mounting(Page, ['indicators/page.css']);
