// The open model and the city: the building it stands for, what of it is offered to the building layer, and the plan of a scenario.

import {refresh} from '../analysis/refresh.js';
import {get, send} from '../page/api.js';
import {nameOf as layerOf} from '../map/engine.js';
import {fill, h, icon, select} from '../map/dom.js';
import {number, quantity} from '../map/format.js';
import {pageAddress} from '../map/pages.js';
import {say} from '../map/text.js';
import {percent} from '../analysis/figures.js';
import {t} from './text.js';

export class CityPanel {
  #offer = null;
  #chosen = new Set();
  #scenarios = null;
  #scenario = new URL(location.href).searchParams.get('scn') ?? ''; // the Scenarios page names the one to edit
  #people = '';

  constructor(page) {
    Object.assign(this, {page, session: page.session});
    page.session.on('model', () => { this.#offer = null; this.write(); this.#ask(); });
  }

  get title() { return t('city'); }

  render(body) {
    this.body = body;
    this.parts = Object.fromEntries(['building', 'offer', 'scenario'].map((name) => [name, h('div', {'data-part': name})]));
    fill(body, Object.values(this.parts));
    this.write();
    this.#ask();
  }

  async #ask() {
    const {session} = this;
    const {model} = session;
    if (!this.body?.isConnected || !model) return;
    if (!this.#scenarios) {
      this.#scenarios = (await this.page.attempt(get('/api/scenarios')))?.scenarios ?? [];
      if (!this.#scenarios.some(({id}) => id === this.#scenario)) this.#scenario = '';
    }
    if (model.building && !this.#offer) {
      const offer = await this.page.attempt(get(`${session.address}/building`));
      if (session.model !== model) return;
      this.#offer = offer;
      this.#chosen = new Set((offer?.rows ?? []).filter((row) => row.differs).map((row) => row.column));
    }
    this.write();
  }

  write() {
    if (!this.body?.isConnected) return;
    const {model} = this.session;
    if (!model) {
      for (const part of Object.values(this.parts)) fill(part);
      fill(this.parts.building, h('p.tw-note', {}, t('open_first')));
      return;
    }
    refresh(this.parts.building, this.#building(model));
    refresh(this.parts.offer, model.building ? this.#offered() : null);
    refresh(this.parts.scenario, this.#plan(model));
  }

  #building(model) {
    const {page, session} = this;
    const {building} = model;
    const picking = page.tool?.name === 'link';
    const others = (model.links ?? []).filter((item) => item.fid !== building?.fid);
    return [
      h('div.an-section-head', {}, h('h3', {}, t('city.building'))),
      building ? h('div.bim-linked', {}, icon('home'), h('div', {}, h('b', {}, building.name || t('city.unnamed')), h('a', {href: `/id/${building.identifier}`}, building.identifier)),
        h('button.tw-button', {type: 'button', 'data-key': 'unlink', onclick: () => page.attempt(session.change({building: null}))}, t('city.unlink')))
        : h('p.tw-note', {}, t(model.placement ? 'city.none' : 'city.unplaced')),
      others.length ? h('ul.bim-links', {}, others.slice(0, 4).map((item) => h('li', {}, h('button.an-row', {type: 'button', 'data-key': `link-${item.fid}`, onclick: () => page.attempt(session.change({building: item.fid}))},
        h('span', {}, item.name || item.identifier), h('small', {}, t('place.overlap', {share: percent(item.overlap)})))))) : null,
      h('div.tw-buttons', {}, h('button.tw-button', {type: 'button', 'data-key': 'pick', 'aria-pressed': String(picking), onclick: () => page.take({name: 'link', use: (info) => this.#link(info)})}, icon('target'), t(picking ? 'city.pick_now' : 'city.pick'))),
    ];
  }

  async #link({x, y}) {
    const {page} = this;
    const {engine, layer} = page.app;
    const ids = engine.deck.props.layers.map((item) => item.id).filter((id) => layerOf(id) === 'building');
    const hit = engine.deck.pickObject({x, y, radius: 2, layerIds: ids});
    if (hit?.object?.id === undefined) { page.app.shell.say(t('city.miss')); return; }
    const card = await page.work(get(`/api/layers/building/rows/${layer.building.generation}/${hit.object.id}`));
    page.take(null);
    await this.session.change({building: card.fid});
  }

  #offered() {
    const offer = this.#offer;
    if (!offer) return h('p.tw-note', {}, t('loading'));
    const different = offer.rows.filter((row) => row.differs);
    return [
      h('div.an-section-head.bim-gap', {}, h('h3', {}, t('city.offer'))),
      different.length ? h('table.an-table.bim-offer', {}, h('thead', {}, h('tr', {}, h('th', {scope: 'col'}), h('th.an-number', {scope: 'col'}, t('city.before')), h('th.an-number', {scope: 'col'}, t('city.after')))),
        h('tbody', {}, different.map((row) => h('tr', {'data-column': row.column}, h('th', {scope: 'row'}, h('label.tw-check', {}, h('input', {type: 'checkbox', checked: this.#chosen.has(row.column), onchange: (event) => {
          if (event.target.checked) this.#chosen.add(row.column); else this.#chosen.delete(row.column);
          this.parts.offer.querySelector('[data-key=apply]').disabled = !this.#chosen.size;
        }}), say(row.title))), h('td', {}, this.#value(row, row.before)), h('td.bim-new', {}, this.#value(row, row.after)))))) : h('p.bim-fine', {}, icon('check'), t('city.agrees')),
      (offer.notes ?? []).map((note) => (different.length ? h('p.tw-note', {}, say(note)) : null)),
      different.length ? h('div.tw-buttons', {}, h('button.tw-button.tw-primary', {type: 'button', 'data-key': 'apply', disabled: !this.#chosen.size, onclick: () => this.page.attempt(this.#apply())}, t('city.apply'))) : null,
    ];
  }

  #value(row, value) {
    if (value === null || value === undefined || value === '') return '–';
    if (value === this.session.id) return this.session.model.name;
    const choice = this.page.app.layer.building?.columns.find((column) => column.name === row.column)?.choices?.find((item) => item.value === value);
    if (choice) return say(choice);
    return typeof value === 'number' ? quantity(value, row.unit ?? '', 1) : String(value);
  }

  async #apply() {
    await this.page.work(send('POST', `${this.session.address}/building`, {columns: [...this.#chosen]}));
    this.page.app.shell.say(t('city.applied'));
    this.#offer = null;
    await this.page.work(this.page.app.renew());
    await this.session.renew();
  }

  #plan(model) {
    const known = this.#scenarios ?? [];
    const choose = select(t('city.scenario'), [['', t('city.new')], ...known.map((item) => [item.id, item.name])], this.#scenario, (value) => { this.#scenario = value; });
    choose.dataset.key = 'scenario';
    return [
      h('div.an-section-head.bim-gap', {}, h('h3', {}, t('city.plan'))), h('p.tw-note', {}, t('city.plan.text')),
      h('div.bim-fields', {}, h('label', {}, h('span', {}, t('city.scenario')), choose),
        h('label', {}, h('span', {}, t('city.people')), h('input.tw-input', {type: 'number', min: 0, step: 1, value: this.#people, placeholder: t('city.people.none'), 'data-key': 'people', oninput: (event) => { this.#people = event.target.value; }}))),
      h('div.tw-buttons', {}, h('button.tw-button.tw-primary', {type: 'button', 'data-key': 'plan', disabled: !model.placement, onclick: () => this.page.attempt(this.#build(model))}, icon('plus'), t('city.add'))),
    ];
  }

  /** The life-circle page in a scenario, looking at the model. */
  #effect(id) {
    const {longitude, latitude} = this.page.app.engine.view;
    return `${pageAddress('life-circle')}&scn=${encodeURIComponent(id)}&panel=scenario&lon=${longitude.toFixed(5)}&lat=${latitude.toFixed(5)}&z=15.5`;
  }

  async #build(model) {
    let id = this.#scenario;
    if (!id) {
      const made = await this.page.work(send('POST', '/api/scenarios', {name: t('city.name', {name: model.name})}));
      id = made.id;
      this.#scenarios = [made, ...this.#scenarios];
      this.#scenario = id;
    }
    const people = this.#people === '' ? {} : {people: Number(this.#people)};
    await this.page.work(send('POST', `${this.session.address}/scenario`, {scenario: id, ...people}));
    this.page.app.shell.say(t('city.added', {name: this.#scenarios.find((item) => item.id === id)?.name ?? '', n: number(this.#people || 0)}), h('a', {href: this.#effect(id), 'data-key': 'effect'}, t('city.effect')));
    this.write();
  }
}
