// Two states of the same view beside each other: a second engine over the left part, a bar to drag between them.

import {h} from './dom.js';
import {Engine} from './engine.js';
import {rgb, theme} from './text.js';

const MIRRORED = new Set(['labels', 'selection']);
const STEP = 2; // per cent of the width that an arrow key moves the bar

export class Swipe {
  #off = [];

  /**
   * @param app   the running map, which shows the right side
   * @param options {left, right: names of the sides; label: of the bar; at: per cent from the left;
   *                 looks(id, level, layer): of the left side; moved(at)}
   */
  constructor(app, {left, right, label, at = 50, looks, moved}) {
    Object.assign(this, {app, moved});
    this.side = h('div.tw-canvas.tw-swipe-side', {'aria-hidden': 'true'});
    app.canvas.after(this.side);
    this.bar = h('div.tw-swipe', {role: 'slider', tabindex: '0', 'aria-label': label, 'aria-valuemin': '0', 'aria-valuemax': '100',
      onkeydown: (event) => this.#key(event), onpointerdown: (event) => this.#grab(event)},
    h('span.tw-swipe-name', {}, left), h('i', {}), h('span.tw-swipe-name', {}, right));
    this.side.after(this.bar);
    this.engine = new Engine(this.side, {assets: app.assets, view: {...app.engine.view}, still: true});
    this.engine.looks((id, level, layer) => app.seen(id, layer, looks(id, level, layer)));
    this.scene();
    app.engine.mirror = {overlay: (name, layers) => { if (MIRRORED.has(name)) this.engine.overlay(name, layers); }};
    for (const name of MIRRORED) this.engine.overlay(name, app.engine.copies(name));
    this.#off.push(app.store.on('legends', () => this.scene()), app.store.on('opacity', () => this.engine.redraw()));
    this.move(at);
  }

  /** Draw the scene of the right side on the left one, too. */
  scene() {
    if (!this.app.drawn) return;
    this.engine.scene(this.app.drawn, rgb('ground'), this.app.scale());
    this.engine.light(null, theme());
  }

  /** Stand where the camera of the right side stands. */
  follow() { this.engine.follow(this.app.engine.view); }

  /** Put the bar at a per cent of the width. */
  move(at) {
    this.at = Math.min(98, Math.max(2, at));
    this.side.style.clipPath = `inset(0 ${100 - this.at}% 0 0)`;
    this.bar.style.left = `${this.at}%`;
    this.bar.setAttribute('aria-valuenow', String(Math.round(this.at)));
    this.moved?.(this.at);
  }

  #key(event) {
    const step = {ArrowLeft: -STEP, ArrowRight: STEP, Home: -100, End: 100}[event.key];
    if (!step) return;
    event.preventDefault();
    event.stopPropagation();
    this.move(this.at + step);
  }

  #grab(event) {
    event.preventDefault();
    this.bar.focus();
    this.bar.setPointerCapture(event.pointerId);
    const box = this.app.host.getBoundingClientRect();
    const move = (moving) => this.move(((moving.clientX - box.left) / box.width) * 100);
    this.bar.addEventListener('pointermove', move);
    this.bar.addEventListener('lostpointercapture', () => this.bar.removeEventListener('pointermove', move), {once: true});
  }

  dispose() {
    this.#off.forEach((off) => off());
    this.app.engine.mirror = null;
    this.engine.dispose();
    this.side.remove();
    this.bar.remove();
  }
}
