// Distances and areas on the WGS84 ellipsoid. Checked against PROJ in tests/web/test_geodesy.py.

const A = 6378137;
const F = 1 / 298.257223563;
const B = A * (1 - F);
const E2 = F * (2 - F);
const E = Math.sqrt(E2);
const RADIANS = Math.PI / 180;

/** Metres along the geodesic between two [lon, lat] (Vincenty 1975, inverse formula). */
export function distance([lon1, lat1], [lon2, lat2]) {
  if (lon1 === lon2 && lat1 === lat2) return 0;
  const L = (lon2 - lon1) * RADIANS;
  const u1 = Math.atan((1 - F) * Math.tan(lat1 * RADIANS));
  const u2 = Math.atan((1 - F) * Math.tan(lat2 * RADIANS));
  const [s1, c1, s2, c2] = [Math.sin(u1), Math.cos(u1), Math.sin(u2), Math.cos(u2)];
  let lambda = L;
  let sine = 0, cosine = 1, sigma = 0, cos2 = 1, middle = 0;
  for (let step = 0; step < 100; step += 1) {
    const [sl, cl] = [Math.sin(lambda), Math.cos(lambda)];
    sine = Math.hypot(c2 * sl, c1 * s2 - s1 * c2 * cl);
    if (sine === 0) return 0;
    cosine = s1 * s2 + c1 * c2 * cl;
    sigma = Math.atan2(sine, cosine);
    const sinAlpha = (c1 * c2 * sl) / sine;
    cos2 = 1 - sinAlpha ** 2;
    middle = cos2 ? cosine - (2 * s1 * s2) / cos2 : 0;
    const C = (F / 16) * cos2 * (4 + F * (4 - 3 * cos2));
    const previous = lambda;
    lambda = L + (1 - C) * F * sinAlpha * (sigma + C * sine * (middle + C * cosine * (2 * middle ** 2 - 1)));
    if (Math.abs(lambda - previous) < 1e-12) break;
  }
  const k = cos2 * (A ** 2 - B ** 2) / B ** 2;
  const P = 1 + (k / 16384) * (4096 + k * (-768 + k * (320 - 175 * k)));
  const Q = (k / 1024) * (256 + k * (-128 + k * (74 - 47 * k)));
  const change = Q * sine * (middle + (Q / 4) * (cosine * (2 * middle ** 2 - 1)
    - (Q / 6) * middle * (4 * sine ** 2 - 3) * (4 * middle ** 2 - 3)));
  return B * P * (sigma - change);
}

/** Metres along a line of [lon, lat]. */
export const pathLength = (points) =>
  points.slice(1).reduce((sum, point, index) => sum + distance(points[index], point), 0);

/** q of Snyder (1987), equation 3-12: the area between the equator and a latitude, per radian, over a² / 2. */
function zone(sine) {
  return (1 - E2) * (sine / (1 - E2 * sine * sine) - (1 / (2 * E)) * Math.log((1 - E * sine) / (1 + E * sine)));
}

const POLE = zone(1);

/**
 * Square metres inside a ring of [lon, lat], closed or not.
 *
 * The ring is laid on the sphere of the ellipsoid's area (authalic latitudes), its
 * edges being great circles there; within 2 parts in 100,000 of the geodesic polygon.
 */
export function ringArea(points) {
  const tangent = (lat) => Math.tan(Math.asin(zone(Math.sin(lat * RADIANS)) / POLE) / 2);
  let excess = 0;
  points.forEach(([lon, lat], index) => {
    const [nextLon, nextLat] = points[(index + 1) % points.length];
    const [a, b] = [tangent(lat), tangent(nextLat)];
    excess += 2 * Math.atan((Math.tan(((nextLon - lon) * RADIANS) / 2) * (a + b)) / (1 + a * b));
  });
  return (Math.abs(excess) * A * A * POLE) / 2;
}

/** A round number at most `value`: 1, 2 or 5 times a power of ten (for scale bars). */
export function roundBelow(value) {
  const power = 10 ** Math.floor(Math.log10(value));
  return [5, 2, 1].find((factor) => factor * power <= value) * power;
}
