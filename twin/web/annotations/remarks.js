// Annotations on a page with a map: its pins, its panel, what a click on the map does to them, and their place in the address.
//
//   &annotation=ID   the one that is open

import {Panel} from './panel.js';
import {Pins} from './pins.js';

const ID = /^[0-9a-f]{12}$/;
const NEAR = 17; // zoom from which a pin is looked at

// The component brings its own looks, wherever it is used.
const looks = new URL('remarks.css', import.meta.url).pathname;

export class Remarks {
  /**
   * @param app     the running map
   * @param options {scenario(): id of the scenario in use; none where the page has none of its own,
   *                 use(id): take a scenario up, ready: promise of what that needs, objects(): its objects {layer, fid, lon, lat, z, name}}
   */
  constructor(app, {scenario = null, use = null, ready = () => null, objects = () => []} = {}) {
    if (!document.querySelector(`link[href="${looks}"]`)) document.head.append(Object.assign(document.createElement('link'), {rel: 'stylesheet', href: looks}));
    Object.assign(this, {app, use, ready, scenario: scenario ?? (() => this.pins.notes.scenario)});
    this.pins = new Pins(app, {scenario: () => this.scenario()});
    this.notes = this.pins.notes;
    this.panel = new Panel(app, this.pins, {chooses: !scenario, objects, address: (note) => this.#address(note), fly: (note) => this.fly(note)});
    this.notes.on('chosen', () => app.later?.());
  }

  /** Ask for the annotations, and open the one that the address names. */
  async open() {
    if (!this.app.twin.bounds) return;
    const query = new URL(location.href).searchParams;
    const asked = query.get('annotation') ?? '';
    this.loaded = this.panel.attempt(Promise.all([this.pins.load(), this.panel.named()])).then(() => (ID.test(asked) ? this.panel.attempt(this.#follow(asked, query.has('lon'))) : null));
    await this.loaded;
  }

  async #follow(id, stays) {
    let note = this.notes.list.find((item) => item.id === id);
    if (!note) {
      note = await this.notes.find(id);
      if (this.use && note.scenario) { await this.ready(); this.use(note.scenario); }
      await this.notes.load(note.scenario);
    }
    this.notes.choose(id);
    if (!stays) this.fly(note);
  }

  /** Take up that another scenario is in use, or that it was edited. */
  follow() {
    const now = this.scenario();
    if (now !== this.notes.scenario && this.notes.current?.scenario) this.notes.choose('');
    return this.panel.attempt(this.pins.load());
  }

  fly(note) {
    const {engine} = this.app;
    const {pitch, bearing, zoom} = engine.view;
    engine.fly({longitude: note.lon, latitude: note.lat, zoom: Math.max(NEAR, zoom), pitch: Math.min(pitch, 50), bearing});
  }

  #address(note) {
    const address = new URL(location.href);
    for (const name of ['lon', 'lat', 'z', 'p', 'b']) address.searchParams.delete(name); // whoever opens it goes to the pin
    address.searchParams.set('annotation', note.id);
    return address.href;
  }

  write(query) { if (this.notes.chosen) query.set('annotation', this.notes.chosen); }

  /** A click on the map; true when it was taken. */
  click(info) {
    if (this.panel.placing) { this.panel.attempt(this.panel.draft.click(info)); return true; }
    const hit = this.pins.hit(info);
    if (!hit) return false;
    if (hit.length === 1) this.notes.choose(hit[0].id);
    else this.#apart(hit);
    return true;
  }

  /** Go where the pins of a group stand apart. */
  #apart(notes) {
    const {engine} = this.app;
    const ends = (name) => [Math.min(...notes.map((note) => note[name])), Math.max(...notes.map((note) => note[name]))];
    const [[west, east], [south, north]] = [ends('lon'), ends('lat')];
    const {pitch, bearing, zoom} = engine.view;
    const view = engine.viewOf([west, south, east, north], {pitch, bearing, padding: 0.3, maxZoom: NEAR + 0.6});
    engine.fly({...view, zoom: Math.max(view.zoom, Math.min(NEAR + 0.6, zoom + 1))});
  }

  cursor() { return this.panel.placing ? 'crosshair' : null; }

  /** Put away what is under way; true when something was. */
  escape() {
    if (this.panel.cancel()) return true;
    if (this.app.store.panel !== 'annotations' || !this.notes.chosen) return false;
    this.panel.close();
    return true;
  }

  viewed() { this.pins.viewed(); this.panel.moved(); }

  /** A panel was opened. */
  opened(name) { if (name !== 'annotations') this.panel.left(); }

  base(on) { this.pins.base(on); }

  render() { this.pins.draw(); }

  dispose() { this.panel.moved.cancel(); this.pins.dispose(); }
}

