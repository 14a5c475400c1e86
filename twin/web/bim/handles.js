// The model that is being placed is moved by its middle and turned by an arm.
//
// The pointer is watched before deck.gl sees it, as in analysis/handles.js: where
// it goes down on a handle the map must neither move nor pick.

import {Anchor} from '../map/anchor.js';

const REACH = 16; // CSS pixels at a laptop's size

export class Handles {
  on = false; // whether the handles are shown

  constructor(page) {
    Object.assign(this, {page, app: page.app, session: page.session});
    this.down = (event) => this.#down(event);
    this.app.canvas.addEventListener('pointerdown', this.down, true);
  }

  /** The handles: {kind: 'move' | 'turn', lon, lat}; none while no model is being placed by hand. */
  list() {
    const {building} = this.session;
    if (!this.on || !building?.anchor || this.app.store.panel !== 'place') return [];
    const {middle, arm} = this.#shape();
    const [at, end] = [building.anchor.toLonLat(middle), building.anchor.toLonLat([middle[0] + arm, middle[1]])];
    return [{kind: 'move', lon: at[0], lat: at[1]}, {kind: 'turn', lon: end[0], lat: end[1]}];
  }

  /** Middle of the model and length of the arm, drawn metres. */
  #shape() {
    const box = this.session.building.extent ?? [0, 0, 0, 10, 10, 0];
    return {middle: [(box[0] + box[3]) / 2, (box[1] + box[4]) / 2], arm: Math.max(8, (box[3] - box[0]) * 0.5 + 6)};
  }

  #down(event) {
    if (event.button !== 0 || this.page.tool) return;
    const box = this.app.canvas.getBoundingClientRect();
    const reach = REACH * this.app.scale();
    const item = this.list().reverse().find(({lon, lat}) => {
      const [x, y] = this.app.engine.project(lon, lat);
      return Math.hypot(x + box.left - event.clientX, y + box.top - event.clientY) <= reach;
    });
    if (!item) return;
    event.stopPropagation();
    event.preventDefault();
    const {engine} = this.app;
    const start = this.session.building.placement;
    const {middle} = this.#shape();
    const anchor = new Anchor(start);
    const pivot = anchor.toLonLat(middle);
    const from = engine.unproject(event.clientX - box.left, event.clientY - box.top);
    const move = (moving) => {
      moving.stopPropagation();
      const to = engine.unproject(moving.clientX - box.left, moving.clientY - box.top);
      const place = item.kind === 'move'
        ? {...start, lon: start.lon + to[0] - from[0], lat: start.lat + to[1] - from[1]}
        : turned(start, pivot, middle, angle(pivot, to) - angle(pivot, from), moving.shiftKey);
      this.session.try({...place, source: 'by hand'});
    };
    const up = (moving) => {
      window.removeEventListener('pointermove', move, true);
      window.removeEventListener('pointerup', up, true);
      window.removeEventListener('pointercancel', up, true);
      moving.stopPropagation();
    };
    window.addEventListener('pointermove', move, true);
    window.addEventListener('pointerup', up, true);
    window.addEventListener('pointercancel', up, true);
  }

  dispose() { this.app.canvas.removeEventListener('pointerdown', this.down, true); }
}

/** Degrees from east, counter-clockwise, of the way from one [lon, lat] to another. */
function angle(from, to) {
  const [east, north] = new Anchor({lon: from[0], lat: from[1]}).fromLonLat(to);
  return (Math.atan2(north, east) * 180) / Math.PI;
}

/** A placement turned about a point of the model that stays where it is; `steps` of 15 degrees. */
export function turned(placement, pivot, point, by, steps = false) {
  let rotation = placement.rotation_deg + by;
  if (steps) rotation = Math.round(rotation / 15) * 15;
  rotation = ((((rotation + 180) % 360) + 360) % 360) - 180;
  const [x, y] = [-point[0], -point[1]];
  const [lon, lat] = new Anchor({...placement, lon: pivot[0], lat: pivot[1], rotation_deg: rotation}).toLonLat([x, y]);
  return {...placement, lon, lat, rotation_deg: rotation};
}
