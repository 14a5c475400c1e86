// Where a camera stands to show a model or a part of it.

const LARGEST = 21.5; // zoom
const SCREENS = 1.5; // deck.gl's camera stands this many screens away from the point it looks at

/**
 * The view that shows a box of a model's drawn metres, or all of it, beside what is open over the map.
 *
 * A tower needs its height fitted, not its footprint; and a camera looks at a point of
 * the ground, which must lie as far behind the box as the box's middle is high.
 */
export function viewOf(building, part, app, {pitch = 52, bearing = app.engine.view.bearing || -20} = {}) {
  const box = part ?? building.extent;
  if (!box || !building.anchor) return null;
  const {engine} = app;
  const [tilt, turn] = [(pitch * Math.PI) / 180, (bearing * Math.PI) / 180];
  const size = Math.max(part ? 6 : 12, Math.hypot(box[3] - box[0], box[4] - box[1], box[5] - box[2]));
  const {clientWidth: width, clientHeight: high} = engine.parent;
  const [left, right] = free(app, width);
  const height = Math.max(0, (box[2] + box[5]) / 2 + building.base);
  const distance = (size * SCREENS * high) / Math.min((right - left) * 0.8, high * (part ? 0.5 : 0.78));
  const [lon, lat] = building.anchor.toLonLat([(box[0] + box[3]) / 2, (box[1] + box[4]) / 2]);
  const narrow = Math.cos((lat * Math.PI) / 180);
  const zoom = Math.min(LARGEST, Math.log2((40.03e6 * narrow * SCREENS * high) / (512 * (distance + height / Math.cos(tilt)))));
  const back = height * Math.tan(tilt);
  const aside = (((left + right) / 2 - width / 2) * distance) / (SCREENS * high); // metres to the right of the screen's middle
  const [east, north] = [back * Math.sin(turn) - aside * Math.cos(turn), back * Math.cos(turn) + aside * Math.sin(turn)];
  return {longitude: lon + east / (111_320 * narrow), latitude: lat + north / 110_950, zoom, pitch, bearing};
}

/** The part of the map's width that no panel and no card covers. */
function free(app, width) {
  const box = app.host.getBoundingClientRect();
  const {panel} = app.shell;
  const left = panel.hidden ? 0 : panel.getBoundingClientRect().right - box.left;
  const right = app.card.element.hidden ? width : app.card.element.getBoundingClientRect().left - box.left;
  return right - left > width / 3 ? [left, right] : [0, width];
}
