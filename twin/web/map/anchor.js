// Where a building model stands: between metres of the model and longitude and latitude.
//
// The ground around the anchor is the transverse Mercator plane centred on it, as in
// bim.georeference.placement; its series to second order, which at 500 m is within a millimetre.

const A = 6378137;
const F = 1 / 298.257222101;
const E2 = F * (2 - F);
const RADIANS = Math.PI / 180;
const DRAWN = 40.03e6 / (2 * Math.PI); // radius of the sphere by which deck.gl turns metres into degrees

export class Anchor {
  /** @param placement {lon, lat, height_m, rotation_deg, scale}: where the drawn origin stands, and how the model's x axis is turned from east, counter-clockwise */
  constructor({lon, lat, height_m = 0, rotation_deg = 0, scale = 1}) {
    Object.assign(this, {lon, lat, height_m: height_m ?? 0, rotation_deg: rotation_deg ?? 0, scale: scale ?? 1});
    const sine = Math.sin(lat * RADIANS);
    const w = 1 - E2 * sine * sine;
    this.meridian = (A * (1 - E2)) / w ** 1.5; // radii of curvature, to the north and to the east
    this.normal = A / Math.sqrt(w);
    const turn = this.rotation_deg * RADIANS;
    [this.cos, this.sin] = [Math.cos(turn), Math.sin(turn)];
  }

  /** [lon, lat] of metres from the origin. */
  toLonLat([x, y]) {
    const east = this.scale * (x * this.cos - y * this.sin);
    const north = this.scale * (x * this.sin + y * this.cos);
    const foot = this.lat * RADIANS + north / this.meridian;
    const bent = (east * east * Math.tan(foot)) / (2 * this.meridian * this.normal);
    return [this.lon + east / (this.normal * Math.cos(foot)) / RADIANS, (foot - bent) / RADIANS];
  }

  /** Metres from the origin of [lon, lat]. */
  fromLonLat([lon, lat]) {
    let east = 0;
    let foot = lat * RADIANS;
    for (let turn = 0; turn < 3; turn += 1) {
      east = (lon - this.lon) * RADIANS * this.normal * Math.cos(foot);
      foot = lat * RADIANS + (east * east * Math.tan(foot)) / (2 * this.meridian * this.normal);
    }
    const north = (foot - this.lat * RADIANS) * this.meridian;
    return [(east * this.cos + north * this.sin) / this.scale, (north * this.cos - east * this.sin) / this.scale];
  }

  /** The matrix, column by column, from metres of the model to those that deck.gl draws around the anchor; `base` lifts. */
  matrix(base = 0) {
    const [sx, sy] = [(this.scale * DRAWN) / this.normal, (this.scale * DRAWN) / this.meridian];
    return [sx * this.cos, sy * this.sin, 0, 0, -sx * this.sin, sy * this.cos, 0, 0, 0, 0, 1, 0, 0, 0, base, 1];
  }
}
