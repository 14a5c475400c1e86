// Where a camera stands to show a model or a part of it.

/**
 * The view that shows a box of a model's drawn metres, or all of it.
 *
 * A tower needs its height fitted, not its footprint; and a camera looks at a point of
 * the ground, which must lie as far behind the box as the box's middle is high.
 */
export function viewOf(building, part, app) {
  const box = part ?? building.extent;
  if (!box || !building.anchor) return null;
  const {engine} = app;
  const [pitch, bearing] = [52, engine.view.bearing || -20];
  const [tilt, turn] = [(pitch * Math.PI) / 180, (bearing * Math.PI) / 180];
  const size = Math.max(part ? 6 : 12, Math.hypot(box[3] - box[0], box[4] - box[1], box[5] - box[2]));
  const {clientWidth: width, clientHeight: high} = engine.parent;
  const lift = building.liftOf(part ? building.storeys.length : 0);
  const height = Math.max(0, (box[2] + box[5]) / 2 + building.base + lift);
  // deck.gl's camera stands one and a half screens away from the point it looks at.
  const away = (size * 1.5 * high) / Math.min(width * 0.52, high * (part ? 0.5 : 0.78)) + height / Math.cos(tilt);
  const [lon, lat] = building.anchor.toLonLat([(box[0] + box[3]) / 2, (box[1] + box[4]) / 2]);
  const narrow = Math.cos((lat * Math.PI) / 180);
  const zoom = Math.min(21.5, Math.log2((40.03e6 * narrow * 1.5 * high) / (512 * away)));
  const back = height * Math.tan(tilt);
  return {longitude: lon + (back * Math.sin(turn)) / (111_320 * narrow), latitude: lat + (back * Math.cos(turn)) / 110_950, zoom, pitch, bearing};
}
