// What a click on the map does while something is being placed: one tool at a time.
//
// A tool is {name, cursor, pick: layers that may be hit | null, anywhere: also
// where nothing is hit, use(place, object)}. `place` is [lon, lat] on the ground,
// `object` the card of what was hit, or what Marks.placed tells of it. `first` holds the first of two clicks.

import {get} from '../page/api.js';
import {nameOf} from '../map/engine.js';
import {sentence} from './text.js';

export class Tools {
  constructor(page) { Object.assign(this, {page, app: page.app, tool: null, first: null}); }

  /** Take a tool into the hand; null, or the same again, puts it away. */
  take(tool) {
    this.tool = tool && tool.name !== this.tool?.name ? tool : null;
    this.first = null;
    for (const layer of this.tool?.pick ?? []) if (this.app.layer[layer]?.rows && !this.app.store.layers[layer].on) this.app.store.layer(layer, {on: true});
    this.page.tool();
  }

  /** The ground under a pixel, whatever was hit above it. */
  click(info) {
    if (!this.tool) return false;
    this.#use(info).catch((error) => this.app.shell.say(sentence(error)));
    return true;
  }

  /** The same in the middle of the view, for the keyboard. */
  here() {
    const {clientWidth, clientHeight} = this.app.canvas;
    const [x, y] = [clientWidth / 2, clientHeight / 2];
    const place = this.app.engine.unproject(x, y);
    return this.click({x, y, coordinate: place});
  }

  async #use({x, y}) {
    const {tool, app} = this;
    const place = app.engine.unproject(x, y);
    const object = tool.pick ? await this.#hit(x, y, tool.pick) : null;
    if (tool.pick && !object && !tool.anywhere) { app.shell.say(this.page.text(`tool.${tool.name}.miss`)); return; }
    await tool.use(place, object);
  }

  /** The object at a pixel: of the scenario first, else of the layers. */
  async #hit(x, y, layers) {
    const {app} = this;
    const placed = this.page.marks.placed.find((item) => layers.includes(item.layer) && near(app.engine.project(item.lon, item.lat, item.z), [x, y], 12 * app.scale()));
    if (placed) return placed;
    const ids = app.engine.deck.props.layers.map((layer) => layer.id).filter((id) => layers.includes(nameOf(id)));
    const info = app.engine.deck.pickObject({x, y, radius: Math.round(8 * app.scale()), layerIds: ids});
    if (!info?.object || info.object.id === undefined) return null;
    const layer = nameOf(info.layer.id);
    return get(`/api/layers/${layer}/rows/${app.layer[layer].generation}/${info.object.id}`);
  }

  /** Put the tool away; true when there was one. */
  escape() {
    if (!this.tool) return false;
    if (this.first) { this.first = null; this.page.tool(); } else this.take(null);
    return true;
  }
}

const near = ([a, b], [x, y], reach) => Math.hypot(a - x, b - y) <= reach;
