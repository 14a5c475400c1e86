// What this page draws over the city: sites with their sectors, the scenario's edits, the ray to a place, weak spots, measurements.

import {Marks as Base, ON_TOP} from '../analysis/marks.js';
import {rgb} from '../map/text.js';
import {FAILS, PASSES} from './scales.js';

const RADIUS = [11, 17]; // of a sector at zoom 14 and from 16 on, CSS pixels at a laptop's size
const HALF = 28; // degrees on either side of the azimuth
const STEPS = 6; // points along the arc
/** So many weak spots are listed and marked. */
export const WEAK = 20;
/** Classes of predicted less measured, dB: limits and colours; blue where the map is too optimistic. */
export const RESIDUALS = [[-12, FAILS[0]], [-6, FAILS[1]], [-3, FAILS[2]], [3, '#F7F7F7'], [6, PASSES[0]], [12, PASSES[1]], [Infinity, PASSES[2]]];

export class Marks extends Base {
  place = null; // what is explained: {lon, lat, server: {lon, lat, height_m} | null, blocked: [lon, lat] | null}
  site = null; // fid of the site whose card is open
  weak = -1; // index of the weak spot that was flown to
  sites = [];
  points = [];
  lost = []; // sites of the outage ranking or of the night's sleep: {lon, lat, rank}
  measured = null; // [[lon, lat, measured, predicted], ...]
  #zoom = 0;

  /** Sites as they stand in the scenario, drawn at the height of their antennas; what was edited last may not have come back from the server yet. */
  get placed() {
    const {study, scenarios} = this.page;
    const sites = new Map(study.sites.map((site) => [site.fid, site])); // of one that was moved the server tells both places, the later one last
    for (const {id, kind, layer, fid, lon, lat, values} of scenarios.current?.edits ?? []) {
      if (layer !== 'site_5g') continue;
      if (kind === 'add') sites.set(-id, {fid: -id, lon, lat, name: '', sectors: [], ...values, ...sites.get(-id)});
      else if (kind === 'remove') sites.delete(fid);
      else if (sites.has(fid)) sites.set(fid, {...sites.get(fid), ...(kind === 'move' ? {lon, lat} : values)});
    }
    return [...sites.values()].map((site) => ({...site, layer: 'site_5g', z: site.height_m ?? 0}));
  }

  /** Draw again when the size of a sector on the ground would be another. */
  viewed() {
    const zoom = Math.round(this.app.engine.view.zoom * 4);
    if (zoom !== this.#zoom) { this.#zoom = zoom; this.draw(); }
  }

  draw() {
    const open = this.app.store.panel;
    this.app.engine.overlay('marks', [
      ...(this.hidden ? [] : this.#sites()),
      ...(open === 'result' ? this.#weak() : []),
      ...(open === 'siting' ? this.#candidates() : []),
      ...(open === 'outage' ? this.dots('lost', this.lost, {color: rgb('warn'), radius: 10, text: (item) => String(item.rank), textColor: 'ground'}) : []),
      ...(open === 'drive' ? this.#measured() : []),
      ...this.first(),
      ...this.#place(),
    ]);
  }

  #sites() {
    const D = window.deck;
    const scale = this.app.scale();
    const places = this.places(['site_5g']);
    const edited = new Set((this.page.scenarios.current?.edits ?? []).filter((edit) => edit.layer === 'site_5g').map((edit) => (edit.kind === 'add' ? -edit.id : edit.fid)));
    const sites = this.placed;
    const near = Math.min(1, Math.max(0, (this.app.engine.view.zoom - 14) / 2));
    const radius = (RADIUS[0] + (RADIUS[1] - RADIUS[0]) * near) * scale * this.#metresPerPixel();
    const state = (site) => (site.on === false && site.status === 'on' ? 'off' : site.status === 'off' || site.status === 'planned' ? site.status : edited.has(site.fid) ? 'edited' : 'on');
    const fills = {on: rgb('text_1', 215), off: rgb('text_3', 90), planned: rgb('text_3', 90), edited: rgb('warn', 235)};
    const lines = {on: rgb('panel_solid'), off: rgb('text_2'), planned: rgb('text_1'), edited: rgb('panel_solid')};
    const stems = {on: rgb('text_1', 170), off: rgb('text_3', 170), planned: rgb('text_3', 170), edited: rgb('warn', 220)};
    // Sectors of other bands are there, but do not speak here.
    const wedges = sites.flatMap((site) => site.sectors.map((sector) => ({site, sector, other: !this.page.study.sends(sector), ring: wedge(site, sector, radius)})));
    const dim = ({site, other}) => other && site.fid !== this.site;
    const key = [this.site, this.page.study.band, sites.length, ...edited].join();
    const triggers = {getFillColor: [key], getLineColor: [key], getColor: [key]};
    return [
      ...this.leaving(places),
      sites.length ? new D.LineLayer({id: 'coverage-stems', data: sites, getSourcePosition: (site) => [site.lon, site.lat, 0], getTargetPosition: (site) => [site.lon, site.lat, site.height_m ?? 0],
        getColor: (site) => stems[state(site)], getWidth: 1 * scale, widthUnits: 'pixels', updateTriggers: triggers, ...ON_TOP}) : null,
      wedges.length ? new D.PolygonLayer({id: 'coverage-sectors', data: wedges, getPolygon: (item) => item.ring, positionFormat: 'XYZ', filled: true, stroked: true, extruded: false, material: false,
        getFillColor: (item) => (dim(item) ? rgb('text_3', 70) : item.site.fid === this.site ? rgb('accent', 210) : fills[state(item.site)]), getLineColor: (item) => (dim(item) ? rgb('text_3', 160) : item.site.fid === this.site ? rgb('text_1') : lines[state(item.site)]),
        getLineWidth: 1.2 * scale, lineWidthUnits: 'pixels', updateTriggers: triggers, ...ON_TOP}) : null,
      sites.length ? new D.ScatterplotLayer({id: 'coverage-heads', data: sites, getPosition: (site) => [site.lon, site.lat, site.height_m ?? 0], getRadius: (site) => (site.fid === this.site ? 5 : 3) * scale, radiusUnits: 'pixels',
        billboard: true, stroked: true, getFillColor: rgb('panel_solid'), getLineColor: (site) => (state(site) === 'edited' ? rgb('warn') : rgb('text_1')), getLineWidth: 1.5 * scale, lineWidthUnits: 'pixels', updateTriggers: {...triggers, getRadius: [this.site]}, ...ON_TOP}) : null,
    ].filter(Boolean);
  }

  #metresPerPixel() {
    const {latitude, zoom} = this.app.engine.view;
    return (40_075_016.7 * Math.cos((latitude * Math.PI) / 180)) / (512 * 2 ** zoom);
  }

  #weak() {
    const spots = (this.page.study.result?.weak ?? []).slice(0, WEAK);
    return this.dots('weak', spots.map((item, index) => ({...item, index})), {color: (item) => (item.index === this.weak ? rgb('warn') : rgb('panel_solid')), ring: 'warn', radius: 10,
      text: (item) => String(item.rank), textColor: 'text_1'});
  }

  #candidates() {
    return [
      ...this.dots('points', this.points.map(([lon, lat]) => ({lon, lat})), {color: rgb('panel_solid'), ring: 'accent', radius: 6}),
      ...this.dots('new', this.sites, {color: rgb('accent'), radius: 11, text: (item) => String(item.rank)}),
    ];
  }

  #measured() {
    if (!this.measured?.length) return [];
    return [new window.deck.ScatterplotLayer({...ON_TOP, id: 'coverage-residuals', data: this.measured, getPosition: ([lon, lat]) => [lon, lat], pickable: true,
      getFillColor: ([, , measured, predicted]) => residualColor(predicted - measured), getRadius: 4 * this.app.scale(), radiusUnits: 'pixels', billboard: true,
      stroked: true, getLineColor: rgb('panel_solid', 200), getLineWidth: 1, lineWidthUnits: 'pixels'})];
  }

  #place() {
    const {place} = this;
    if (!place) return [];
    const {server, blocked} = place;
    return [
      ...(server ? this.paths('ray', [[[place.lon, place.lat, 1.5], [server.lon, server.lat, server.height_m ?? 0]]], {color: rgb('accent'), width: 2.5, path: (line) => line}) : []),
      ...(blocked ? this.dots('blocked', [{lon: blocked[0], lat: blocked[1]}], {color: rgb('bad'), radius: 7, text: () => '×'}) : []),
      ...this.dots('place', [place], {color: rgb('accent'), ring: 'text_1', radius: 7}),
    ];
  }
}

/** The outline of a sector seen from above: [[lon, lat, z], ...]. */
export function wedge({lon, lat, height_m}, sector, radius) {
  const [wide, high] = [radius / (111_320 * Math.cos((lat * Math.PI) / 180)), radius / 110_950];
  const z = sector.height_m ?? height_m ?? 0;
  const ring = [[lon, lat, z]];
  for (let step = 0; step <= STEPS; step += 1) {
    const angle = (((sector.azimuth_deg ?? 0) - HALF + (2 * HALF * step) / STEPS) * Math.PI) / 180;
    ring.push([lon + Math.sin(angle) * wide, lat + Math.cos(angle) * high, z]);
  }
  return ring;
}

export function residualColor(difference) {
  const [, color] = RESIDUALS.find(([limit]) => difference < limit) ?? RESIDUALS.at(-1);
  return [...[1, 3, 5].map((start) => parseInt(color.slice(start, start + 2), 16)), 255];
}
