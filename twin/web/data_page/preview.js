// The map beside an import: the file's objects over what the twin already shows.

import {rgb, theme, token} from '../map/text.js';
import {viewOf} from '../page/links.js';
import {t} from './text.js';

const BACKDROP = ['district', 'green', 'water', 'road'];
let libraries = null;

function script(address) {
  return new Promise((resolve, reject) => {
    const tag = document.createElement('script');
    Object.assign(tag, {src: address, onload: resolve, onerror: reject});
    document.head.append(tag);
  });
}

const deckLibrary = () => {
  libraries ||= window.deck ? Promise.resolve() : script('/assets/vendor/deck.min.js');
  return libraries.then(() => window.deck);
};

/** West, south, east, north of GeoJSON, or null where it holds no position. */
export function boundsOf(collection) {
  const box = [Infinity, Infinity, -Infinity, -Infinity];
  const walk = (node) => {
    if (typeof node[0] === 'number') {
      box[0] = Math.min(box[0], node[0]); box[1] = Math.min(box[1], node[1]);
      box[2] = Math.max(box[2], node[0]); box[3] = Math.max(box[3], node[1]);
    } else node.forEach(walk);
  };
  const visit = (geometry) => geometry && (geometry.geometries ? geometry.geometries.forEach(visit) : walk(geometry.coordinates));
  collection.features.forEach((feature) => visit(feature.geometry));
  return Number.isFinite(box[0]) ? box : null;
}

/** A preview in `element`; show(collection) draws GeoJSON and fits the view to it. */
export class Preview {
  /** `extents` gives the box of each layer that holds data, so that no tile outside is asked for. */
  constructor(element, twin, extents) {
    this.element = element;
    this.twin = twin;
    this.extents = extents;
    this.deck = null;
    this.closed = false;
  }

  async show(collection) {
    const library = await deckLibrary();
    if (this.closed) return;
    const box = boundsOf(collection) || this.twin.bounds || [121.0, 31.2, 121.4, 31.5];
    const {clientWidth: width, clientHeight: height} = this.element;
    const layers = [...this.backdrop(library), this.data(library, collection)];
    const initialViewState = viewOf(box, width || 400, height || 300);
    if (this.deck) { this.deck.setProps({layers, initialViewState}); return; }
    this.deck = new library.Deck({
      parent: this.element,
      controller: true,
      layers,
      initialViewState,
      getTooltip: ({object}) => this.tooltip(object),
      style: {position: 'absolute', inset: '0'},
    });
  }

  backdrop(library) {
    const shown = this.twin.layers.filter((layer) => BACKDROP.includes(layer.id) && layer.rows);
    const colors = {district: rgb('boundary'), green: rgb('green'), water: rgb('water'),
      road: rgb(theme() === 'dark' ? 'road_major' : 'road_line')};
    return shown.map((layer) => new library.MVTLayer({
      id: `backdrop-${layer.id}`,
      data: `/tiles/${layer.id}/{z}/{x}/{y}.mvt?g=${layer.generation}`,
      minZoom: layer.min_zoom,
      maxZoom: 14,
      extent: this.extents[layer.id] || null,
      loadOptions: {mvt: {workerUrl: new URL('/assets/vendor/mvt-worker.js', document.baseURI).href}},
      filled: layer.id !== 'district',
      stroked: layer.id === 'district' || layer.id === 'road',
      getFillColor: colors[layer.id],
      getLineColor: colors[layer.id],
      getLineWidth: 1.2,
      lineWidthUnits: 'pixels',
    }));
  }

  data(library, collection) {
    return new library.GeoJsonLayer({
      id: 'data',
      data: collection,
      pickable: true,
      autoHighlight: true,
      highlightColor: rgb('warn', 200),
      getFillColor: rgb('accent', 90),
      getLineColor: rgb('accent', 235),
      getLineWidth: 1.6,
      lineWidthUnits: 'pixels',
      getPointRadius: 4.5,
      pointRadiusUnits: 'pixels',
    });
  }

  tooltip(object) {
    if (!object || !object.properties) return null;
    const rows = Object.entries(object.properties).slice(0, 8).map(([name, value]) => `${name}: ${String(value).slice(0, 60)}`);
    return {
      text: rows.join('\n') || t('preview.no_attributes'),
      style: {background: token('panel_solid'), color: token('text_1'), border: `1px solid ${token('line')}`, borderRadius: '6px',
        fontSize: '0.8rem', padding: '0.4rem 0.6rem', whiteSpace: 'pre-line', maxWidth: '22rem'},
    };
  }

  close() {
    this.closed = true;
    if (this.deck) this.deck.finalize();
    this.deck = null;
  }
}
