// What this page draws over the models: footprints of the places that are proposed, the handles of the one that is tried, pairs of control points.

import {ON_TOP} from '../analysis/marks.js';
import {Anchor} from '../map/anchor.js';
import {rgb, tokens} from '../map/text.js';
import {placementOf} from './session.js';

export class Marks {
  hovered = null; // name of the hypothesis under the pointer

  constructor(page) { Object.assign(this, {page, app: page.app, session: page.session}); }

  draw() {
    if (!this.page.handles || this.app.gone) return;
    const placing = this.app.store.panel === 'place' && this.session.building;
    this.app.engine.overlay('marks', placing ? [...this.#proposals(), ...this.#footprint(), ...this.#handles(), ...this.#points()] : []);
  }

  /** Rings of the footprint at a placement. */
  #rings(placement) {
    const {model, origin} = this.session.building;
    const anchor = new Anchor(placement);
    return (model.footprint_m ?? []).map((ring) => ring.map(([x, y]) => anchor.toLonLat([x - origin[0], y - origin[1]])));
  }

  #outline(id, rings, color, {fill = 0, width = 2} = {}) {
    const scale = this.app.scale();
    return rings.length ? [new window.deck.PolygonLayer({id: `bim-${id}`, data: rings, getPolygon: (ring) => ring, filled: fill > 0, getFillColor: [...color.slice(0, 3), fill], stroked: true, getLineColor: color, getLineWidth: width * scale,
      lineWidthUnits: 'pixels', ...ON_TOP})] : [];
  }

  #proposals() {
    const list = this.session.model.hypotheses ?? [];
    const scale = this.app.scale();
    const places = list.map((item, index) => ({...item, rank: index + 1, lon: item.longitude, lat: item.latitude, on: item.name === this.hovered || item.name === this.session.draft?.source}))
      .sort((a, b) => a.on - b.on || b.rank - a.rank); // of those on one spot the one that is tried is seen, else the likeliest
    const D = window.deck;
    const hovered = places.find((item) => item.name === this.hovered);
    return [
      ...(hovered ? this.#outline('hovered', this.#rings(placementOf(hovered)), rgb('accent'), {fill: 60, width: 2.5}) : []),
      new D.ScatterplotLayer({id: 'bim-places', data: places, getPosition: (item) => [item.lon, item.lat], getRadius: (item) => (item.on ? 12 : 10) * scale, radiusUnits: 'pixels', billboard: true, stroked: true,
        getFillColor: (item) => (item.on ? rgb('accent') : rgb('panel_solid', 235)), getLineColor: rgb('accent'), getLineWidth: 1.6 * scale, lineWidthUnits: 'pixels', ...ON_TOP,
        updateTriggers: {getRadius: this.hovered, getFillColor: [this.hovered, this.session.draft?.source]}}),
      new D.TextLayer({id: 'bim-place-numbers', data: places, getPosition: (item) => [item.lon, item.lat], getText: (item) => String(item.rank), getSize: 12.5 * scale, fontWeight: 700, fontFamily: tokens().font,
        getColor: (item) => (item.on ? rgb('accent_text') : rgb('text_1')), ...ON_TOP, updateTriggers: {getColor: [this.hovered, this.session.draft?.source]}}),
    ];
  }

  #footprint() {
    const {building, draft} = this.session;
    return building.placement && building.anchor ? this.#outline('footprint', this.#rings(building.placement), draft ? rgb('warn') : rgb('accent', 200), {width: draft ? 2.5 : 1.5}) : [];
  }

  #handles() {
    const {handles} = this.page;
    const scale = this.app.scale();
    const D = window.deck;
    const data = handles.list();
    if (!data.length) return [];
    const [middle, turn] = data;
    return [
      new D.LineLayer({id: 'bim-arm', data: [[middle, turn]], getSourcePosition: ([a]) => [a.lon, a.lat], getTargetPosition: ([, b]) => [b.lon, b.lat], getColor: rgb('warn'), getWidth: 2 * scale, widthUnits: 'pixels', ...ON_TOP}),
      new D.ScatterplotLayer({id: 'bim-handles', data, getPosition: ({lon, lat}) => [lon, lat], getRadius: ({kind}) => (kind === 'move' ? 13 : 10) * scale, radiusUnits: 'pixels', billboard: true, stroked: true, getFillColor: rgb('panel_solid'),
        getLineColor: rgb('warn'), getLineWidth: 2.4 * scale, lineWidthUnits: 'pixels', ...ON_TOP}),
      new D.TextLayer({id: 'bim-handle-signs', data, getPosition: ({lon, lat}) => [lon, lat], getText: ({kind}) => (kind === 'move' ? '✥' : '↻'), getSize: ({kind}) => (kind === 'move' ? 17 : 15) * scale, getColor: rgb('warn'), characterSet: ['✥', '↻'],
        fontFamily: `"DejaVu Sans", "Segoe UI Symbol", ${tokens().font}`, ...ON_TOP}),
    ];
  }

  #points() {
    const {pairs, half} = this.page.own.place.points;
    const scale = this.app.scale();
    const {building} = this.session;
    if (!building.anchor) return [];
    const D = window.deck;
    const data = [...pairs.map((pair, index) => ({...pair, name: String(index + 1)})), ...(half ? [{...half, name: String(pairs.length + 1)}] : [])];
    if (!data.length) return [];
    const foot = ({x_m: x, y_m: y}) => building.anchor.toLonLat([x - building.origin[0], y - building.origin[1]]);
    const ends = data.filter(({lon}) => lon !== undefined);
    const dots = (id, items, place, color) => new D.ScatterplotLayer({id: `bim-${id}`, data: items, getPosition: place, getRadius: 6 * scale, radiusUnits: 'pixels', billboard: true, stroked: true, getFillColor: color, getLineColor: rgb('panel_solid'),
      getLineWidth: 2 * scale, lineWidthUnits: 'pixels', ...ON_TOP});
    return [
      new D.LineLayer({id: 'bim-pairs', data: ends, getSourcePosition: foot, getTargetPosition: ({lon, lat}) => [lon, lat], getColor: rgb('text_1', 200), getWidth: 1.5 * scale, widthUnits: 'pixels', ...ON_TOP}),
      dots('model-points', data, foot, rgb('bim')), dots('map-points', ends, ({lon, lat}) => [lon, lat], rgb('accent')),
      new D.TextLayer({id: 'bim-point-names', data, getPosition: foot, getText: ({name}) => name, getSize: 13 * scale, getPixelOffset: [0, -15 * scale], getColor: rgb('text_1'), fontWeight: 700, fontFamily: tokens().font,
        fontSettings: {sdf: true, buffer: 6}, outlineWidth: 3, outlineColor: rgb('ground'), ...ON_TOP}),
    ];
  }

}
