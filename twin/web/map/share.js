// The address of a view: everything needed to open the same picture again.
//
// ?lon&lat&z&p&b            camera
// &layers=building:use:height_m:12~40,road
//                           layer : colour by : filter by : range or values that are hidden : opacity in per cent
// &t=2026-11-22T15:30[&shadows=1]   sun, time of the place
// &select=layer:fid  &lang=zh|en  &theme=dark|light

import {language, theme} from './text.js';

const NUMBER = /^-?\d+(\.\d+)?$/;
const TIME = /^(\d{4}-\d{2}-\d{2})T(\d{2}):(\d{2})$/;
const numeric = (column) => column && (column.kind === 'number' || column.kind === 'integer');

/** Read the address into {view, layers, sun, selection}; what is missing or malformed is null; `closest` is the largest zoom. */
export function read(address, twin, closest) {
  const query = new URL(address).searchParams;
  const number = (name) => (NUMBER.test(query.get(name) ?? '') ? Number(query.get(name)) : null);
  const [lon, lat, z] = [number('lon'), number('lat'), number('z')];
  const inside = lon !== null && lat !== null && z !== null && Math.abs(lon) <= 180 && Math.abs(lat) <= 85;
  const view = inside
    ? {longitude: lon, latitude: lat, zoom: Math.min(closest, Math.max(7, z)), pitch: Math.min(60, Math.max(0, number('p') ?? 0)), bearing: number('b') ?? 0}
    : null;
  const time = TIME.exec(query.get('t') ?? '');
  const [layer, fid] = (query.get('select') ?? '').split(':');
  return {
    view,
    layers: query.has('layers') ? readLayers(query.get('layers'), twin) : null,
    sun: time ? {on: true, date: time[1], minutes: Number(time[2]) * 60 + Number(time[3]), shadows: query.get('shadows') === '1'} : null,
    selection: twin.layers.some((item) => item.id === layer) && /^\d{1,16}$/.test(fid ?? '') ? {layer, fid: Number(fid)} : null,
  };
}

/** What the `layers` of an address say: {id: {on, colorBy, filterBy, range, hidden}}. */
export function readLayers(text, twin) {
  const result = {};
  for (const part of text.split(',')) {
    const [id, colorBy = '', filterBy = '', filter = '', opacity = ''] = part.split(':');
    const layer = twin.layers.find((item) => item.id === id);
    if (!layer) continue;
    const column = layer.columns.find((item) => item.name === filterBy);
    const state = {
      on: layer.rows > 0,
      colorBy: layer.color_by.some((by) => by.column === colorBy) ? colorBy : '',
      filterBy: column ? filterBy : '',
      range: null,
      hidden: [],
      opacity: /^[1-9]\d$/.test(opacity) ? Number(opacity) / 100 : 1,
    };
    const values = filter.split('~').filter(Boolean);
    if (numeric(column) && values.length === 2 && values.every((value) => NUMBER.test(value))) state.range = values.map(Number);
    else if (column && !numeric(column)) state.hidden = values.filter((value) => /^[\w-]{1,48}$/.test(value));
    result[id] = state;
  }
  return result;
}

/** How one layer is looked at, as /api/scene reads it (without the filter's values). */
export const viewOf = (id, state) => [id, state.colorBy, state.filterBy].join(':').replace(/:+$/, '');

function layerText(id, state) {
  const filter = state.range ? state.range.join('~') : state.hidden.join('~');
  return [id, state.colorBy, state.filterBy, filter, state.opacity < 1 ? Math.round(state.opacity * 100) : ''].join(':').replace(/:+$/, '');
}

/** The address that opens what is shown now. */
export function write(app) {
  const {store, engine} = app;
  const address = new URL(location.href);
  const query = new URLSearchParams();
  const {longitude, latitude, zoom, pitch, bearing} = engine.view;
  query.set('lon', longitude.toFixed(5));
  query.set('lat', latitude.toFixed(5));
  query.set('z', zoom.toFixed(2));
  if (pitch) query.set('p', pitch.toFixed(1));
  if (bearing) query.set('b', bearing.toFixed(1));
  query.set('layers', Object.entries(store.layers).filter(([, state]) => state.on).map(([id, state]) => layerText(id, state)).join(','));
  if (store.sun.on) {
    const two = (value) => String(Math.floor(value)).padStart(2, '0');
    query.set('t', `${store.sun.date}T${two(store.sun.minutes / 60)}:${two(store.sun.minutes % 60)}`);
    if (store.sun.shadows) query.set('shadows', '1');
  }
  if (store.selection) query.set('select', `${store.selection.layer}:${store.selection.fid}`);
  app.guide.write(query);
  query.set('lang', language());
  query.set('theme', theme());
  address.search = query.toString().replaceAll('%2C', ',').replaceAll('%3A', ':').replaceAll('%7E', '~');
  return address.href;
}
