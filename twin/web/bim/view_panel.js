// How the open model is looked at: storeys, exploded or alone, cut at a height, below the ground, its spaces, its colours.

import {refresh} from '../analysis/refresh.js';
import {fill, h, icon, select, toggle} from '../map/dom.js';
import {number} from '../map/format.js';
import {nameOf} from './colours.js';
import {t} from './text.js';

const PLAN_M = 1.2; // above the floor, where plans are cut
const USUAL = ['class', 'storey', 'use', 'area_m2', 'material', 'method'];
const MOST_EXPLODED = 2;
const MOST_PROPERTIES = 80; // listed at once

export class ViewPanel {
  spaces = false;
  xray = false;
  storey = null; // the one that alone is shown
  top = null; // the highest that is shown, null: all
  #only = null; // (row) => whether it alone is shown
  #hidden = new Set();
  #picking = false; // whether the list of properties is open

  constructor(page) {
    Object.assign(this, {page, session: page.session});
    page.session.on('model', () => { if (!page.session.model) this.reset(); });
    for (const topic of ['building', 'comparison']) page.session.on(topic, () => this.write());
  }

  get title() { return t('view'); }

  reset() { Object.assign(this, {spaces: false, xray: false, storey: null, top: null}); this.#only = null; this.#hidden.clear(); this.#picking = false; this.page.colours.reset(); }

  render(body) {
    this.body = body;
    this.parts = Object.fromEntries(['storeys', 'levels', 'colours', 'spaces', 'hidden'].map((name) => [name, h('div', {'data-part': name})]));
    fill(body, Object.values(this.parts));
    this.written = null;
    this.write();
  }

  write() {
    if (!this.body?.isConnected) return;
    const {building} = this.session;
    if (!building?.chunks) {
      this.written = null;
      for (const part of Object.values(this.parts)) fill(part);
      fill(this.parts.storeys, h('p.tw-note', {}, t(this.session.model && !this.session.failure ? 'loading' : 'open_first')));
      return;
    }
    // The sliders stay while one of them is dragged.
    if (this.written !== building) { this.written = building; fill(this.parts.levels, this.#levels()); }
    refresh(this.parts.storeys, this.#storeys());
    refresh(this.parts.colours, this.#colours());
    refresh(this.parts.spaces, this.#spaces());
    refresh(this.parts.hidden, this.#hidden.size || this.#only ? h('button.tw-link', {type: 'button', 'data-key': 'all', onclick: () => this.everything()}, t('view.everything')) : null);
  }

  #storeys() {
    const {building} = this.session;
    const {storeys} = building;
    const ground = building.model.ground_m ?? 0;
    return [
      h('div.an-section-head', {}, h('h3', {}, t('view.storeys')), h('span.tw-count', {}, t('list.storeys', {n: storeys.length})),
        this.storey !== null || this.top !== null ? h('button.tw-link.bim-right', {type: 'button', 'data-key': 'all-storeys', onclick: () => this.show(null)}, t('view.all_storeys')) : null),
      storeys.length ? h('ol.bim-storeys', {}, [...storeys].reverse().map((storey) => {
        const shown = this.storey !== null ? this.storey === storey.index : this.top === null || storey.index <= this.top;
        const below = storey.elevation_m < ground - 0.5;
        return h('li', {}, h('button.bim-storey', {type: 'button', 'data-storey': storey.index, 'aria-pressed': String(this.storey === storey.index), 'data-shown': String(shown), 'data-below': String(below),
          title: storey.long_name || storey.name, onclick: () => this.show(this.storey === storey.index ? null : storey.index)},
        h('b', {}, storey.name || storey.long_name || t('view.storey', {n: storey.index + 1})), below ? h('small.bim-below', {}, t('view.below')) : null,
        h('span', {}, elevation(storey.elevation_m)), h('span', {}, t('view.elements', {n: number(storey.elements)}))));
      })) : h('p.tw-note', {}, t('view.no_storeys')),
    ];
  }

  #levels() {
    const {building} = this.session;
    const {storeys} = building;
    const {scene} = this.page;
    const extent = building.boxOf() ?? building.extent ?? [0, 0, 0, 1, 1, 1];
    const slide = (key, title, attributes, work, text) => {
      const output = h('output', {});
      const input = h('input', {type: 'range', 'data-key': key, 'aria-label': title, ...attributes, oninput: (event) => work(Number(event.target.value))});
      const tell = () => { output.textContent = text(Number(input.value)); };
      input.addEventListener('input', tell);
      tell();
      return h('label.bim-slide', {}, h('span', {}, title), output, input);
    };
    const [low, high] = [Math.floor(extent[2] * 10) / 10, Math.ceil(extent[5] * 10) / 10];
    const plus = building.origin[2]; // as the model's own heights are written
    this.cut = slide('section', t('view.section'), {min: low, max: high, step: 0.1, value: building.section ?? high},
      (value) => scene.set({section: value >= high ? null : value}, true), (value) => (value >= high ? t('view.uncut') : elevation(value + plus)));
    return [
      storeys.length > 1 ? slide('explode', t('view.explode'), {min: 0, max: MOST_EXPLODED, step: 0.02, value: building.explode}, (value) => scene.explode(value), (value) => (value ? `${number(value * 4, 1)}\u2009m` : t('view.together'))) : null,
      storeys.length > 1 ? slide('top', t('view.top'), {min: 0, max: storeys.length - 1, step: 1, value: this.top ?? storeys.length - 1},
        (value) => this.peel(value >= storeys.length - 1 ? null : value), (value) => storeys[value]?.name || storeys[value]?.long_name || String(value + 1)) : null,
      this.cut,
      h('div.bim-switches', {}, h('label.tw-row', {}, h('span', {}, t('view.plan')), this.planSwitch = toggle(t('view.plan'), false, (on) => this.plan(on), {'data-key': 'plan'})),
        h('label.tw-row', {}, h('span', {}, t('view.underground')), this.groundSwitch = toggle(t('view.underground'), building.underground, (on) => scene.set({underground: on}, true), {'data-key': 'underground'}))),
    ];
  }

  #colours() {
    const {colours} = this.page;
    const choices = [['', t('by.own')], ...USUAL.map((by) => [by, nameOf(by)]), ...(colours.by && !USUAL.includes(colours.by) ? [[colours.by, nameOf(colours.by)]] : []), ['…', t('by.property')]];
    const choose = select(t('colour.by'), choices, colours.by, (value) => {
      if (value === '…') { this.#picking = true; this.write(); this.#properties(); } else { this.#picking = false; this.page.attempt(colours.choose(value)); }
    });
    choose.dataset.key = 'by';
    return [h('div.an-section-head.bim-gap', {}, h('h3', {}, t('colour'))), choose, this.#picking ? h('div.bim-properties', {}, this.list ?? h('p.tw-note', {}, t('loading'))) : null];
  }

  async #properties() {
    const named = (await this.page.attempt(this.session.named()))?.filter(({set}) => set);
    if (!named || !this.#picking) return;
    const results = h('ul.bim-property-list', {});
    const show = (wanted) => fill(results, named.filter(({by}) => by.toLowerCase().includes(wanted.toLowerCase())).slice(0, MOST_PROPERTIES).map((item) => h('li', {}, h('button', {type: 'button', 'data-property': item.by,
      onclick: () => { this.#picking = false; this.page.attempt(this.page.colours.choose(item.by)); }}, h('b', {}, item.name), h('small', {}, item.set), h('span', {}, number(item.count))))));
    show('');
    this.list = h('div', {}, h('div.tw-search', {}, icon('search'), h('input.tw-input', {type: 'search', placeholder: t('by.search', {n: named.length}), 'aria-label': t('by.search', {n: named.length}), oninput: (event) => show(event.target.value)})), results);
    this.write();
    this.body.querySelector('.bim-properties input')?.focus();
  }

  #spaces() {
    const row = (key, on, change) => h('label.tw-row', {}, h('span', {}, t(`view.${key}`)), toggle(t(`view.${key}`), on, change, {'data-key': key}));
    return h('div.bim-switches', {}, row('spaces', this.spaces, (on) => { this.spaces = on; this.page.colours.apply(); }), row('xray', this.xray, (on) => { this.xray = on; this.page.colours.apply(); }));
  }

  /** Show one storey alone, hinting at the others; null shows all. */
  show(index) {
    const {building} = this.session;
    Object.assign(this, {storey: index, top: null});
    const storey = building.storeys[index];
    const below = storey && storey.elevation_m < (building.model.ground_m ?? 0) - 0.5;
    if (below && !building.underground) { building.underground = true; if (this.groundSwitch) this.groundSwitch.checked = true; }
    this.page.scene.set({isolated: index === null ? null : new Set([index]), ghosts: true}, true);
    if (this.planSwitch?.checked) this.plan(index !== null);
    this.#reset('top');
    this.write();
    this.body?.querySelector('.bim-storey[aria-pressed=true]')?.scrollIntoView({block: 'nearest'});
  }

  /** Take off the storeys above one; null puts all on again. */
  peel(top) {
    Object.assign(this, {storey: null, top});
    this.page.scene.set({isolated: top === null ? null : new Set(Array.from({length: top + 1}, (_, index) => index)), ghosts: false}, true);
    this.write();
  }

  /** Cut the shown storey where plans are cut. */
  plan(on) {
    const {building} = this.session;
    const storey = building.storeys[this.storey ?? this.top ?? this.#groundStorey()];
    if (this.planSwitch) this.planSwitch.checked = Boolean(on && storey);
    const height = on && storey ? storey.elevation_m - building.origin[2] + PLAN_M : null;
    this.page.scene.set({section: height}, true);
    const input = this.cut?.querySelector('input');
    if (input) { input.value = height ?? input.max; this.cut.querySelector('output').textContent = height === null ? t('view.uncut') : elevation(height + building.origin[2]); }
  }

  #groundStorey() {
    const {building} = this.session;
    const ground = building.model.ground_m ?? 0;
    return building.storeys.findIndex((storey) => storey.elevation_m >= ground - 0.5);
  }

  #reset(key) {
    const input = this.body?.isConnected && this.parts.levels.querySelector(`[data-key=${key}]`);
    if (input) { input.value = input.max; input.dispatchEvent(new Event('change')); input.parentElement.querySelector('output').textContent = this.session.building.storeys.at(-1)?.name ?? ''; }
  }

  /** Which rows are not shown, as a question; null: none is hidden. */
  hides() {
    const [only, hidden] = [this.#only, new Set(this.#hidden)];
    return only || hidden.size ? (row) => hidden.has(row) || Boolean(only && !only(row)) : null;
  }

  hide(row) { this.#hidden.add(row); this.page.colours.apply(); }

  /** Show only rows that answer true. */
  only(test) { this.#only = test; this.page.colours.apply(); }

  everything() { this.#only = null; this.#hidden.clear(); this.page.colours.apply(); }
}

/** A height as drawings write it: ±0.000, +3.600, −1.200. */
export function elevation(metres) {
  const value = Math.abs(metres) < 0.0005 ? 0 : metres;
  return `${value > 0 ? '+' : value < 0 ? '−' : '±'}${Math.abs(value).toFixed(Math.abs(value * 1000) % 10 >= 0.5 && Math.abs(value * 1000) % 10 < 9.5 ? 3 : 2)}`;
}

