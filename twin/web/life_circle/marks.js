// What is drawn over the city: the scenario's edits, the walked route, candidates, missing links, reach.

import {rgb, tokens} from '../map/text.js';

const ON_TOP = {parameters: {depthCompare: 'always', depthWriteEnabled: false}, shadowEnabled: false, pickable: false};
const REACH = [[94, 201, 98], [33, 145, 140], [59, 82, 139]]; // nearest first, from the sequential scale

export class Marks {
  #objects = new Map();

  constructor(page) {
    Object.assign(this, {page, app: page.app, route: null, sites: [], points: [], links: [], link: -1, reach: null, hidden: false});
  }

  /** Objects that the scenario put somewhere, where they stand now: {layer, fid, lon, lat, edit}; `fid` of an added one is below 0. */
  get placed() {
    const placed = new Map();
    for (const edit of this.page.scenarios.current?.edits ?? []) {
      const {kind, layer} = edit;
      if (kind === 'add') placed.set(`${layer}:${-edit.id}`, {layer, fid: -edit.id, lon: edit.lon, lat: edit.lat, edit});
      else if (kind === 'move') placed.set(`${layer}:${edit.fid}`, {edit, ...placed.get(`${layer}:${edit.fid}`), layer, fid: edit.fid, lon: edit.lon, lat: edit.lat});
      else if (kind === 'remove') placed.delete(`${layer}:${edit.fid}`);
    }
    return [...placed.values()];
  }

  /** The name of an object that an edit names, once it is known. */
  name(layer, fid) { return this.#object(layer, fid)?.name ?? ''; }

  #object(layer, fid) {
    if (fid < 0) return null;
    const key = `${layer}:${fid}`;
    if (!this.#objects.has(key)) {
      this.#objects.set(key, null);
      this.page.scenarios.object(layer, fid).then((card) => {
        this.#objects.set(key, card);
        this.page.scenarios.tell('list');
      }).catch((error) => console.warn(error));
    }
    return this.#objects.get(key);
  }

  draw() {
    const open = this.app.store.panel;
    this.app.engine.overlay('reach', this.#reach());
    const layers = [...(this.hidden ? [] : this.#edits()), ...(open === 'links' ? this.#links() : []), ...(open === 'siting' ? this.#candidates() : []), ...this.#first(), ...this.#route()];
    this.app.engine.overlay('marks', layers);
  }

  #dots(id, data, {color, radius = 8, ring = 'panel_solid', text = null, textColor = 'panel_solid'}) {
    const D = window.deck;
    const scale = this.app.scale();
    if (!data.length) return [];
    return [
      new D.ScatterplotLayer({id: `life-${id}`, data, getPosition: (item) => [item.lon, item.lat], getFillColor: color, getRadius: radius * scale, radiusUnits: 'pixels',
        stroked: true, getLineColor: rgb(ring), getLineWidth: 2 * scale, lineWidthUnits: 'pixels', billboard: true, ...ON_TOP}),
      text ? new D.TextLayer({id: `life-${id}-text`, data, getPosition: (item) => [item.lon, item.lat], getText: text, getSize: 13 * scale, getColor: rgb(textColor),
        fontFamily: tokens().font, fontWeight: 700, characterSet: 'auto', ...ON_TOP}) : null,
    ].filter(Boolean);
  }

  #paths(id, data, {color, width = 4, path = (item) => item.path}) {
    const scale = this.app.scale();
    if (!data.length) return [];
    const common = {data, getPath: path, widthUnits: 'pixels', capRounded: true, jointRounded: true, ...ON_TOP};
    return [
      new window.deck.PathLayer({...common, id: `life-${id}-casing`, getColor: rgb('panel_solid', 220), getWidth: (width + 3) * scale}),
      new window.deck.PathLayer({...common, id: `life-${id}`, getColor: color, getWidth: width * scale}),
    ];
  }

  #edits() {
    const edits = this.page.scenarios.current?.edits ?? [];
    const places = edits.filter((edit) => (edit.kind === 'move' || edit.kind === 'remove') && edit.layer !== 'road' && edit.fid > 0);
    const left = places.map((edit) => this.#object(edit.layer, edit.fid)).filter(Boolean);
    const {placed} = this;
    const moved = placed.filter((item) => item.fid > 0);
    const moves = moved.map((item) => ({item, from: this.#object(item.layer, item.fid)})).filter(({from}) => from);
    const closed = edits.filter((edit) => edit.kind === 'remove' && edit.layer === 'road').map((edit) => this.#object('road', edit.fid)).filter(Boolean);
    const lines = closed.flatMap((card) => (card.geometry.type === 'MultiLineString' ? card.geometry.coordinates : [card.geometry.coordinates]));
    return [
      ...this.#paths('closed', lines, {color: rgb('bad'), path: (line) => line}),
      ...this.#paths('moves', moves, {color: rgb('accent', 200), width: 2, path: ({item, from}) => [[from.lon, from.lat], [item.lon, item.lat]]}),
      ...this.#paths('built', edits.filter((edit) => edit.kind === 'link'), {color: rgb('good'), width: 5, path: (edit) => [edit.from, edit.to]}),
      ...this.#dots('left', left, {color: rgb('panel_solid'), ring: 'bad', radius: 8, text: () => '×', textColor: 'bad'}),
      ...this.#dots('gates', edits.filter((edit) => edit.kind === 'gate'), {color: rgb('good'), radius: 7, text: () => '∩'}),
      ...this.#dots('moved', moved, {color: rgb('accent'), radius: 9, text: () => '↦'}),
      ...this.#dots('added', placed.filter((item) => item.fid < 0), {color: (item) => (item.layer === 'centre' ? rgb('centre') : rgb('facility')), radius: 10, text: () => '+'}),
    ];
  }

  #route() {
    const item = this.route;
    if (!item) return [];
    return [
      ...(item.route?.length > 1 ? this.#paths('route', [item.route], {color: rgb('accent'), width: 4.5, path: (line) => line}) : []),
      ...this.#dots('goal', item.facility ? [item.facility] : [], {color: rgb('accent'), radius: 7}),
    ];
  }

  #candidates() {
    return [
      ...this.#dots('points', this.points.map(([lon, lat]) => ({lon, lat})), {color: rgb('panel_solid'), ring: 'accent', radius: 6}),
      ...this.#dots('sites', this.sites, {color: rgb('accent'), radius: 11, text: (item) => String(item.rank)}),
    ];
  }

  #links() {
    const shown = this.links.map((item, index) => ({...item, path: [item.from, item.to], chosen: index === this.link}));
    return [
      ...this.#paths('links', shown, {color: (item) => rgb(item.chosen ? 'warn' : 'accent'), width: 5}),
      ...this.#dots('links-rank', shown.map((item) => ({...item, lon: (item.from[0] + item.to[0]) / 2, lat: (item.from[1] + item.to[1]) / 2})),
        {color: (item) => rgb(item.chosen ? 'warn' : 'accent'), radius: 10, text: (item) => String(item.rank)}),
    ];
  }

  #first() {
    const first = this.page.tools.first;
    return first ? this.#dots('first', [{lon: first.place[0], lat: first.place[1]}], {color: rgb('accent', 120), ring: 'accent', radius: 9}) : [];
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
