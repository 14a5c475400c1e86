// Measuring on the map: distance, area and height, on the ellipsoid.

import {fill, h, icon} from './dom.js';
import {nameOf} from './engine.js';
import {area, length, quantity} from './format.js';
import {pathLength, ringArea} from './geodesy.js';
import {rgb, t, tokens} from './text.js';

const TOOLS = ['distance', 'area', 'height'];

export class Measure {
  constructor(app) {
    this.app = app;
    this.tool = '';
    this.points = [];
    this.heights = [];
    this.done = false;
    app.canvas.addEventListener('dblclick', () => { if (this.active && this.tool !== 'height') this.finish(); });
  }

  get title() { return t('measure'); }
  get active() { return this.tool !== '' && !this.done; }

  render(body) {
    this.body = body;
    this.tools = h('div.tw-tools', {role: 'radiogroup', 'aria-label': t('measure')}, TOOLS.map((tool) => h('button.tw-tool', {
      type: 'button', role: 'radio', 'aria-checked': String(this.tool === tool), 'data-tool': tool, onclick: () => this.begin(this.tool === tool && !this.done ? '' : tool),
    }, icon(tool), h('span', {}, t(`measure.${tool}`)))));
    this.result = h('div.tw-measured', {'aria-live': 'polite'});
    this.undoButton = h('button.tw-button', {type: 'button', onclick: () => this.undo()}, icon('undo'), t('measure.undo'));
    this.clearButton = h('button.tw-button', {type: 'button', onclick: () => this.begin(this.tool)}, icon('trash'), t('measure.clear'));
    this.finishButton = h('button.tw-button.tw-primary', {type: 'button', onclick: () => this.finish()}, icon('check'), t('measure.finish'));
    this.help = h('p.tw-note');
    fill(body, this.tools, this.result, h('div.tw-buttons', {}, this.undoButton, this.clearButton, this.finishButton), this.help);
    this.write();
  }

  /** Start (again) with a tool; empty puts measuring away. */
  begin(tool) {
    Object.assign(this, {tool, points: [], heights: [], done: false});
    this.app.engine.doubleClickZoom = !tool;
    this.draw();
  }

  stop() { this.begin(''); }

  click(info) {
    if (this.tool === 'height') { this.measureHeight(info); return; }
    const place = info.coordinate ?? (info.x !== undefined && this.app.engine.unproject(info.x, info.y));
    if (!place) return;
    // On a building the pick is on its roof; the ground under the pointer is what is meant.
    const [lon, lat] = this.app.engine.unproject(info.x, info.y);
    const last = this.points.at(-1);
    if (last && Math.abs(last[0] - lon) < 1e-7 && Math.abs(last[1] - lat) < 1e-7) return;
    this.points.push([lon, lat]);
    this.draw();
  }

  measureHeight(info) {
    const properties = info.object?.properties;
    const value = properties?.height_m;
    if (typeof value !== 'number' || properties.n !== undefined) { this.app.shell.say(t('measure.height.help')); return; }
    const [lon, lat] = info.coordinate;
    const measured = {place: [lon, lat], height: value, area: null};
    this.heights.push(measured);
    this.draw();
    this.#footprint(info).then((metres) => { measured.area = metres; this.write(); }).catch((error) => console.warn(error));
  }

  /** Area of the ground a building stands on, m²; null where it is not known. */
  async #footprint({layer, object}) {
    const {id, generation} = this.app.layer[nameOf(layer.id)] ?? {};
    const reply = id && object.id !== undefined ? await fetch(`/api/layers/${id}/rows/${generation}/${object.id}`) : null;
    const card = reply?.ok ? await reply.json() : null;
    return card?.measure?.kind === 'area' ? card.measure.value : null;
  }

  undo() {
    if (this.tool === 'height') this.heights.pop();
    else this.points.pop();
    this.done = false;
    this.draw();
  }

  finish() {
    if (this.tool === 'height' || this.points.length < (this.tool === 'area' ? 3 : 2)) return;
    // A double click has set two points on one place.
    const [a, b] = this.points.slice(-2).map(([lon, lat]) => this.app.engine.project(lon, lat));
    if (this.points.length > 2 && Math.hypot(a[0] - b[0], a[1] - b[1]) < 4) this.points.pop();
    this.done = true;
    setTimeout(() => { if (this.done || !this.tool) this.app.engine.doubleClickZoom = true; }, 300);
    this.draw();
  }

  key(event) {
    if (!this.active) return false;
    if (event.key === 'Enter') this.finish();
    else if (event.key === 'Backspace') this.undo();
    else return false;
    return true;
  }

  escape() {
    if (!this.tool) return false;
    this.stop();
    return true;
  }

  /** What has been measured so far, as the panel and tests read it. */
  values() {
    if (this.tool === 'distance') return {metres: pathLength(this.points)};
    if (this.tool === 'area') return {square_metres: this.points.length > 2 ? ringArea(this.points) : 0, perimeter_metres: pathLength([...this.points, ...this.points.slice(0, 1)])};
    if (this.tool === 'height') return {heights: this.heights.map((item) => item.height), volumes_m3: this.heights.map((item) => item.area && item.area * item.height)};
    return {};
  }

  write() {
    if (!this.body?.isConnected) return;
    for (const button of this.tools.children) button.setAttribute('aria-checked', String(button.dataset.tool === this.tool));
    const measured = this.values();
    const line = (title, value) => h('div', {}, h('span', {}, title), h('b', {}, value));
    const parts = {
      distance: () => [line(t('measure.length'), length(measured.metres))],
      area: () => [line(t('measure.area.value'), area(measured.square_metres)), line(t('measure.perimeter'), length(measured.perimeter_metres))],
      height: () => this.heights.length
        ? [...this.heights.flatMap((item, index) => [line(t('measure.height.of', {n: index + 1}), quantity(item.height, 'm', 1)), item.area ? line(t('measure.volume'), quantity(item.area * item.height, 'm³', 0)) : null]),
          this.heights.length > 1 ? line(t('measure.height.difference'), quantity(this.heights.at(-1).height - this.heights.at(-2).height, 'm', 1)) : null]
        : [],
    };
    fill(this.result, this.tool ? parts[this.tool]() : null);
    const any = this.points.length + this.heights.length > 0;
    this.undoButton.disabled = !any;
    this.clearButton.disabled = !any;
    this.finishButton.hidden = this.tool === 'height' || !this.tool;
    this.finishButton.disabled = this.done || this.points.length < (this.tool === 'area' ? 3 : 2);
    this.help.textContent = t(!this.tool ? 'measure.help' : this.tool === 'height' ? 'measure.height.help' : this.done ? 'measure.done' : 'measure.draw.help');
  }

  draw() {
    this.write();
    const D = window.deck;
    const {engine} = this.app;
    const scale = this.app.scale();
    if (!this.points.length && !this.heights.length) { engine.overlay('measure', []); return; }
    const accent = rgb('warn', 255);
    const onTop = {parameters: {depthCompare: 'always', depthWriteEnabled: false}, shadowEnabled: false};
    const layers = [];
    const ring = this.tool === 'area' && this.points.length > 2;
    if (ring) layers.push(new D.SolidPolygonLayer({id: 'measure-area', data: [this.points], getPolygon: (points) => points, getFillColor: rgb('warn', 56), material: false, ...onTop}));
    if (this.points.length) {
      layers.push(new D.PathLayer({id: 'measure-line', data: [ring ? [...this.points, this.points[0]] : this.points], getPath: (points) => points,
        getColor: accent, getWidth: 3 * scale, widthUnits: 'pixels', jointRounded: true, capRounded: true, ...onTop}));
      layers.push(new D.ScatterplotLayer({id: 'measure-points', data: this.points, getPosition: (point) => point, getRadius: 4.5 * scale, radiusUnits: 'pixels',
        getFillColor: rgb('panel_solid', 255), getLineColor: accent, stroked: true, getLineWidth: 2 * scale, lineWidthUnits: 'pixels', ...onTop}));
    }
    if (this.heights.length) {
      layers.push(new D.LineLayer({id: 'measure-heights', data: this.heights, getSourcePosition: (item) => [...item.place, 0], getTargetPosition: (item) => [...item.place, item.height],
        getColor: accent, getWidth: 3 * scale, widthUnits: 'pixels', ...onTop}));
    }
    layers.push(new D.TextLayer({
      id: 'measure-text', data: this.texts(), getPosition: (item) => item.place, getText: (item) => item.text, getSize: 14 * scale, getColor: rgb('text_1', 255),
      background: true, getBackgroundColor: rgb('panel_solid', 235), backgroundPadding: [6 * scale, 3 * scale], getPixelOffset: [0, -18 * scale],
      fontFamily: tokens().font, fontWeight: 600, characterSet: 'auto', ...onTop,
    }));
    engine.overlay('measure', layers);
  }

  /** Where results are written on the map. */
  texts() {
    if (this.tool === 'height') return this.heights.map((item) => ({place: [...item.place, item.height], text: quantity(item.height, 'm', 1)}));
    const measured = this.values();
    if (this.tool === 'area' && this.points.length > 2) {
      const middle = [0, 1].map((axis) => this.points.reduce((sum, point) => sum + point[axis], 0) / this.points.length);
      return [{place: middle, text: area(measured.square_metres)}];
    }
    return this.points.slice(1).map((point, index) => ({place: point, text: length(pathLength(this.points.slice(0, index + 2)))}));
  }
}
