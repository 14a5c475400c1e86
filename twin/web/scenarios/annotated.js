// Annotations of the two scenarios: pins on both maps, and the panel of those under B.
//
// The panel and the pins are those of every map; they work on a map of their own,
// which here is B's, with the panel, notices and work of this page around it.

import {Pins} from '../annotations/pins.js';
import {Remarks} from '../annotations/remarks.js';
import {h} from '../map/dom.js';
import {get} from '../page/api.js';
import {t} from './text.js';

export class Annotated {
  #panel = null; // body of the panel that waits for the maps

  constructor(page) { this.page = page; }

  get title() { return this.remarks?.panel.title ?? t('panel.annotations'); }

  render(body) {
    if (this.remarks) this.remarks.panel.render(body);
    else {
      this.#panel = body;
      body.replaceChildren(h('p.tw-note', {}, t('computing')));
    }
  }

  /** Both maps stand. */
  async open() {
    const {page} = this;
    const {state} = page;
    this.remarks = new Remarks(this.#map(), {scenario: () => state.b, objects: () => []});
    this.remarks.panel.address = (note) => this.#address(note);
    this.pins = new Pins(page.pair.a.app, {scenario: () => state.a});
    if (this.#panel?.isConnected) this.remarks.panel.render(this.#panel);
    await Promise.all([this.remarks.open(), this.pins.load()]);
  }

  /** B's map as the panel and the pins know it. */
  #map() {
    const {page} = this;
    const {app} = page.pair.b;
    return Object.create(app, {
      host: {value: page.host},
      store: {value: {get panel() { return page.state.panel; }}},
      shell: {value: {work: (promise) => page.work(promise), say: (text) => page.say(text), open: (name, focus) => page.chrome.open(name, focus), get panel() { return page.chrome.panel; }}},
      select: {value: (layer, fid) => this.#fly(layer, fid)},
      later: {value: () => page.changed()},
    });
  }

  async #fly(layer, fid) {
    const card = await get(`/api/layers/${layer}/features/${fid}`);
    this.page.pair.fly({longitude: card.lon, latitude: card.lat, zoom: Math.max(16, this.page.pair.view.zoom)});
  }

  /** What opens one annotation in this comparison; whoever opens it goes to the pin. */
  #address(note) {
    const address = new URL(this.page.address());
    for (const name of ['lon', 'lat', 'z', 'p', 'r']) address.searchParams.delete(name);
    address.searchParams.set('annotation', note.id);
    return address.href;
  }

  /** Another scenario on a side, or another edit. */
  follow(...sides) {
    if (!this.remarks) return null;
    return Promise.all([sides.includes('b') ? this.remarks.follow() : null, sides.includes('a') ? this.page.attempt(this.pins.load()) : null]);
  }

  viewed() { this.remarks?.viewed(); this.pins?.viewed(); }
  base(on) { this.remarks?.base(on); this.pins?.base(on); }
  draw() { this.remarks?.render(); this.pins?.draw(); }
  opened(name) { this.remarks?.opened(name); }
  escape() { return this.remarks?.escape() ?? false; }

  /** A click on a map; true when it was taken. */
  click(side, info) {
    if (side === 'b') return this.remarks?.click(info) ?? false;
    const [note] = this.pins?.hit(info) ?? [];
    if (note) this.page.pair.fly({longitude: note.lon, latitude: note.lat, zoom: Math.max(17, this.page.pair.view.zoom)});
    return Boolean(note);
  }

  write(address) { if (this.remarks?.notes.chosen) address.searchParams.set('annotation', this.remarks.notes.chosen); }
}
