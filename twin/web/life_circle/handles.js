// Objects that the scenario added or moved can be dragged to another place.
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
    if (page.tools.tool || app.store.panel !== 'scenario') return null;
    const box = app.canvas.getBoundingClientRect();
    const off = (item) => {
      const [x, y] = app.engine.project(item.lon, item.lat);
      return Math.hypot(x + box.left - clientX, y + box.top - clientY);
    };
    return page.marks.placed.find((item) => off(item) <= REACH * app.scale()) ?? null;
  }

  #down(event) {
    const item = event.button === 0 ? this.at(event) : null;
    if (!item) return;
    event.stopPropagation();
    event.preventDefault();
    const {app, page} = this;
    const start = [event.clientX, event.clientY];
    const place = (moving) => {
      const box = app.canvas.getBoundingClientRect();
      return app.engine.unproject(moving.clientX - box.left, moving.clientY - box.top);
    };
    const far = (moving) => Math.hypot(moving.clientX - start[0], moving.clientY - start[1]) > 4;
    const move = (moving) => {
      moving.stopPropagation();
      if (!this.#drag && !far(moving)) return;
      this.#drag = place(moving);
      page.tools.first = {place: this.#drag};
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
      if (dropped && moving.type === 'pointerup') page.attempt(page.scenarios.edit({kind: 'move', layer: item.layer, fid: item.fid, lon: dropped[0], lat: dropped[1]}));
      else page.marks.draw();
    };
    window.addEventListener('pointermove', move, true);
    window.addEventListener('pointerup', up, true);
    window.addEventListener('pointercancel', up, true);
  }

  dispose() { this.app.canvas.removeEventListener('pointerdown', this.down, true); }
}
