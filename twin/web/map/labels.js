// The names on the map: one text layer of those names that fit beside each other.
//
// deck.gl's CollisionFilterExtension was tried and left names half faded and
// half overlapping in tilted views, at the cost of one more pass a frame. A view
// holds a few hundred candidates; laying their boxes out here takes about 1 ms.

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
const LIFTED = new Set(['metro_station', 'centre', 'facility', 'underpass']); // above their dot
const MOST_CANDIDATES = 1500;
const SMALLEST = 0.62; // of its size: farther off, a name is only noise
const UP_TO = {district: 11.5, town: 14.5, pilot_area: 15.5}; // closer, an area's name says nothing about what is seen

export class Labels {
  #all = null;
  #shown = '';
  #widths = new Map();
  #timer = 0;

  /** @param app the running map: engine, store, scale() */
  constructor(app) { this.app = app; }

  async load() {
    const reply = await fetch('/api/labels');
    this.#all = reply.ok ? (await reply.json()).labels : [];
    this.draw(true);
  }

  /** Choose and draw the names of this view; at most every 120 ms while the camera moves. */
  draw(force = false) {
    if (!this.#all) return;
    if (!force) {
      this.#timer ||= setTimeout(() => { this.#timer = 0; this.draw(true); }, 120);
      return;
    }
    if (this.app.gone) return;
    const scale = this.app.scale();
    const chosen = this.#choose(scale);
    const shown = [scale, theme(), ...chosen.map((item) => `${item.index}${item.size ? `:${Math.round(item.size)}` : ''}`)].join();
    if (shown === this.#shown) return;
    this.#shown = shown;
    const color = ([, name]) => (OWN[name] ? [...OWN[name][theme()], 255] : rgb(name, 255));
    this.app.engine.overlay('labels', chosen.length ? [new window.deck.TextLayer({
      id: 'labels',
      data: chosen,
      getPosition: (item) => item.position,
      getText: (item) => item.text,
      getSize: (item) => item.size || item.style[0] * scale,
      getColor: (item) => color(item.style),
      getPixelOffset: (item) => [0, -item.lift * scale],
      fontFamily: tokens().font,
      fontWeight: 600,
      characterSet: 'auto',
      fontSettings: {sdf: true, fontSize: 40, buffer: 6, radius: 10, cutoff: 0.2},
      outlineWidth: 3.5,
      outlineColor: rgb('ground', 235),
      parameters: {depthCompare: 'always', depthWriteEnabled: false},
      shadowEnabled: false,
      updateTriggers: {getColor: theme()},
    })] : []);
  }

  /** Names that fit beside each other, the important ones first. */
  #choose(scale) {
    const {engine, store} = this.app;
    const {viewport} = engine;
    const {zoom} = engine.view;
    const [west, south, east, north] = viewport.getBounds();
    const here = [];
    this.#all.forEach((item, index) => {
      const [lon, lat] = item.position;
      if (item.zoom > zoom + 0.25 || zoom < (this.app.data?.unnamed?.[item.layer] ?? 0) || this.app.guide?.says?.(item) || zoom > (UP_TO[item.layer] ?? 99) || !store.layers[item.layer]?.on || lon < west || lon > east || lat < south || lat > north) return;
      const style = STYLES[item.layer] ?? USUAL;
      here.push({...item, index, style, text: item[language()] || item.zh, lift: LIFTED.has(item.layer) ? 13 : 0, weight: style[2] - Math.min(99, item.priority / 10)});
    });
    here.sort((a, b) => b.weight - a.weight);
    const taken = new Grid(64 * scale);
    // Between the panels of a wall, no name is cut in two.
    const {seams = [], clear = 0} = this.app.data ?? {};
    for (const x of seams) taken.add([x - clear / 2, 0, x + clear / 2, viewport.height]);
    const chosen = [];
    for (const item of here.slice(0, MOST_CANDIDATES)) {
      const [x, y, near] = this.#place(viewport, item.position);
      if (near < SMALLEST || x < 0 || y < 0 || x > viewport.width || y > viewport.height) continue;
      // Where small text cannot be read, as on a wall, what is far off is not drawn smaller than `leastText`.
      const size = Math.max(item.style[0] * scale, (this.app.data?.leastText ?? 0) / near) / scale;
      item.size = size > item.style[0] ? size * scale : 0;
      const [w, h] = [(this.#width(item.text) * size + 14) * scale * near, (size + 11) * scale * near];
      const box = [x - w / 2, y - h / 2 - item.lift * scale * near, x + w / 2, y + h / 2 - item.lift * scale * near];
      if (taken.add(box)) chosen.push(item);
    }
    return chosen;
  }

  /** Pixel of a place on the ground, and how much larger things look there than at the middle of the view. */
  #place(viewport, position) {
    const [X, Y] = viewport.projectFlat(position);
    const m = viewport.pixelProjectionMatrix;
    const w = m[3] * X + m[7] * Y + m[15];
    return [(m[0] * X + m[4] * Y + m[12]) / w, (m[1] * X + m[5] * Y + m[13]) / w, viewport.focalDistance / w];
  }

  /** Width of a text in multiples of its size: a Han character is as wide as high, a Latin one about half. */
  #width(text) {
    let width = this.#widths.get(text);
    if (width === undefined) {
      width = [...text].reduce((sum, character) => sum + (character > '\u2e7f' ? 1 : 0.56), 0);
      this.#widths.set(text, width);
    }
    return width;
  }
}

/** Boxes that do not overlap, found by cells. */
class Grid {
  #cells = new Map();

  constructor(size) { this.size = size; }

  /** Take a box [left, top, right, bottom]; false where another one is. */
  add(box) {
    const cells = [];
    for (let x = Math.floor(box[0] / this.size); x <= box[2] / this.size; x += 1) {
      for (let y = Math.floor(box[1] / this.size); y <= box[3] / this.size; y += 1) cells.push(`${x},${y}`);
    }
    const hit = (other) => other[0] < box[2] && other[2] > box[0] && other[1] < box[3] && other[3] > box[1];
    if (cells.some((cell) => this.#cells.get(cell)?.some(hit))) return false;
    for (const cell of cells) {
      if (!this.#cells.has(cell)) this.#cells.set(cell, []);
      this.#cells.get(cell).push(box);
    }
    return true;
  }
}
