// Where the sun stands: the equations of the NOAA solar calculator (Meeus, Astronomical Algorithms).

const RADIANS = Math.PI / 180;
const DAY = 86_400_000;
const sin = (degrees) => Math.sin(degrees * RADIANS);
const cos = (degrees) => Math.cos(degrees * RADIANS);
const tan = (degrees) => Math.tan(degrees * RADIANS);

/** Declination in degrees and equation of time in minutes at an instant (ms since 1970, UTC). */
function orbit(instant) {
  const T = (instant / DAY + 2440587.5 - 2451545) / 36525;
  const longitude = (280.46646 + T * (36000.76983 + T * 0.0003032)) % 360;
  const anomaly = 357.52911 + T * (35999.05029 - 0.0001537 * T);
  const eccentricity = 0.016708634 - T * (0.000042037 + 0.0000001267 * T);
  const centre = sin(anomaly) * (1.914602 - T * (0.004817 + 0.000014 * T))
    + sin(2 * anomaly) * (0.019993 - 0.000101 * T) + sin(3 * anomaly) * 0.000289;
  const omega = 125.04 - 1934.136 * T;
  const apparent = longitude + centre - 0.00569 - 0.00478 * sin(omega);
  const obliquity = 23 + (26 + (21.448 - T * (46.815 + T * (0.00059 - T * 0.001813))) / 60) / 60 + 0.00256 * cos(omega);
  const y = tan(obliquity / 2) ** 2;
  const equation = (4 / RADIANS) * (y * sin(2 * longitude) - 2 * eccentricity * sin(anomaly)
    + 4 * eccentricity * y * sin(anomaly) * cos(2 * longitude) - 0.5 * y * y * sin(4 * longitude)
    - 1.25 * eccentricity ** 2 * sin(2 * anomaly));
  return {declination: Math.asin(sin(obliquity) * sin(apparent)) / RADIANS, equation};
}

/** Altitude above the horizon (without refraction) and azimuth from north, clockwise, in degrees. */
export function sunAt(instant, lon, lat) {
  const {declination, equation} = orbit(instant);
  const minutes = (instant % DAY) / 60_000 + equation + 4 * lon;
  const hour = minutes / 4 - 180;
  const altitude = Math.asin(sin(lat) * sin(declination) + cos(lat) * cos(declination) * cos(hour)) / RADIANS;
  const azimuth = Math.atan2(sin(hour), cos(hour) * sin(lat) - tan(declination) * cos(lat)) / RADIANS + 180;
  return {altitude, azimuth: ((azimuth % 360) + 360) % 360};
}

/** Sunrise and sunset in UTC minutes of the day that holds `instant` at noon; null where the sun stays up or down. */
export function daylight(noon, lon, lat) {
  const {declination, equation} = orbit(noon);
  // 90.833 degrees: half the sun's disc and the refraction at the horizon.
  const cosine = cos(90.833) / (cos(lat) * cos(declination)) - tan(lat) * tan(declination);
  if (Math.abs(cosine) > 1) return null;
  const half = Math.acos(cosine) / RADIANS;
  return {sunrise: 720 - 4 * (lon + half) - equation, sunset: 720 - 4 * (lon - half) - equation};
}

/** Minutes east of UTC kept at a place: one time for all of China, else the hour of the longitude. */
export function zoneOf(lon, lat) {
  const china = lon > 73 && lon < 135.5 && lat > 17 && lat < 54;
  return {minutes: china ? 480 : Math.round(lon / 15) * 60, china};
}
