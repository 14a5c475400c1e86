// What a site is that is built by a click: three sectors of the band that is looked at.

import {t} from './text.js';

/** Antenna height above ground, mechanical and electrical tilt by how a site stands; usual values, to be changed on its card. */
const USUAL = {roof: [30, 4, 4], mast: [35, 4, 4], pole: [10, 2, 0]};
const AZIMUTHS = [0, 120, 240];
const POWER_DBM = 53;
const POLE_POWER_DBM = 43;

/** The edit that puts a site on a place. */
export function newSite(study, lon, lat, mount = 'mast', name = '', height = null) {
  const [usual, mechanical_tilt_deg, electrical_tilt_deg] = USUAL[mount] ?? USUAL.mast;
  const height_m = height ?? usual;
  const band = study.carrier;
  const sector = {band_ghz: band?.frequency_ghz, mechanical_tilt_deg, electrical_tilt_deg, height_m, power_dbm: mount === 'pole' ? POLE_POWER_DBM : POWER_DBM, bandwidth_mhz: band?.bandwidth_mhz};
  const sectors = AZIMUTHS.map((azimuth_deg) => ({azimuth_deg, ...sector}));
  return {kind: 'add', layer: 'site_5g', lon, lat, values: {name: name || t('site.new'), mount, height_m, status: 'on', sectors}};
}
