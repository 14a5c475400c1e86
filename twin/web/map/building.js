// One building model in the browser: its meshes, how its elements look now, and where it stands.
//
// Meshes are asked for once; what changes afterwards are small tables (see
// building_layer.js). Rows are those of the model's table of elements.

import {Anchor} from './anchor.js';
import {buildingLayer, HIDDEN, OWN, PAINTED, TABLE_WIDTH, TINTED} from './building_layer.js';
import {readGlb} from './glb.js';
import {rgb, theme} from './text.js';

const MATERIAL = {ambient: 0.62, diffuse: 0.5, shininess: 18, specularColor: [26, 28, 32]};
const GHOST = 0.09; // opacity of what stands around what is looked at
const SUNK = 0.04; // metres that a ground slab may lie below the ground and still be seen

const bytes = (color, alpha = 255) => [color[0], color[1], color[2], color[3] ?? alpha];
const unit = ([r, g, b], alpha) => [r / 255, g / 255, b / 255, alpha];

export class Building {
  stamp = 0;
  chunks = null;
  rows = 0;
  storeyOf = null; // storey of each drawn row; the number of storeys stands for none
  spaces = false; // whether spaces are shown
  underground = false;
  section = null; // metres above the drawn origin, null: uncut
  explode = 0; // storeys apart, in multiples of a usual storey's height
  isolated = null; // set of storeys that alone are shown, null: all
  ghosts = true; // whether the others are hinted at
  paint = null; // (row) => [r, g, b] | [r, g, b, alpha] | null, null: the file's own colours
  hidden = null; // (row) => whether it is not shown
  faded = null; // (row) => whether it is only hinted at
  chosen = new Set();
  lift = 0; // metres by which the whole is lifted, for models that share an anchor

  /** @param model {id, version, name, placement, storeys, files, origin_m, ground_m, bbox_m, footprint_m, building} */
  constructor(model) {
    Object.assign(this, {model, id: model.id, storeys: model.storeys ?? []});
    this.origin = model.origin_m ?? [0, 0, 0];
    this.ground = (model.ground_m ?? 0) - this.origin[2]; // of the drawn metres
    this.place(model.placement);
  }

  /** Stand somewhere else; null: nowhere. */
  place(placement) {
    this.placement = placement ?? null;
    this.anchor = placement ? new Anchor(placement) : null;
  }

  /** Height of the drawn origin over the map's flat ground, on which the ground storey stands. */
  get base() { return this.lift - this.ground; }

  /** Ask for the meshes; `progress(share)` as they come. */
  async load(progress = () => {}) {
    const names = Object.keys(this.model.files).filter((name) => /\.glb$|^instances\.json$/.test(name));
    const total = names.reduce((sum, name) => sum + (this.model.files[name] || 1), 0);
    let come = 0;
    const file = async (name) => {
      const reply = await fetch(`/models/${this.id}/${this.model.version}/${name}`);
      if (!reply.ok) throw new Error(`${name}: ${reply.status}`);
      const data = name.endsWith('.json') ? await reply.json() : await readGlb(await reply.arrayBuffer());
      come += this.model.files[name] || 1;
      progress(come / total);
      return [name, data];
    };
    const files = Object.fromEntries(await Promise.all(names.map(file)));
    const parts = new Map(); // storey and kind -> meshes
    const put = (storey, kind, mesh) => {
      const key = `${storey}-${kind}`;
      if (!parts.has(key)) parts.set(key, {storey, kind, meshes: []});
      parts.get(key).meshes.push(mesh);
    };
    for (const [name, meshes] of Object.entries(files)) {
      const found = /^storey-(\d+|none)\.glb$/.exec(name);
      if (found) for (const mesh of meshes) put(found[1] === 'none' ? this.storeys.length : Number(found[1]), mesh.name, mesh);
    }
    if (files['instances.json']) standing(files['instances.json'], files['shapes.glb'] ?? [], this.storeys.length, put);
    this.chunks = [...parts.entries()].map(([name, {storey, kind, meshes}]) => ({name, storey, kind, ...joined(meshes)}));
    this.triangles = this.chunks.reduce((sum, {indices}) => sum + indices.length / 3, 0);
    this.rows = 1 + this.chunks.reduce((most, {elements}) => elements.reduce((a, b) => Math.max(a, b), most), -1);
    this.storeyOf = new Uint16Array(this.rows).fill(this.storeys.length);
    this.spaceRows = new Uint8Array(this.rows);
    this.#boxes();
    this.look();
    return this;
  }

  /** Boxes of the drawn rows, in drawn metres; storeys and kinds of rows. */
  #boxes() {
    this.boxes = new Float32Array(6 * this.rows);
    for (let row = 0; row < this.rows; row += 1) this.boxes.set([1e9, 1e9, 1e9, -1e9, -1e9, -1e9], 6 * row);
    for (const {elements, positions, storey, kind} of this.chunks) {
      for (let i = 0; i < elements.length; i += 1) {
        const row = elements[i];
        this.storeyOf[row] = storey;
        if (kind === 'spaces') this.spaceRows[row] = 1;
        for (let k = 0; k < 3; k += 1) {
          const value = positions[3 * i + k];
          if (value < this.boxes[6 * row + k]) this.boxes[6 * row + k] = value;
          if (value > this.boxes[6 * row + 3 + k]) this.boxes[6 * row + 3 + k] = value;
        }
      }
    }
  }

  /** [xmin, ymin, zmin, xmax, ymax, zmax] of rows in drawn metres, null where none is drawn; all rows without an argument. */
  boxOf(rows = null) {
    const box = [1e9, 1e9, 1e9, -1e9, -1e9, -1e9];
    const add = (row) => {
      for (let k = 0; k < 3; k += 1) {
        box[k] = Math.min(box[k], this.boxes[6 * row + k]);
        box[3 + k] = Math.max(box[3 + k], this.boxes[6 * row + 3 + k]);
      }
    };
    if (rows) rows.forEach((row) => { if (row < this.rows) add(row); });
    else for (let row = 0; row < this.rows; row += 1) add(row);
    return box[0] > box[3] ? null : box;
  }

  /** Write the tables anew, after anything of how elements look was changed. */
  look() {
    if (!this.chunks) return;
    const texels = Math.max(1, Math.ceil((2 * this.rows) / TABLE_WIDTH)) * TABLE_WIDTH;
    const table = new Uint8Array(4 * texels);
    const accent = rgb('accent');
    this.through = false;
    for (let row = 0; row < this.rows; row += 1) {
      const space = this.spaceRows[row];
      let look = OWN;
      let alpha = 255;
      let color = [0, 0, 0, 0];
      if (space ? !this.spaces : false) look = HIDDEN;
      if (this.hidden?.(row)) look = HIDDEN;
      const painted = look === HIDDEN ? null : this.paint?.(row);
      if (painted) {
        look = painted.length > 3 || space ? PAINTED : TINTED;
        color = bytes(painted);
      } else if (space && look) {
        look = PAINTED;
        color = bytes(rgb('bim'), 0.4 * 255);
      }
      if (look && this.faded?.(row)) alpha = GHOST * 255;
      if (this.chosen.has(row) && look) { look = space ? PAINTED : TINTED; color = [...accent.slice(0, 3), 255]; alpha = 255; }
      if (look && (alpha < 255 || (look === PAINTED && color[3] < 254))) this.through = true;
      const storey = this.storeyOf[row];
      table.set([...color, storey & 255, storey >> 8, look, alpha], 8 * row);
    }
    this.table = table;
    this.stamp += 1;
    this.levels();
  }

  /** How high storeys are lifted and which are shown; the rest of the table stays. */
  levels() {
    const count = this.storeys.length + 1;
    const table = new Float32Array(4 * count);
    const lowest = Math.min(0, ...this.storeys.map((storey) => storey.elevation_m - (this.model.ground_m ?? 0)));
    for (let storey = 0; storey < count; storey += 1) {
      const shown = !this.isolated || this.isolated.has(storey);
      table.set([this.liftOf(storey, lowest), shown ? 1 : this.ghosts ? GHOST : 0, 0, 0], 4 * storey);
    }
    this.levelTable = table;
    this.levelsThrough = Boolean(this.isolated && this.ghosts);
  }

  liftOf(storey, lowest = Math.min(0, ...this.storeys.map(({elevation_m: z}) => z - (this.model.ground_m ?? 0)))) {
    if (!this.explode || storey >= this.storeys.length) return 0;
    return this.explode * (4 * storey - lowest * Math.min(1, this.explode));
  }

  /** The layers that draw it; empty while it has no meshes or no place. */
  layers({pickable = true} = {}) {
    if (!this.chunks || !this.anchor) return [];
    const Layer = buildingLayer();
    const {lon, lat} = this.anchor;
    const earth = rgb('ground');
    return [new Layer({
      id: `model-${this.id}-${this.model.version}`, building: this, chunks: this.chunks, elementTable: this.table, storeyTable: this.levelTable, stamp: this.stamp,
      coordinateSystem: window.deck.COORDINATE_SYSTEM.METER_OFFSETS, coordinateOrigin: [lon, lat, 0], modelMatrix: this.anchor.matrix(this.base),
      section: this.section, ground: this.underground ? -1e9 : -this.base - SUNK,
      earth: unit(earth, this.underground ? -this.base - SUNK : -1e9), cap: unit(theme() === 'dark' ? [214, 224, 238] : [58, 68, 82], 0.8),
      shows: (chunk) => (chunk.kind !== 'spaces' || this.spaces) && (!this.isolated || this.ghosts || this.isolated.has(chunk.storey)),
      through: this.through || this.levelsThrough, material: MATERIAL, pickable, autoHighlight: pickable, highlightColor: rgb('accent', 110),
    })];
  }

  /** [lon, lat, metres over the ground] of drawn metres. */
  spot([x, y, z]) { return [...this.anchor.toLonLat([x, y]), z + this.base]; }

  /** Rings [lon, lat] of its footprint. */
  get outline() {
    return (this.model.footprint_m ?? []).map((ring) => ring.map(([x, y]) => this.anchor.toLonLat([x - this.origin[0], y - this.origin[1]])));
  }

  /** [west, south, east, north] of rows, or of all that it holds. */
  boundsOf(rows = null) {
    const box = rows ? this.boxOf(rows) : this.extent;
    if (!box || !this.anchor) return null;
    const corners = [[0, 1], [3, 1], [3, 4], [0, 4]].map(([i, j]) => this.anchor.toLonLat([box[i], box[j]]));
    const [lons, lats] = [corners.map(([lon]) => lon), corners.map(([, lat]) => lat)];
    return [Math.min(...lons), Math.min(...lats), Math.max(...lons), Math.max(...lats)];
  }

  /** The box of the whole in drawn metres, also before its meshes are there. */
  get extent() {
    const box = this.model.bbox_m;
    return box ? [...box[0], ...box[1]].map((value, index) => value - this.origin[index % 3]) : null;
  }
}

/** Rows of the shapes that stand in several places, laid out as meshes of their storeys; see bim/glb.py for the file. */
function standing({unit_m: step, rotations, shapes}, meshes, none, put) {
  const byName = new Map();
  for (const mesh of meshes) byName.set(mesh.name, [...(byName.get(mesh.name) ?? []), mesh]);
  for (const shape of shapes) {
    const {element, storey, rotation, x, y, z} = Object.fromEntries(Object.entries(shape.rows).map(([name, values]) => [name, summed(values)]));
    const byStorey = new Map();
    element.forEach((row, index) => {
      const level = storey[index] < 0 ? none : storey[index];
      if (!byStorey.has(level)) byStorey.set(level, []);
      byStorey.get(level).push({element: row, turn: rotations[rotation[index]], move: [step * x[index], step * y[index], step * z[index]]});
    });
    const kind = shape.space ? 'spaces' : shape.transparent ? 'transparent' : 'opaque';
    for (const mesh of byName.get(String(shape.mesh)) ?? []) for (const [level, places] of byStorey) put(level, kind, repeated(mesh, places));
  }
}

/** Values of a list that holds differences after its first. */
function summed(values) {
  let sum = 0;
  return values.map((value) => (sum += value));
}

/** A mesh at several places. */
function repeated({positions, normals, colors, indices}, places) {
  const count = positions.length / 3;
  const all = {
    positions: new Float32Array(3 * count * places.length), normals: new Int8Array(4 * count * places.length), colors: new Uint8Array(4 * count * places.length),
    elements: new Float32Array(count * places.length), indices: new Uint32Array(indices.length * places.length),
  };
  places.forEach(({element, turn: m, move}, place) => {
    const first = place * count;
    for (let i = 0; i < count; i += 1) {
      for (let k = 0; k < 3; k += 1) {
        const [a, b, c] = [m[3 * k], m[3 * k + 1], m[3 * k + 2]];
        all.positions[3 * (first + i) + k] = a * positions[3 * i] + b * positions[3 * i + 1] + c * positions[3 * i + 2] + move[k];
        all.normals[4 * (first + i) + k] = Math.round(a * normals[4 * i] + b * normals[4 * i + 1] + c * normals[4 * i + 2]);
      }
    }
    all.colors.set(colors, 4 * first);
    all.elements.fill(element, first, first + count);
    for (let i = 0; i < indices.length; i += 1) all.indices[place * indices.length + i] = first + indices[i];
  });
  return all;
}

/** Several meshes as one. */
function joined(meshes) {
  if (meshes.length === 1) return meshes[0];
  const sum = (name) => meshes.reduce((total, mesh) => total + mesh[name].length, 0);
  const all = {
    positions: new Float32Array(sum('positions')), normals: new Int8Array(sum('normals')), colors: new Uint8Array(sum('colors')),
    elements: new Float32Array(sum('elements')), indices: new Uint32Array(sum('indices')),
  };
  let [vertex, index] = [0, 0];
  for (const mesh of meshes) {
    all.positions.set(mesh.positions, 3 * vertex);
    all.normals.set(mesh.normals, 4 * vertex);
    all.colors.set(mesh.colors, 4 * vertex);
    all.elements.set(mesh.elements, vertex);
    for (let i = 0; i < mesh.indices.length; i += 1) all.indices[index + i] = mesh.indices[i] + vertex;
    vertex += mesh.elements.length;
    index += mesh.indices.length;
  }
  return all;
}
