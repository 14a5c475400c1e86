// The versions of the open model: their history, what is different between two of them, and back to an earlier one.

import {refresh} from '../analysis/refresh.js';
import {moment} from '../page/figures.js';
import {fill, h, icon, select} from '../map/dom.js';
import {length, number} from '../map/format.js';
import {hasText, say} from '../map/text.js';
import {className, t} from './text.js';

const KINDS = ['added', 'changed', 'removed'];
const MOST = 200;
const NEAR_M = 0.0005;
const NEAR_DEG = 0.005;

export class VersionsPanel {
  #before = null;
  #after = null;
  #kind = '';
  #open = new Set();

  constructor(page) {
    Object.assign(this, {page, session: page.session});
    page.session.on('model', () => { if (!page.session.model) this.#before = this.#after = null; this.write(); });
    page.session.on('comparison', () => this.write());
  }

  get title() { return t('versions'); }

  render(body) {
    this.body = body;
    this.parts = Object.fromEntries(['list', 'choose', 'result'].map((name) => [name, h('div', {'data-part': name})]));
    fill(body, Object.values(this.parts));
    this.write();
  }

  write() {
    if (!this.body?.isConnected) return;
    const {model, comparison} = this.session;
    if (!model) {
      for (const part of Object.values(this.parts)) fill(part);
      fill(this.parts.list, h('p.tw-note', {}, t('open_first')));
      return;
    }
    const versions = [...model.versions].sort((a, b) => b.number - a.number);
    const older = versions.find((item) => item.number < model.version) ?? versions.find((item) => item.number !== model.version);
    this.#after ??= model.version;
    this.#before ??= older?.number ?? null;
    refresh(this.parts.list, this.#list(model, versions));
    refresh(this.parts.choose, versions.length > 1 ? this.#choose(versions, comparison) : h('p.tw-note', {}, t('versions.one')));
    refresh(this.parts.result, comparison ? this.#result(comparison) : null);
  }

  #list(model, versions) {
    return h('ol.bim-versions', {}, versions.map((item) => h('li', {'data-version': item.number, 'data-shown': String(item.number === model.version)},
      h('b', {}, t('versions.number', {n: item.number})), item.number === model.version ? h('span.bim-state', {'data-kind': 'done'}, t('versions.shown')) : null,
      h('span', {}, moment(item.at)), h('small', {title: item.file_name ?? item.name}, item.file_name ?? item.name),
      item.number === model.version ? null : h('button.tw-button', {type: 'button', 'data-key': `back-${item.number}`, onclick: () => this.page.attempt(this.#back(item.number))}, icon('undo'), t(item.number < model.version ? 'versions.back' : 'versions.forth')))));
  }

  async #back(number_) {
    if (this.session.comparison) this.end();
    this.#before = this.#after = null;
    await this.session.change({version: number_});
    this.page.app.shell.say(t('versions.now', {n: number_}));
  }

  #choose(versions, comparison) {
    const pairs = versions.map((item) => [String(item.number), t('versions.number', {n: item.number})]);
    const pick = (key, value, set) => { const box = select(t(`versions.${key}`), pairs, String(value), (chosen) => { set(Number(chosen)); this.write(); }); box.dataset.key = key; return h('label', {}, h('span', {}, t(`versions.${key}`)), box); };
    return [h('div.an-section-head.bim-gap', {}, h('h3', {}, t('versions.compare'))),
      h('div.bim-fields', {}, pick('before', this.#before, (value) => { this.#before = value; }), pick('after', this.#after, (value) => { this.#after = value; })),
      h('div.tw-buttons', {},
        h('button.tw-button.tw-primary', {type: 'button', 'data-key': 'compare', disabled: this.#before === this.#after, onclick: () => this.page.attempt(this.compare())}, t('versions.run')),
        comparison ? h('button.tw-button', {type: 'button', 'data-key': 'end', onclick: () => this.end()}, t('versions.end')) : null)];
  }

  async compare() {
    const {session} = this;
    const [before, after] = [this.#before, this.#after];
    if (after !== session.model.version) await session.change({version: after}); // what is drawn is the later one
    this.#before = before;
    this.#after = after;
    this.#kind = '';
    const comparison = await session.compare(before, after);
    await this.page.scene.compare(comparison);
    this.page.app.legend.render();
  }

  end() {
    this.session.set('comparison', null);
    this.page.scene.compare(null);
    this.page.app.legend.render();
  }

  #result(comparison) {
    const count = KINDS.reduce((sum, kind) => sum + comparison[kind].length, 0);
    if (!count) return h('p.bim-fine', {}, icon('check'), t('versions.same'));
    const shown = KINDS.filter((kind) => !this.#kind || kind === this.#kind).flatMap((kind) => comparison[kind].map((item) => ({...item, kind})));
    return [
      h('div.bim-kinds', {role: 'group', 'aria-label': t('versions.kinds')}, KINDS.map((kind) => h('button.bim-kind', {type: 'button', 'data-kind': kind, 'aria-pressed': String(this.#kind === kind), disabled: !comparison[kind].length,
        onclick: () => { this.#kind = this.#kind === kind ? '' : kind; this.write(); }}, h('b', {}, number(comparison[kind].length)), h('span', {}, t(`versions.${kind}`))))),
      comparison.matched_by && comparison.matched_by !== 'GlobalId' ? h('p.tw-note', {}, t('versions.by_place')) : null,
      (comparison.notes ?? []).map((note) => h('p.tw-note', {}, say(note))),
      h('ul.bim-changes', {}, shown.slice(0, MOST).map((item) => this.#item(item))),
      shown.length > MOST ? h('p.tw-note', {}, t('report.rest', {n: number(shown.length - MOST)})) : null,
    ];
  }

  #item(item) {
    const {session, page} = this;
    const go = () => {
      if (item.row === null || item.row === undefined) return;
      if (item.kind === 'removed') { page.scene.flyToEarlier(item.row); return; }
      session.choose(item.row);
      page.fly([item.row]);
    };
    const key = `${item.kind}:${item.key ?? item.guid}`;
    return h('li', {'data-kind': item.kind},
      h('button.an-row.bim-change', {type: 'button', onclick: () => { if (!this.#open.delete(key)) this.#open.add(key); go(); this.write(); }},
        h('i', {'aria-hidden': 'true'}, {added: '+', removed: '−', changed: '≠'}[item.kind]), h('span.an-hidden', {}, t(`versions.${item.kind}`)),
        h('b', {}, item.name || className(item.class)), h('small', {}, className(item.class), item.what?.length ? ` · ${[...new Set(item.what.map((one) => aspectOf(one)))].join('、')}` : '')),
      this.#open.has(key) && item.what?.length ? h('table.tw-table.bim-what', {}, h('tbody', {}, item.what.map((one) => h('tr', {}, h('th', {scope: 'row'}, one.name ? `${one.set ? `${one.set}.` : ''}${one.name}` : aspectOf(one)), h('td', {}, said(one))))))
        : null);
  }
}

const aspectOf = ({aspect}) => (hasText(`bim.aspect.${aspect}`) ? t(`aspect.${aspect}`) : aspect);

/** Before and after of one difference. */
function said({aspect, before, after, distance_m: distance, turn_deg: turn}) {
  if (aspect === 'geometry') return t('versions.reshaped');
  if (aspect === 'placement') return [distance >= NEAR_M ? t('versions.moved', {distance: length(distance)}) : null, turn >= NEAR_DEG ? t('versions.turned', {turn: number(turn, 2)}) : null].filter(Boolean).join(' ');
  const shown = (value) => (value === null || value === undefined || value === '' ? '–' : typeof value === 'number' ? number(value, 3) : String(value));
  return [h('del', {}, shown(before)), ' → ', h('ins', {}, shown(after))];
}
