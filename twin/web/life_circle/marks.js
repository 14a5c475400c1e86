// What this page draws over the city: the scenario's edits, the walked route, candidates, missing links, reach.

import {Marks as Base, ON_TOP} from '../analysis/marks.js';
import {rgb} from '../map/text.js';

const REACH = [[94, 201, 98], [33, 145, 140], [59, 82, 139]]; // nearest first, from the sequential scale

export class Marks extends Base {
  route = null;
  sites = [];
  points = [];
  links = [];
  link = -1;
  reach = null;

  draw() {
    const open = this.app.store.panel;
    this.app.engine.overlay('reach', this.#reach());
    const layers = [...(this.hidden ? [] : this.#edits()), ...(open === 'links' ? this.#links() : []), ...(open === 'siting' ? this.#candidates() : []), ...this.first(), ...this.#route()];
    this.app.engine.overlay('marks', layers);
  }

  #edits() {
    const places = this.places(['centre', 'facility']);
    return [
      ...this.leaving(places),
      ...this.ways(),
      ...this.dots('moved', places.moved, {color: rgb('accent'), radius: 9, text: () => '↦'}),
      ...this.dots('added', places.added, {color: (item) => (item.layer === 'centre' ? rgb('centre') : rgb('facility')), radius: 10, text: () => '+'}),
    ];
  }

  #route() {
    const item = this.route;
    if (!item) return [];
    return [
      ...(item.route?.length > 1 ? this.paths('route', [item.route], {color: rgb('accent'), width: 4.5, path: (line) => line}) : []),
      ...this.dots('goal', item.facility ? [item.facility] : [], {color: rgb('accent'), radius: 7}),
    ];
  }

  #candidates() {
    return [
      ...this.dots('points', this.points.map(([lon, lat]) => ({lon, lat})), {color: rgb('panel_solid'), ring: 'accent', radius: 6}),
      ...this.dots('sites', this.sites, {color: rgb('accent'), radius: 11, text: (item) => String(item.rank)}),
    ];
  }

  #links() {
    const shown = this.links.map((item, index) => ({...item, path: [item.from, item.to], chosen: index === this.link}));
    return [
      ...this.paths('links', shown, {color: (item) => rgb(item.chosen ? 'warn' : 'accent'), width: 5}),
      ...this.dots('links-rank', shown.map((item) => ({...item, lon: (item.from[0] + item.to[0]) / 2, lat: (item.from[1] + item.to[1]) / 2})),
        {color: (item) => rgb(item.chosen ? 'warn' : 'accent'), radius: 10, text: (item) => String(item.rank)}),
    ];
  }

  #reach() {
    const {reach} = this;
    if (!reach) return [];
    const order = [...reach.features].sort((a, b) => b.properties.minutes - a.properties.minutes);
    const steps = [...new Set(order.map((item) => item.properties.minutes))].sort((a, b) => a - b);
    const color = (item) => REACH[Math.min(REACH.length - 1, steps.indexOf(item.properties.minutes))];
    return [new window.deck.GeoJsonLayer({id: 'life-reach', data: {type: 'FeatureCollection', features: order}, stroked: true, filled: true,
      getFillColor: (item) => [...color(item), 120], getLineColor: (item) => [...color(item), 255], getLineWidth: 2 * this.app.scale(), lineWidthUnits: 'pixels', ...ON_TOP})];
  }
}

export const reachColor = (index) => `rgb(${REACH[Math.min(REACH.length - 1, index)].join(' ')})`;
