// A raster of the server in the browser: coloured here by a table, so that another threshold needs no server.
//
// It is cut into parts that are coloured when they come into view. Each part has
// corners of its own: between four corners of the whole district the cells of a
// projected grid would lie up to 18 m off on the Mercator map, between those of a
// part a few centimetres.

import {distance} from '../map/geodesy.js';

const PART = 512; // cells
const CODES = 65_536; // values of 16 bits

export class Raster {
  #parts = [];
  #counts = null;

  /** @param corners [lon, lat] of the outer corners nw, ne, se, sw; @param data int16, rows from the north */
  constructor({width, height, scale, nodata, corners, data}) {
    Object.assign(this, {width, height, scale, nodata, corners, data});
    for (let top = 0; top < height; top += PART) {
      for (let left = 0; left < width; left += PART) {
        const [bottom, right] = [Math.min(height, top + PART), Math.min(width, left + PART)];
        const ring = [[left, bottom], [left, top], [right, top], [right, bottom]].map(([column, row]) => this.place(column, row));
        this.#parts.push({top, left, bottom, right, ring, stamp: 0, image: null, empty: null});
      }
    }
  }

  /** Square kilometres of a cell; coarser than what was computed where the server thins it out. */
  get cellArea() {
    const [nw, ne, , sw] = this.corners;
    return (distance(nw, ne) / this.width) * (distance(nw, sw) / this.height) / 1e6;
  }

  /** [lon, lat] of a corner of cells. */
  place(column, row) {
    const [u, v] = [column / this.width, row / this.height];
    const [nw, ne, se, sw] = this.corners;
    return [0, 1].map((axis) => (1 - v) * ((1 - u) * nw[axis] + u * ne[axis]) + v * ((1 - u) * sw[axis] + u * se[axis]));
  }

  /** The value at a place; null outside or where nothing is known. */
  at(lon, lat) {
    const [nw, ne, , sw] = this.corners;
    const [ax, ay, bx, by] = [ne[0] - nw[0], ne[1] - nw[1], sw[0] - nw[0], sw[1] - nw[1]];
    const [x, y] = [lon - nw[0], lat - nw[1]];
    const area = ax * by - ay * bx;
    const column = Math.floor(((x * by - y * bx) / area) * this.width);
    const row = Math.floor(((ax * y - ay * x) / area) * this.height);
    if (column < 0 || row < 0 || column >= this.width || row >= this.height) return null;
    const code = this.data[row * this.width + column];
    return code === this.nodata ? null : code * this.scale;
  }

  /** How many cells hold each code; index is the code as unsigned 16 bits. */
  get counts() {
    if (!this.#counts) {
      this.#counts = new Uint32Array(CODES);
      const codes = new Uint16Array(this.data.buffer, this.data.byteOffset, this.data.length);
      for (let i = 0; i < codes.length; i += 1) this.#counts[codes[i]] += 1;
      this.#counts[this.nodata & 0xffff] = 0;
    }
    return this.#counts;
  }

  /** A table of colours: `color(value)` gives [r, g, b, alpha] or null. */
  table(color) {
    const table = new Uint32Array(CODES);
    const {counts} = this;
    for (let code = 0; code < CODES; code += 1) {
      if (!counts[code]) continue;
      const rgba = color(((code << 16) >> 16) * this.scale);
      if (rgba) table[code] = ((rgba[3] << 24) | (rgba[2] << 16) | (rgba[1] << 8) | rgba[0]) >>> 0;
    }
    return table;
  }

  /**
   * Layers of the parts that a box [west, south, east, north] touches.
   *
   * @param stamp changes with the table; @param z metres above ground; @param id their names begin with
   */
  layers({box, table, stamp, z = 0, id}) {
    const seen = this.#parts.filter(({ring}) => {
      const [lons, lats] = [ring.map(([lon]) => lon), ring.map(([, lat]) => lat)];
      return Math.max(...lons) >= box[0] && Math.min(...lons) <= box[2] && Math.max(...lats) >= box[1] && Math.min(...lats) <= box[3];
    });
    return seen.filter((part) => this.#coloured(part, table, stamp)).map((part) => new window.deck.BitmapLayer({
      id: `${id}-${part.top}-${part.left}`, image: part.image, bounds: part.ring.map(([lon, lat]) => [lon, lat, z]), pickable: false, shadowEnabled: false, material: false,
      textureParameters: {minFilter: 'linear', magFilter: 'nearest', mipmapFilter: 'linear', addressModeU: 'clamp-to-edge', addressModeV: 'clamp-to-edge'},
      parameters: {depthCompare: 'always', depthWriteEnabled: false},
    }));
  }

  #coloured(part, table, stamp) {
    if (part.stamp === stamp) return !part.empty;
    const {top, left, bottom, right} = part;
    const [width, height] = [right - left, bottom - top];
    const codes = new Uint16Array(this.data.buffer, this.data.byteOffset, this.data.length);
    const pixels = new Uint32Array(width * height);
    let any = 0;
    for (let row = 0, to = 0; row < height; row += 1) {
      let from = (top + row) * this.width + left;
      for (let column = 0; column < width; column += 1, to += 1, from += 1) any |= pixels[to] = table[codes[from]];
    }
    Object.assign(part, {stamp, empty: !any, image: any ? new ImageData(new Uint8ClampedArray(pixels.buffer), width, height) : null});
    return Boolean(any);
  }
}
