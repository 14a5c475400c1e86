// Addresses that open a viewpoint or a tour elsewhere.

import {pageAddress} from '../map/pages.js';
import {language, theme} from '../map/text.js';

const PAGES = {'': '.', 'life-circle': 'life-circle', coverage: 'coverage'};

/** The page on which a viewpoint can be changed, standing at it. */
export function openAddress(point) {
  const address = new URL(pageAddress(PAGES[point.show]), location.href);
  const query = address.searchParams;
  query.set('lon', point.longitude.toFixed(5));
  query.set('lat', point.latitude.toFixed(5));
  query.set('z', String(point.zoom));
  query.set('p', String(point.pitch));
  query.set('b', String(point.bearing));
  for (const [name, value] of Object.entries({layers: point.layers, t: point.time, select: point.select, scn: point.show ? point.scenario : ''})) if (value) query.set(name, value);
  if (point.shadows) query.set('shadows', '1');
  for (const [name, value] of Object.entries(point.options)) query.set(name, value);
  return `${address.pathname}?${query}`;
}

/** The wall that shows a tour; it starts in the dark as walls do. */
export const wallAddress = (tour) => `${new URL('wall', document.baseURI).pathname}?${new URLSearchParams({tour, lang: language()})}`;

/** This page with a tour open. */
export const tourAddress = (tour) => new URL(`${new URL('briefing', document.baseURI).pathname}?${new URLSearchParams({tour, lang: language(), theme: theme()})}`, location.href).href;
