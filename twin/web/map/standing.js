// Placed building models that stand in view, drawn when one is near; the generic buildings they stand for are left out.

import {Building} from './building.js';
import {h, icon} from './dom.js';
import {rowOf} from './engine.js';
import {pageAddress} from './pages.js';
import {t} from './text.js';

const NEAR = 15; // zoom from which models are drawn
const PAUSE_MS = 250;
const MOST = 24; // models drawn at once, the nearest to the middle

export class Standing {
  #models = new Map(); // id and version -> Building
  #asked = '';
  #timer = 0;
  #also = [];
  #stamp = 0;
  #hidden = new Set();
  #seen = false; // whether the camera was near enough

  /** @param app the running map; @param options {skips(id): models that somebody else draws, changed(): called when more came} */
  constructor(app, {skips = () => false, changed = () => {}} = {}) { Object.assign(this, {app, skips, changed}); }

  get near() { return this.app.engine.view.zoom >= NEAR; }

  /** Follow the camera: ask what stands in view once it rests. */
  viewed() {
    clearTimeout(this.#timer);
    this.#timer = setTimeout(() => this.look().catch((error) => console.warn(error)), PAUSE_MS);
  }

  async look() {
    if (this.app.gone) return;
    if (this.#seen !== this.near) { this.#seen = this.near; this.#came(); }
    if (!this.near) return;
    const {viewport, view} = this.app.engine;
    const [w, s, e, n] = viewport.getBounds();
    const step = 0.004; // asked for in steps, so that a small move asks nothing
    const box = [Math.floor(w / step) * step, Math.floor(s / step) * step, Math.ceil(e / step) * step, Math.ceil(n / step) * step].map((value) => value.toFixed(4)).join();
    if (box === this.#asked) return;
    this.#asked = box;
    const reply = await fetch(`/api/bim/placed?bbox=${box}`);
    if (!reply.ok || this.app.gone || box !== this.#asked) return;
    const off = ({placement}) => Math.hypot(placement.lon - view.longitude, placement.lat - view.latitude);
    const found = (await reply.json()).models.sort((a, b) => off(a) - off(b)).slice(0, MOST);
    const kept = new Map();
    for (const model of found) {
      const key = `${model.id}-${model.version}`;
      const building = this.#models.get(key) ?? new Building(model);
      building.place(model.placement);
      building.model = model;
      kept.set(key, building);
      if (!building.loading) building.loading = building.load().then(() => this.#came()).catch((error) => console.warn(error));
    }
    this.#models = kept;
    this.#came();
  }

  /** Ask anew, as after a model was placed elsewhere. */
  renew() { this.#asked = ''; this.viewed(); }

  #came() {
    if (this.app.gone) return;
    this.changed();
    this.hide(this.#also);
  }

  /** What is drawn; in the order of their ids, so that of two on one spot the same is above and picked from everywhere. */
  get shown() { return this.near ? [...this.#models.values()].filter((building) => building.chunks && !this.skips(building.id)).sort((a, b) => (a.id < b.id ? -1 : 1)) : []; }

  layers() { return this.shown.flatMap((building) => building.layers()); }

  /** Leave out generic buildings: those of the models drawn here, and of `also`: as the server tells of them. */
  hide(also = []) {
    this.#also = also;
    // Tiles number the rows of their own generation; of another one the number is another building's.
    const {generation} = this.app.layer.building ?? {};
    const rows = new Set([...also, ...this.shown.map(({model}) => model.building)].filter((item) => item && item.generation === generation).map(({row}) => row));
    if (rows.size === this.#hidden.size && [...rows].every((row) => this.#hidden.has(row))) return;
    this.#hidden = rows;
    this.#stamp += 1;
    this.app.engine.redraw();
  }

  /** What is laid over the building layer so that they are left out; see Engine.looks. */
  looks(id, level, layer) {
    if (id !== 'building' || !this.#stamp) return null;
    const hidden = this.#hidden;
    return {
      getOmission: (feature, info) => (hidden.has(rowOf(info)) ? 1 : 0),
      updateTriggers: {...layer.props.updateTriggers, getOmission: this.#stamp},
    };
  }

  /** The colours of the theme anew. */
  paint() {
    for (const building of this.#models.values()) building.look();
    if (this.#models.size) this.changed();
  }

  /** A click on a model opens the card of its building; true when one was hit. */
  click(info) {
    const {model} = info.object?.building ?? {};
    if (!model) return false;
    if (model.building) this.app.select('building', model.building.fid).catch(() => this.app.shell.say(t('card.gone')));
    else this.app.shell.say(t('models.name', {name: model.name}), h('a', {href: this.#page(model.id), 'data-key': 'model'}, t('models.open')));
    return true;
  }

  #page(id) { return `${pageAddress('bim')}&model=${id}`; }

  /** The way to the model of a card's building. */
  links(card) {
    const found = card.layer === 'building' && [...this.#models.values()].find(({model}) => model.building?.fid === card.fid);
    return found ? h('a.tw-button', {href: this.#page(found.id), 'data-key': 'model'}, icon('models'), t('models.open')) : null;
  }

  dispose() { clearTimeout(this.#timer); }
}
