// Objects that stand somewhere in the scenario can be dragged to another place.
//
// The pointer is watched before deck.gl sees it: where it goes down on a handle
// the map must neither move nor pick.

const REACH = 14; // CSS pixels at a laptop's size

export class Handles {
  #drag = null;

  constructor(page) {
    Object.assign(this, {page, app: page.app});
    this.down = (event) => this.#down(event);
    this.app.canvas.addEventListener('pointerdown', this.down, true);
  }

  /** The object of the scenario under a pixel of the window. */
  at({clientX, clientY}) {
    const {app, page} = this;
    if (page.tools.tool) return null;
    const box = app.canvas.getBoundingClientRect();
    const reach = REACH * app.scale();
    const off = (item) => {
      const [x, y] = app.engine.project(item.lon, item.lat, item.z ?? 0);
      return Math.hypot(x + box.left - clientX, y + box.top - clientY);
    };
    let nearest = null;
    let least = reach;
    for (const item of page.draggable()) {
      const distance = off(item);
      if (distance <= least) [nearest, least] = [item, distance];
    }
    return nearest;
  }

  #down(event) {
    const item = event.button === 0 ? this.at(event) : null;
    if (!item) return;
    event.stopPropagation();
    event.preventDefault();
    const {app, page} = this;
    const start = [event.clientX, event.clientY];
    const foot = app.engine.project(item.lon, item.lat); // what stands high is taken by its head and set down by its foot
    const place = (moving) => app.engine.unproject(foot[0] + moving.clientX - start[0], foot[1] + moving.clientY - start[1]);
    const far = (moving) => Math.hypot(moving.clientX - start[0], moving.clientY - start[1]) > 4;
    const move = (moving) => {
      moving.stopPropagation();
      if (!this.#drag && !far(moving)) return;
      this.#drag = place(moving);
      page.tools.first = {place: this.#drag, item};
      page.marks.draw();
    };
    const up = (moving) => {
      window.removeEventListener('pointermove', move, true);
      window.removeEventListener('pointerup', up, true);
      window.removeEventListener('pointercancel', up, true);
      moving.stopPropagation();
      page.tools.first = null;
      const dropped = this.#drag;
      this.#drag = null;
      page.marks.draw();
      if (dropped && moving.type === 'pointerup') page.attempt(page.scenarios.edit({kind: 'move', layer: item.layer, fid: item.fid, lon: dropped[0], lat: dropped[1]}));
      else if (!dropped && moving.type === 'pointerup') page.pressed?.(item);
    };
    window.addEventListener('pointermove', move, true);
    window.addEventListener('pointerup', up, true);
    window.addEventListener('pointercancel', up, true);
  }

  dispose() { this.app.canvas.removeEventListener('pointerdown', this.down, true); }
}
