// What the address of the page holds, so that a reload and a shared link bring back the same comparison.
//
// ?a&b                 ids of the two scenarios; left out: the city as it is
// &view=swipe|side     &swipe=50  per cent from the left   &show=life-circle|coverage   &panel=list|table|edits|annotations|share
// &all=1               indicators that no edit bears on are listed, too
// &lon&lat&z&p&r       camera: place, zoom, pitch, rotation   &lang &theme

import {language, theme} from '../map/text.js';

export const VIEWS = ['swipe', 'side'];
export const SHOWS = ['', 'life-circle', 'coverage'];
const NUMBER = /^-?\d+(\.\d+)?$/;
const ID = /^[\w-]{1,40}$/;

/** Read an address into {state, view}; what is missing or malformed is left as a first visit has it, `view` null. */
export function read(address, panels) {
  const query = new URL(address).searchParams;
  const one = (name, values, usual) => (values.includes(query.get(name)) ? query.get(name) : usual);
  const id = (name) => (ID.test(query.get(name) ?? '') ? query.get(name) : '');
  const number = (name) => (NUMBER.test(query.get(name) ?? '') ? Number(query.get(name)) : null);
  const [longitude, latitude, zoom] = [number('lon'), number('lat'), number('z')];
  const placed = longitude !== null && latitude !== null && zoom !== null && Math.abs(longitude) <= 180 && Math.abs(latitude) <= 85;
  return {
    state: {
      a: id('a'), b: id('b'), view: one('view', VIEWS, 'swipe'), at: Math.min(98, Math.max(2, number('swipe') ?? 50)), show: one('show', SHOWS, ''),
      panel: query.has('panel') ? one('panel', panels, '') : 'table', all: query.get('all') === '1',
    },
    named: query.has('a') || query.has('b'),
    view: placed ? {longitude, latitude, zoom: Math.min(20, Math.max(7, zoom)), pitch: Math.min(60, Math.max(0, number('p') ?? 0)), bearing: number('r') ?? 0} : null,
  };
}

/** The address that opens what is shown now; `view` is the camera, null before there is one. */
export function write(state, view) {
  const query = new URLSearchParams();
  for (const name of ['a', 'b']) query.set(name, state[name]);
  query.set('view', state.view);
  query.set('swipe', String(Math.round(state.at)));
  if (state.show) query.set('show', state.show);
  query.set('panel', state.panel);
  if (state.all) query.set('all', '1');
  if (view) {
    query.set('lon', view.longitude.toFixed(5));
    query.set('lat', view.latitude.toFixed(5));
    query.set('z', view.zoom.toFixed(2));
    query.set('p', (view.pitch ?? 0).toFixed(1));
    query.set('r', (view.bearing ?? 0).toFixed(1));
  }
  query.set('lang', language());
  query.set('theme', theme());
  const address = new URL(location.href);
  address.search = query.toString();
  address.hash = '';
  return address.href;
}
