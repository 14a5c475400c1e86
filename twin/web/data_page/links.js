// Addresses that open the map where the data are, in the terms of its share links.

import {language, theme} from '../map/text.js';
import {viewOf} from './preview.js';

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
