// The guided tour: viewpoint after viewpoint in time, round and round; whoever touches the wall stops it for a while.
//
// Topics: at (another viewpoint begins), state (paused or not), base.

import {Store} from '../map/store.js';

const TICK_MS = 200;
const AGAIN_MS = 5000; // after a viewpoint could not be shown

export class Guide extends Store {
  #spent = 0;
  #last = 0;
  #changing = false;
  #wait = 0;

  /** @param options {show(viewpoint): promise of it being shown, prepare(viewpoint), resume_s: idle seconds after which a touched tour goes on} */
  constructor({show, prepare, resume_s}) {
    super({viewpoints: [], index: -1, first: 0, wanted: null, paused: false, touched: 0, held: false});
    Object.assign(this, {show, prepare, resume_s});
    this.timer = setInterval(() => this.#tick(), TICK_MS);
  }

  get viewpoint() { return this.viewpoints[this.index] ?? null; }

  /** Seconds that the present one has been shown. */
  get elapsed_s() { return this.#spent / 1000; }

  /** Share of its time that the present viewpoint has had. */
  get progress() { return this.viewpoint ? Math.min(1, this.elapsed_s / this.viewpoint.duration_s) : 0; }

  /** Take a tour up; what is shown stays where it is still in it. */
  take(viewpoints, start = 0) {
    const same = JSON.stringify(viewpoints) === JSON.stringify(this.viewpoints);
    if (same) return;
    const shown = this.viewpoint;
    this.viewpoints = viewpoints;
    if (!viewpoints.length) { this.index = -1; return; }
    this.first = ((start % viewpoints.length) + viewpoints.length) % viewpoints.length;
    const found = shown ? viewpoints.findIndex((item) => item.id === shown.id) : -1;
    if (found >= 0 && JSON.stringify(viewpoints[found]) === JSON.stringify(shown)) { this.index = found; this.tell('at', shown); return; }
    this.go(found >= 0 ? found : shown ? Math.min(this.index, viewpoints.length - 1) : this.first);
  }

  /** Show the viewpoint at a place of the tour; the last asked for counts. */
  async go(index) {
    const {length} = this.viewpoints;
    if (!length) return;
    this.wanted = ((index % length) + length) % length;
    if (this.#changing) return;
    this.#changing = true;
    try {
      while (this.wanted !== null) {
        const at = this.wanted;
        this.wanted = null;
        await this.show(this.viewpoints[at], () => this.#arrived(at));
        if (this.index !== at) this.#arrived(at);
      }
    } catch (error) {
      console.warn(error);
      this.#wait = performance.now() + AGAIN_MS; // what is shown stays; the next one is tried then
    } finally {
      this.#changing = false;
    }
    const next = this.viewpoints[(this.index + 1) % length];
    if (next && length > 1) this.prepare(next);
  }

  #arrived(at) {
    this.index = at;
    this.#spent = 0;
    this.#last = performance.now();
    this.tell('at', this.viewpoints[at]);
  }

  next() { this.go((this.wanted ?? this.index) + 1); }
  previous() { this.go((this.wanted ?? this.index) - 1); }

  pause(on = true) {
    if (this.paused === on && !this.touched) return;
    this.paused = on;
    this.touched = 0;
    this.tell('state');
  }

  /** Somebody looks closer: stop, and go on when nobody has touched anything for a while. */
  touch() {
    this.touched = performance.now();
    this.tell('state');
  }

  /** Whether time stands still now. */
  get waiting() { return this.paused || this.touched > 0 || this.held; }

  #tick() {
    const now = performance.now();
    const passed = this.#last ? Math.min(1000, now - this.#last) : 0;
    this.#last = now;
    if (this.touched && now - this.touched > this.resume_s * 1000 && !this.held) { this.touched = 0; this.tell('state'); }
    if (this.#changing || now < this.#wait || !this.viewpoints.length) return;
    if (this.index < 0) { this.go(this.wanted ?? this.first); return; }
    if (this.waiting) return;
    this.#spent += passed;
    if (this.#spent >= this.viewpoint.duration_s * 1000) {
      if (this.viewpoints.length > 1) this.next();
      else { this.#spent = 0; this.tell('state'); }
    }
  }

  stop() { clearInterval(this.timer); }
}
