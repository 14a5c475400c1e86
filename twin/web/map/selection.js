// What a click hit, and how the selected object stands out.

import {nameOf} from './engine.js';
import {number} from './format.js';
import {rgb, say, t} from './text.js';

const AREAS = new Set(['district', 'town']);
const AREA_ZOOM = 13; // closer than this, a click on open ground means nothing, not the town around it

export class Selection {
  constructor(app) { this.app = app; }

  /** {layer, row} of a picked object, {cell, text} for a cell of the grid, null for open ground. */
  of(info) {
    const layer = info?.layer && this.app.layer[nameOf(info.layer.id)];
    const properties = info?.object?.properties;
    if (!layer || !properties) return null;
    if (layer.aggregated && properties.n !== undefined) {
      const height = properties.height_m ? t('cell.height', {height: number(properties.height_m, 1)}) : '';
      return {cell: true, text: t('cell', {layer: say(layer.title), n: number(properties.n), more: height})};
    }
    if (AREAS.has(layer.id) && this.app.engine.view.zoom >= AREA_ZOOM) return null;
    return info.object.id === undefined ? null : {layer: layer.id, row: info.object.id};
  }

  /** Mark the object of a card; null marks nothing. */
  show(card) {
    const {engine} = this.app;
    if (!card) { engine.overlay('selection', []); return; }
    const D = window.deck;
    const scale = this.app.scale();
    const height = this.heightOf(card);
    const data = {type: 'Feature', geometry: card.geometry, properties: {}};
    const common = {id: 'selection', data: [data], pickable: false, shadowEnabled: false};
    const layers = [];
    if (height > 0 && this.app.layer[card.layer].mark === 'extrusion') {
      layers.push(new D.GeoJsonLayer({
        ...common, extruded: true, wireframe: true, getElevation: height + 0.6, getFillColor: rgb('accent', 190), getLineColor: rgb('text_1', 255),
        material: {ambient: 0.7, diffuse: 0.45, shininess: 8, specularColor: [30, 30, 30]},
        parameters: {polygonOffsetFill: true, depthBias: -1},
      }));
    } else {
      const point = this.app.layer[card.layer].geometry === 'point';
      const top = {parameters: {depthCompare: 'always', depthWriteEnabled: false}};
      layers.push(new D.GeoJsonLayer({
        ...common, ...top, filled: !point, stroked: true, getFillColor: rgb('accent', 34), getLineColor: rgb('accent', 255),
        getLineWidth: (point ? 2.5 : 3) * scale, lineWidthUnits: 'pixels', getPointRadius: 11 * scale, pointRadiusUnits: 'pixels', pointBillboard: true,
        lineJointRounded: true, lineCapRounded: true,
      }));
    }
    engine.overlay('selection', layers);
  }

  heightOf(card) {
    const fact = card.attributes.find((item) => item.column === 'height_m');
    return Number(fact?.value ?? 3);
  }

  /** The view that shows the object of a card. */
  viewOf(card) {
    const {engine} = this.app;
    if (card.geometry.type === 'Point') return {longitude: card.lon, latitude: card.lat, zoom: Math.max(16, Math.min(17, engine.view.zoom)), pitch: 50};
    const points = card.geometry.coordinates.flat(Infinity);
    const lons = points.filter((_, index) => index % 2 === 0);
    const lats = points.filter((_, index) => index % 2 === 1);
    const least = (values) => values.reduce((a, b) => Math.min(a, b), Infinity);
    const most = (values) => values.reduce((a, b) => Math.max(a, b), -Infinity);
    const box = [least(lons), least(lats), most(lons), most(lats)];
    return engine.viewOf(box, {pitch: card.layer === 'building' ? 52 : 40, bearing: engine.view.bearing, padding: 0.3, maxZoom: 17});
  }
}
