// What analyses draw over the city: dots, paths, and the scenario's edits of places.

import {rgb, tokens} from '../map/text.js';

export const ON_TOP = {parameters: {depthCompare: 'always', depthWriteEnabled: false}, shadowEnabled: false, pickable: false};

export class Marks {
  #objects = new Map();

  constructor(page) {
    Object.assign(this, {page, app: page.app, hidden: false});
  }

  /** Objects that the scenario put somewhere, where they stand now: {layer, fid, lon, lat, edit}; `fid` of an added one is below 0. */
  get edited() {
    const placed = new Map();
    for (const edit of this.page.scenarios.current?.edits ?? []) {
      const {kind, layer} = edit;
      if (kind === 'add') placed.set(`${layer}:${-edit.id}`, {layer, fid: -edit.id, lon: edit.lon, lat: edit.lat, edit});
      else if (kind === 'move') placed.set(`${layer}:${edit.fid}`, {edit, ...placed.get(`${layer}:${edit.fid}`), layer, fid: edit.fid, lon: edit.lon, lat: edit.lat});
      else if (kind === 'remove') placed.delete(`${layer}:${edit.fid}`);
    }
    return [...placed.values()];
  }

  /** Objects that a tool can take hold of beside those of the map's layers; `z` is how high they are drawn. */
  get placed() { return this.edited; }

  /** The name of an object that an edit names, once it is known. */
  name(layer, fid) { return this.object(layer, fid)?.name ?? ''; }

  /** The card of an object that an edit names; null until it is known. */
  object(layer, fid) {
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

  dots(id, data, {color, radius = 8, ring = 'panel_solid', text = null, textColor = 'panel_solid'}) {
    const D = window.deck;
    const scale = this.app.scale();
    if (!data.length) return [];
    return [
      new D.ScatterplotLayer({id: `${this.page.page}-${id}`, data, getPosition: (item) => [item.lon, item.lat], getFillColor: color, getRadius: radius * scale, radiusUnits: 'pixels',
        stroked: true, getLineColor: rgb(ring), getLineWidth: 2 * scale, lineWidthUnits: 'pixels', billboard: true, ...ON_TOP}),
      text ? new D.TextLayer({id: `${this.page.page}-${id}-text`, data, getPosition: (item) => [item.lon, item.lat], getText: text, getSize: 13 * scale, getColor: rgb(textColor),
        fontFamily: tokens().font, fontWeight: 700, characterSet: 'auto', ...ON_TOP}) : null,
    ].filter(Boolean);
  }

  paths(id, data, {color, width = 4, path = (item) => item.path}) {
    const scale = this.app.scale();
    if (!data.length) return [];
    const common = {data, getPath: path, widthUnits: 'pixels', capRounded: true, jointRounded: true, ...ON_TOP};
    return [
      new window.deck.PathLayer({...common, id: `${this.page.page}-${id}-casing`, getColor: rgb('panel_solid', 220), getWidth: (width + 3) * scale}),
      new window.deck.PathLayer({...common, id: `${this.page.page}-${id}`, getColor: color, getWidth: width * scale}),
    ];
  }

  /** Where objects of point layers were, are now, and came new. */
  places(layers) {
    const edits = (this.page.scenarios.current?.edits ?? []).filter((edit) => layers.includes(edit.layer));
    const left = edits.filter((edit) => (edit.kind === 'move' || edit.kind === 'remove') && edit.fid > 0).map((edit) => this.object(edit.layer, edit.fid)).filter(Boolean);
    const placed = this.edited.filter((item) => layers.includes(item.layer));
    const moved = placed.filter((item) => item.fid > 0);
    const moves = moved.map((item) => ({item, from: this.object(item.layer, item.fid)})).filter(({from}) => from);
    return {left, moved, moves, added: placed.filter((item) => item.fid < 0)};
  }

  /** Places that were left, and the way to where they are now. */
  leaving({left, moves}) {
    return [
      ...this.paths('moves', moves, {color: rgb('accent', 200), width: 2, path: ({item, from}) => [[from.lon, from.lat], [item.lon, item.lat]]}),
      ...this.dots('left', left, {color: rgb('panel_solid'), ring: 'bad', radius: 8, text: () => '×', textColor: 'bad'}),
    ];
  }

  /** Streets that the scenario closes, ways and gates that it makes. */
  ways() {
    const edits = this.page.scenarios.current?.edits ?? [];
    const closed = edits.filter((edit) => edit.kind === 'remove' && edit.layer === 'road').map((edit) => this.object('road', edit.fid)).filter(Boolean);
    const lines = closed.flatMap((card) => (card.geometry.type === 'MultiLineString' ? card.geometry.coordinates : [card.geometry.coordinates]));
    return [
      ...this.paths('closed', lines, {color: rgb('bad'), path: (line) => line}),
      ...this.paths('built', edits.filter((edit) => edit.kind === 'link'), {color: rgb('good'), width: 5, path: (edit) => [edit.from, edit.to]}),
      ...this.dots('gates', edits.filter((edit) => edit.kind === 'gate'), {color: rgb('good'), radius: 7, text: () => '∩'}),
    ];
  }

  /** The first of two clicks, or what is being dragged. */
  first() {
    const {first} = this.page.tools;
    return first ? this.dots('first', [{lon: first.place[0], lat: first.place[1]}], {color: rgb('accent', 120), ring: 'accent', radius: 9}) : [];
  }
}
