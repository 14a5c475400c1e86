// The names on the map: one text layer, thinned on the GPU where names would overlap.

import {language, rgb, theme, tokens} from './text.js';

// Size in CSS pixels, colour token and weight in the competition for space, by layer.
const STYLES = {
  district: [18, 'text_1', 1000],
  pilot_area: [14, 'accent', 900],
  town: [15, 'text_1', 800],
  metro_station: [12.5, 'metro', 600],
  metro_line: [12, 'metro', 500],
  centre: [12, 'centre', 400],
  road: [11.5, 'text_2', 100],
  water: [11.5, 'water_text', 200],
  green: [11.5, 'green_text', 200],
};
const OWN = {water_text: {dark: [122, 168, 204], light: [58, 112, 152]}, green_text: {dark: [118, 176, 146], light: [62, 122, 78]}};
const USUAL = [12, 'text_2', 300];

export class Labels {
  #all = null;
  #bucket = '';

  /** @param app the running map: engine, store, twin, scale() */
  constructor(app) { this.app = app; }

  async load() {
    const reply = await fetch('/api/labels');
    this.#all = reply.ok ? (await reply.json()).labels : [];
    this.draw(true);
  }

  /** Draw the names that belong to this view; cheap when the view has hardly changed. */
  draw(force = false) {
    if (!this.#all) return;
    const {engine, store} = this.app;
    const {zoom, longitude, latitude} = engine.view;
    const bucket = [Math.floor(zoom * 2), Math.round(longitude * 2 ** zoom / 120), Math.round(latitude * 2 ** zoom / 90)].join();
    if (bucket === this.#bucket && !force) return;
    this.#bucket = bucket;
    const [west, south, east, north] = engine.viewport?.getBounds() ?? [-180, -90, 180, 90];
    const [padX, padY] = [(east - west) * 0.25, (north - south) * 0.25];
    const here = this.#all.filter(({layer, position: [lon, lat], zoom: from}) =>
      from <= zoom + 0.25 && store.layers[layer]?.on
      && lon > west - padX && lon < east + padX && lat > south - padY && lat < north + padY).slice(0, 700);
    const scale = this.app.scale();
    const style = (item) => STYLES[item.layer] ?? USUAL;
    const color = (item) => (OWN[style(item)[1]] ? [...OWN[style(item)[1]][theme()], 255] : rgb(style(item)[1], 255));
    const D = window.deck;
    engine.overlay('labels', here.length ? [new D.TextLayer({
      id: 'labels',
      data: here,
      getPosition: (item) => item.position,
      getText: (item) => item[language()] || item.zh,
      getSize: (item) => style(item)[0] * scale,
      getColor: color,
      fontFamily: tokens().font,
      fontWeight: 600,
      characterSet: 'auto',
      fontSettings: {sdf: true, fontSize: 40, buffer: 6, radius: 10, cutoff: 0.2},
      outlineWidth: 3.5,
      outlineColor: rgb('ground', 235),
      getPixelOffset: (item) => (item.layer === 'metro_station' || item.layer === 'centre' ? [0, -13 * scale] : [0, 0]),
      parameters: {depthCompare: 'always', depthWriteEnabled: false},
      extensions: [new D.CollisionFilterExtension()],
      collisionGroup: 'labels',
      collisionTestProps: {sizeScale: 1.6},
      getCollisionPriority: (item) => style(item)[2] - Math.min(99, item.priority / 10),
      updateTriggers: {
        getText: language(), getColor: theme(), getSize: scale, getPixelOffset: scale,
      },
    })] : []);
  }
}
