// Where an indicator is computed, and where its objects are on the map.

import {pageAddress} from '../map/pages.js';
import {mapLink} from '../page/links.js';

/** By the plan's number: the page that computes it, and the layers to show, each with the column that colours it. */
const PLACES = {
  2: {page: ['coverage', 'coverage'], layers: ['site_5g']},
  3: {page: ['coverage', 'coverage'], layers: ['site_5g']},
  4: {layers: ['sensor:status']},
  17: {layers: ['road:open_for_testing']},
  20: {page: ['life', 'life-circle'], layers: ['centre:status']},
  21: {page: ['life', 'life-circle'], layers: ['centre', 'facility']},
  22: {layers: ['bus_stop:realtime_board']},
  25: {layers: ['parcel_locker', 'estate']},
  35: {layers: ['construction_site:smart']},
};

/** [key of the page's text, address] of the page that computes an indicator; null where none does. */
export function computedOn(no) {
  const page = PLACES[no]?.page;
  return page ? [page[0], pageAddress(page[1])] : null;
}

/** The address of the map with the indicator's objects; null where it has none, or the layers hold nothing. */
export function onMap(no, twin) {
  const layers = (PLACES[no]?.layers ?? []).filter((name) => twin.layers.some((layer) => layer.id === name.split(':')[0] && layer.rows));
  return layers.length && twin.bounds ? mapLink(twin, twin.bounds, layers) : null;
}
