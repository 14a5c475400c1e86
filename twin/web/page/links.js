// Addresses that open the map where the data are, in the terms of its share links.

import {language, theme} from '../map/text.js';

/** Longitude, latitude and zoom that show a box in a window of so many pixels. */
export function viewOf(box, width, height) {
  const [west, south, east, north] = box;
  const mercator = (lat) => Math.log(Math.tan(Math.PI / 4 + (Math.max(-85, Math.min(85, lat)) * Math.PI) / 360));
  const across = Math.max(east - west, 1e-5) / 360;
  const up = Math.max(mercator(north) - mercator(south), 1e-7) / (2 * Math.PI);
  const zoom = Math.min(Math.log2((width * 0.8) / 512 / across), Math.log2((height * 0.8) / 512 / up));
  return {longitude: (west + east) / 2, latitude: (south + north) / 2, zoom: Math.max(0, Math.min(17, zoom))};
}

/** The map at a box (west, south, east, north; null for its own start), these layers shown beside the usual ones. */
export function mapLink(twin, box, layers = []) {
  const parts = [`lang=${language()}`, `theme=${theme()}`];
  if (box) {
    const view = viewOf(box, 1200, 800);
    parts.push(`lon=${view.longitude.toFixed(5)}`, `lat=${view.latitude.toFixed(5)}`, `z=${Math.max(7, view.zoom).toFixed(2)}`);
  }
  const usual = twin.layers.filter((layer) => layer.rows && layer.visible).map((layer) => layer.id);
  if (layers.length) parts.push(`layers=${[...new Set([...usual, ...layers])].join(',')}`);
  return `/?${parts.join('&')}`;
}
