// What the page holds: the models there are, the one that is open with its meshes and elements, and those beside it.
//
// Topics: list (models or which are shown beside), model (another one, or its
// details came anew), building (meshes came), look (how it is drawn changed),
// draft (where it is tried), chosen (an element), values (colours by another
// property), compare (two versions).

import {get, send} from '../page/api.js';
import {Building} from '../map/building.js';
import {Store} from '../map/store.js';

const ADDRESS = '/api/bim';

export class Session extends Store {
  #asked = 0;

  constructor(work) {
    super({list: null, model: null, building: null, elements: null, share: 1, failure: null, draft: null, chosen: null, beside: new Map(), comparison: null, properties: null});
    this.work = work;
  }

  get id() { return this.model?.id ?? ''; }

  get address() { return `${ADDRESS}/${encodeURIComponent(this.id)}`; }

  async refresh() { this.set('list', (await this.work(get(ADDRESS))).models); }

  /** Open a model with its meshes; '' closes. */
  async open(id) {
    const asked = this.#asked += 1;
    Object.assign(this, {model: null, building: null, elements: null, failure: null, draft: null, chosen: null, comparison: null, properties: null, share: 0});
    this.beside.delete(id);
    this.tell('chosen');
    this.tell('model');
    if (!id) return null;
    try {
      const model = await this.work(get(`${ADDRESS}/${encodeURIComponent(id)}`));
      if (asked !== this.#asked) return null;
      this.#took(model);
      const building = new Building(shapeOf(model));
      this.building = building;
      const [elements] = await this.work(Promise.all([
        get(`${this.address}/elements`),
        building.load((share) => { if (asked === this.#asked) { this.share = share; this.tell('share'); } }),
      ]));
      if (asked !== this.#asked) return null;
      this.elements = elements;
      this.share = 1;
      this.tell('building');
      return building;
    } catch (error) {
      if (asked !== this.#asked) return null;
      this.failure = error;
      this.tell('model');
      throw error;
    }
  }

  #took(model) {
    this.model = model;
    this.tell('model');
  }

  /** Change the model on the server; what came back is shown. */
  async change(body) {
    const {id, version} = this.model;
    const changed = await this.work(send('PUT', this.address, body));
    await this.refresh();
    if (id !== this.id) return;
    if (changed.version !== version) { await this.open(id); return; }
    await this.renew();
  }

  /** Ask for the details anew, as after the server changed them. */
  async renew() {
    const {address} = this;
    const model = await this.work(get(address));
    if (address !== this.address) return;
    this.#took(model);
    Object.assign(this.building.model, {placement: model.placement, building: model.building, name: model.name});
    this.try(null);
  }

  async remove() {
    const {id} = this;
    await this.work(send('DELETE', this.address));
    await this.open('');
    this.beside.delete(id);
    await this.refresh();
  }

  /** Try a place: the model is drawn there, nothing is kept; null goes back to where it stands. */
  try(placement) {
    this.draft = placement;
    this.building?.place(placement ?? this.model.placement);
    this.tell('draft');
  }

  /** Show another model beside the open one, or no longer. */
  async show(id, on) {
    if (!on) { this.beside.delete(id); this.tell('list'); return; }
    const model = await this.work(get(`${ADDRESS}/${encodeURIComponent(id)}`));
    const building = new Building(shapeOf(model));
    this.beside.set(id, building);
    await this.work(building.load());
    this.tell('list');
  }

  /** Metres between the floors on the ground of the open model and of another: what stands on one anchor keeps its heights. */
  stacked() {
    const {building} = this;
    for (const other of this.beside.values()) {
      const near = building?.anchor && other.anchor && Math.hypot(other.anchor.lon - building.anchor.lon, other.anchor.lat - building.anchor.lat) < 0.003;
      other.lift = near ? other.anchor.height_m + other.ground - building.anchor.height_m - building.ground : 0;
    }
  }

  choose(row) { if (row !== this.chosen) { this.chosen = row; this.tell('chosen'); } }

  card(row) { return this.work(get(`${this.address}/elements/${row}`)); }

  search(text) { return this.work(get(`${this.address}/search?q=${encodeURIComponent(text)}`)); }

  values(by) { return this.work(get(`${this.address}/values?by=${encodeURIComponent(by)}`)); }

  async named() {
    this.properties ??= (await this.work(get(`${this.address}/properties`))).properties;
    return this.properties;
  }

  async compare(before, after) {
    const found = await this.work(get(`${this.address}/compare?before=${before}&after=${after}`));
    this.set('comparison', {...found, before, after, old: null});
    return this.comparison;
  }

  /** The meshes of another version of the open model, for what is no longer in it. */
  async version(number) {
    const {document} = number === this.model.version ? this.model : await this.work(get(`${this.address}?version=${number}`));
    return this.work(new Building(shapeOf({...this.model, document, version: number})).load());
  }
}

/** What Building needs of a model as the server tells of it. */
export const shapeOf = ({document, ...model}) => ({...model, ...pick(document), name: model.name});

const pick = ({storeys, files, origin_m, ground_m, bbox_m, footprint_m, height_m}) => ({storeys, files, origin_m, ground_m, bbox_m, footprint_m, height_m});

/** A hypothesis as a placement. */
export const placementOf = ({name, longitude, latitude, height_m, rotation_deg, scale}) =>
  ({lon: longitude, lat: latitude, height_m: height_m ?? 0, rotation_deg: rotation_deg ?? 0, scale: scale > 0.5 && scale < 2 ? scale : 1, source: name});
