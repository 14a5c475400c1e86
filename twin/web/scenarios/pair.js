// Two maps of the same place beside each other: scenario A and scenario B, under a swipe or side by side, their cameras one.

import {Stage} from '../stage/stage.js';
import {h} from '../map/dom.js';
import {t} from './text.js';

const STEP = 2; // per cent of the width that an arrow key moves the bar
const SIDES = ['a', 'b'];

export class Pair {
  /** @param page {state, moved(): told when camera or bar moved, legends(), loading(), clicked(side, info), nameOf(id)} */
  constructor(page, host) {
    Object.assign(this, {page, host});
    this.held = false;
    this.standing = false; // whether both maps are there
    this.busy = 0;
    this.panes = Object.fromEntries(SIDES.map((side) => [side, h('div.sc-pane', {'data-side': side, role: 'region'}, h('span.sc-name'))]));
    this.bar = h('div.tw-swipe.sc-bar', {role: 'slider', tabindex: '0', 'aria-valuemin': '2', 'aria-valuemax': '98', onkeydown: (event) => this.#key(event), onpointerdown: (event) => this.#grab(event)}, h('i'));
    host.append(this.panes.b, this.panes.a, this.bar);
    this.arrange();
  }

  /** Start both maps at a camera; resolves when both stand. */
  async open(view) {
    for (const side of SIDES) this[side] = new Stage(this.panes[side], {controls: true, view});
    await Promise.all(SIDES.map((side) => this[side].ready));
    if (this.gone) return;
    this.standing = true;
    for (const [side, other] of [['a', 'b'], ['b', 'a']]) {
      this[side].on('view', (camera) => { this[other].follow(camera); this.page.moved(); });
      this[side].on('legends', () => this.page.legends());
      this[side].on('click', (info) => this.page.clicked(side, info));
    }
  }

  /** The camera, which both maps share. */
  get view() { return this.standing ? this.b.view : null; }

  /** Show on one side or on both what the page's state says. */
  async show(...sides) {
    this.busy += 1;
    this.page.loading();
    try {
      const {state} = this.page;
      await Promise.all((sides.length ? sides : SIDES).map((side) => this[side].show({...this.view, scenario: state[side], show: state.show}, {ms: 0})));
      if (this.held) this.hold(true);
    } finally {
      this.busy -= 1;
      this.page.loading();
    }
  }

  /** What the maps lack of what they should show: [{zh, en}]. */
  get missing() { return SIDES.flatMap((side) => this[side]?.missing ?? []); }

  /** Put bar, panes and names where the state says. */
  arrange() {
    const {state} = this.page;
    this.host.dataset.view = state.view;
    this.bar.hidden = state.view !== 'swipe';
    this.bar.setAttribute('aria-label', t('compare.swipe'));
    for (const side of SIDES) {
      const name = `${side.toUpperCase()} · ${this.held ? t('base') : this.page.nameOf(state[side])}`;
      this.panes[side].querySelector('.sc-name').textContent = name;
      this.panes[side].setAttribute('aria-label', name);
    }
    this.move(state.at, false);
  }

  /** Put the bar at a per cent of the width. */
  move(at, tell = true) {
    const {state} = this.page;
    state.at = Math.min(98, Math.max(2, at));
    this.panes.a.style.clipPath = state.view === 'swipe' ? `inset(0 ${100 - state.at}% 0 0)` : '';
    this.bar.style.left = `${state.at}%`;
    this.bar.setAttribute('aria-valuenow', String(Math.round(state.at)));
    if (tell) this.page.moved();
  }

  /** 原状 on both sides while on. */
  hold(on) {
    this.held = on;
    if (this.standing) for (const side of SIDES) this[side].base(on);
    this.arrange();
  }

  fly(change, ms) { if (this.standing) this.b.engine.fly(change, ms); }

  /** Resolves when both maps have drawn all that is in view. */
  idle() { return Promise.all(SIDES.map((side) => this[side].idle())); }

  look(change) { if (this.standing) for (const side of SIDES) this[side].look(change); }

  #key(event) {
    const step = {ArrowLeft: -STEP, ArrowRight: STEP, Home: -100, End: 100}[event.key];
    if (!step) return;
    event.preventDefault();
    this.move(this.page.state.at + step);
  }

  #grab(event) {
    event.preventDefault();
    this.bar.focus();
    this.bar.setPointerCapture(event.pointerId);
    const box = this.host.getBoundingClientRect();
    const move = (moving) => this.move(((moving.clientX - box.left) / box.width) * 100);
    this.bar.addEventListener('pointermove', move);
    this.bar.addEventListener('lostpointercapture', () => this.bar.removeEventListener('pointermove', move), {once: true});
  }

  dispose() {
    this.gone = true;
    for (const side of SIDES) this[side]?.dispose();
  }
}
