// Reach: how far one gets from a place in 5, 10 and 15 minutes, and how many live within a distance of any layer.

import {nameOf} from '../analysis/areas.js';
import {evidenceButton} from '../evidence/card.js';
import {bar, percent} from '../analysis/figures.js';
import {refresh} from '../analysis/refresh.js';
import {get} from '../page/api.js';
import {h, icon, select} from '../map/dom.js';
import {say} from '../map/text.js';
import {reachColor} from './marks.js';
import {sentence, t} from './text.js';

const MINUTES = [5, 10, 15];

export class ReachPanel {
  #from = null; // {layer, fid, name} or {lon, lat}
  #radius = {layer: '', distance: 300};
  #answer = null;
  #failure = null;
  #asked = 0;

  constructor(page) {
    this.page = page;
    page.study.on('options', () => this.write());
  }

  get title() { return t('reach'); }

  render(body) { this.body = body; this.write(); }

  write() {
    if (!this.body?.isConnected) return;
    refresh(this.body, this.#isochrones(), this.#service());
  }

  #isochrones() {
    const {tools, marks} = this.page;
    const picking = tools.tool?.name === 'origin';
    return h('section.an-section.an-first', {}, h('h3', {}, t('isochrones')), h('p.tw-note', {}, t('isochrones.lead')),
      h('div.tw-buttons', {},
        h('button.tw-button', {type: 'button', 'data-key': 'pick', 'aria-pressed': String(picking), onclick: () => this.#pick()}, icon('target'), t('isochrones.pick')),
        picking ? h('button.tw-link', {type: 'button', 'data-key': 'here', onclick: () => tools.here()}, t('tool.here')) : null,
        marks.reach ? h('button.tw-button', {type: 'button', 'data-key': 'clear', onclick: () => { marks.reach = null; this.#from = null; marks.draw(); this.write(); }}, icon('close'), t('isochrones.clear')) : null),
      marks.reach ? [h('p', {}, this.#from?.name || t('isochrones.place')), h('ul.lc-steps', {}, MINUTES.map((minutes, index) => h('li', {}, h('i.tw-swatch', {style: `background:${reachColor(index)}`}), t('isochrones.within', {minutes}))))] : null);
  }

  #pick() {
    const {tools} = this.page;
    tools.take({name: 'origin', cursor: 'crosshair', pick: ['centre'], anywhere: true, use: ([lon, lat], centre) => this.show(centre ?? {lon, lat})});
    this.write();
  }

  /** Draw what is reached from a place, or from an object {layer, fid, name}. */
  async show(from) {
    const {page} = this;
    const place = from.fid ? {layer: from.layer, fid: from.fid} : {lon: from.lon.toFixed(6), lat: from.lat.toFixed(6)};
    const query = new URLSearchParams({...place, minutes: MINUTES.join(','), group: page.study.group, scenario: page.study.scenario});
    const found = await page.study.work(get(`/api/life-circle/isochrones?${query}`));
    this.#from = from;
    page.marks.reach = found;
    page.marks.draw();
    this.write();
  }

  #service() {
    const {app, study} = this.page;
    const radius = this.#radius;
    const layers = app.twin.layers.filter((layer) => layer.rows && (layer.geometry === 'point' || layer.id === 'green'));
    if (!layers.length) return h('section.an-section', {}, h('h3', {}, t('radius')), h('p.tw-note', {}, t('radius.none')));
    if (!layers.some((layer) => layer.id === radius.layer)) radius.layer = (layers.find((layer) => layer.id === 'parcel_locker') ?? layers[0]).id;
    const choose = select(t('radius.layer'), layers.map((layer) => [layer.id, say(layer.title)]), radius.layer, (value) => { radius.layer = value; });
    choose.dataset.key = 'layer';
    return h('section.an-section', {'data-section': 'radius'}, h('h3', {}, t('radius')), h('p.tw-note', {}, t('radius.lead')),
      h('label.tw-field', {}, h('span', {}, t('radius.layer')), choose),
      h('label.tw-field', {}, h('span', {}, t('radius.distance')), h('input.tw-input', {type: 'number', min: '10', max: '20000', step: '10', value: radius.distance, 'data-key': 'distance',
        oninput: (event) => { radius.distance = Number(event.target.value); }})),
      h('div.tw-buttons', {}, h('button.tw-button.tw-primary', {type: 'button', 'data-action': 'radius', 'data-key': 'run', disabled: !study.options, onclick: () => this.#ask()}, t('radius.run'))),
      this.#failure ? h('p.an-failure', {role: 'alert'}, sentence(this.#failure)) : null,
      this.#answer ? this.#table(this.#answer) : null);
  }

  async #ask() {
    const {study} = this.page;
    const asked = this.#asked += 1;
    const query = new URLSearchParams({layer: this.#radius.layer, distance_m: this.#radius.distance, group: study.group});
    try {
      const answer = await study.work(get(`/api/service-radius?${query}`));
      if (asked !== this.#asked) return;
      this.#answer = {...answer, layer: this.#radius.layer, distance: this.#radius.distance};
      this.#failure = null;
    } catch (error) {
      if (asked !== this.#asked) return;
      this.#answer = null;
      this.#failure = error;
    }
    this.write();
  }

  #table(answer) {
    const title = t('radius.title', {layer: say(this.page.app.layer[answer.layer].title), distance: answer.distance});
    const areas = answer.areas.filter((area) => area.kind !== 'pilot_area');
    return h('section.an-section', {}, h('div.an-section-head', {}, h('h3', {}, title), evidenceButton(this.page.app.host, title, () => answer.evidence)),
      h('table.an-table', {}, h('thead', {}, h('tr', {}, ['name', 'straight', 'network'].map((name, index) => h(`th${index ? '.an-number' : ''}`, {scope: 'col', title: t(`column.${name}.long`)}, t(`column.${name}`))))),
        h('tbody', {}, areas.map((area) => h('tr', {'data-area': area.id}, h('th', {scope: 'row'}, nameOf(area), area.kind === 'town' ? null : bar(area.network.people ?? 0, area.target ?? 1)),
          h('td', {}, percent(area.straight.people)), h('td', {}, percent(area.network.people)))))));
  }
}
