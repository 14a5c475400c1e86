// Pairs of points, one on the model and one on the map, from which a place is computed.

import {send} from '../page/api.js';
import {h, icon} from '../map/dom.js';
import {length, number} from '../map/format.js';
import {t} from './text.js';

export class ControlPoints {
  pairs = [];
  half = null; // the point on the model that still lacks its point on the map
  residuals = null;

  constructor(page) {
    Object.assign(this, {page, session: page.session});
    page.session.on('model', () => { if (!page.session.model) this.clear(); });
  }

  clear() { Object.assign(this, {pairs: [], half: null, residuals: null}); }

  element() {
    const {page} = this;
    const picking = page.tool?.name === 'points';
    return h('div.bim-points', {},
      h('p.tw-note', {}, t('points.text')),
      this.pairs.length ? h('table.an-table', {}, h('thead', {}, h('tr', {}, h('th', {scope: 'col'}, '#'), h('th.an-number', {scope: 'col'}, t('points.model')), h('th.an-number', {scope: 'col'}, t('points.residual')), h('th', {}))),
        h('tbody', {}, this.pairs.map((pair, index) => h('tr', {}, h('td', {}, String(index + 1)), h('td', {}, `${number(pair.x_m, 2)}, ${number(pair.y_m, 2)}`),
          h('td', {}, this.residuals ? length(this.residuals[index]) : '–'), h('td', {}, h('button.tw-quiet', {type: 'button', 'aria-label': t('points.drop', {n: index + 1}), onclick: () => this.#drop(index)}, icon('close'))))))) : null,
      h('div.tw-buttons', {},
        h('button.tw-button', {type: 'button', 'data-key': 'point', 'aria-pressed': String(picking), onclick: () => this.#pick()}, icon('plus'), t(picking ? this.half ? 'points.on_map' : 'points.on_model' : 'points.add')),
        this.pairs.length > 1 ? h('button.tw-button.tw-primary', {type: 'button', 'data-key': 'fit', onclick: () => page.attempt(this.fit())}, t('points.fit')) : null));
  }

  #pick() { this.page.take({name: 'points', use: (info) => this.#use(info)}); }

  #drop(index) {
    this.pairs.splice(index, 1);
    this.residuals = null;
    this.page.own.place.write();
    this.page.marks.draw();
  }

  /** The first click is on the model, the second on the map. */
  #use({x, y}) {
    const {page} = this;
    const {engine} = page.app;
    if (!this.half) {
      const hit = engine.deck.pickObject({x, y, radius: 2, unproject3D: true});
      const {building} = this.session;
      if (hit?.object?.building !== building || hit.coordinate?.length < 2) { page.app.shell.say(t('points.miss')); return; }
      const [left, top] = building.anchor.fromLonLat(hit.coordinate);
      this.half = {x_m: left + building.origin[0], y_m: top + building.origin[1]};
      page.app.shell.say(t('points.on_map'));
    } else {
      const [lon, lat] = engine.unproject(x, y);
      this.pairs.push({...this.half, lon, lat});
      this.half = null;
      this.residuals = null;
      page.take(null);
    }
    page.own.place.write();
    page.marks.draw();
  }

  async fit() {
    const found = await this.page.work(send('POST', `${this.session.address}/control-points`, {points: this.pairs}));
    this.residuals = found.residuals_m;
    const {height_m} = this.session.building.placement ?? found.placement; // the points are of the plan and say nothing of the height
    this.session.try({...found.placement, height_m});
    this.page.own.place.write();
  }
}
