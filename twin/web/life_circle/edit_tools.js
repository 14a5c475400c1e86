// The tools of the scenario panel: what each makes of a click.

import {placeTool} from '../analysis/edit_tools.js';
import {number} from '../map/format.js';
import {say} from '../map/text.js';
import {t} from './text.js';

export const TOOLS = ['add', 'move', 'remove', 'close', 'link', 'gate'];
const PLACES = ['centre', 'facility'];

/** A tool by name. `chosen` gives {category, type}: what is added, and which kind of link. */
export function editTool(page, name, chosen) {
  const {scenarios, tools} = page;
  const placed = placeTool(page, name, PLACES, (lon, lat) => addition(chosen().category, lon, lat));
  if (placed) return placed;
  const made = {
    close: {pick: ['road'], use: (place, object) => scenarios.edit({kind: 'remove', layer: 'road', fid: object.fid})},
    link: {
      use: async (place) => {
        if (!tools.first) { tools.first = {place}; page.tool(); return; }
        const from = tools.first.place;
        tools.first = null;
        page.tool();
        await scenarios.edit({kind: 'link', from, to: place, type: chosen().type});
      },
    },
    gate: {pick: ['estate'], use: ([lon, lat], object) => {
      const [x, y] = onEdge(object.geometry, lon, lat);
      return scenarios.edit({kind: 'gate', estate: object.fid, lon: x, lat: y});
    }},
  }[name];
  return {name, cursor: 'crosshair', pick: null, ...made};
}

/** The edit that puts a facility of a category, or a centre, on a place. */
export const addition = (category, lon, lat, name = '') => (category === 'centre'
  ? {kind: 'add', layer: 'centre', lon, lat, values: {...(name ? {name} : {}), status: 'open'}}
  : {kind: 'add', layer: 'facility', lon, lat, values: {...(name ? {name} : {}), category}});

/** The point on a polygon's outline that is nearest to a place. */
export function onEdge(geometry, lon, lat) {
  const polygons = geometry.type === 'MultiPolygon' ? geometry.coordinates : [geometry.coordinates];
  const wide = Math.cos((lat * Math.PI) / 180);
  let best = [Infinity, lon, lat];
  for (const ring of polygons.flat()) {
    for (let i = 1; i < ring.length; i += 1) {
      const [[ax, ay], [bx, by]] = [ring[i - 1], ring[i]];
      const [dx, dy] = [(bx - ax) * wide, by - ay];
      const along = Math.min(1, Math.max(0, (((lon - ax) * wide) * dx + (lat - ay) * dy) / (dx * dx + dy * dy || 1)));
      const [x, y] = [ax + along * (bx - ax), ay + along * (by - ay)];
      const off = Math.hypot((lon - x) * wide, lat - y);
      if (off < best[0]) best = [off, x, y];
    }
  }
  return best.slice(1);
}

/** What an edit does, in words; `names` gives the name of an object that was asked for already. */
export function editText(page, edit, names) {
  const layer = (id) => say(page.app.layer[id]?.title) || id;
  const object = () => names(edit.layer, edit.fid) || layer(edit.layer);
  const kind = () => (edit.layer === 'facility' ? say(page.study.titleOf(edit.values?.category)) : '') || layer(edit.layer);
  const estate = () => names('estate', edit.estate) || layer('estate');
  const building = edit.name || layer('building');
  const known = {
    add: () => t('edit.add', {what: edit.values?.name || kind()}),
    move: () => t('edit.move', {what: object()}),
    remove: () => t(edit.layer === 'road' ? 'edit.close' : 'edit.remove', {what: object()}),
    link: () => t('edit.link', {type: t(`link.${edit.type}`)}),
    gate: () => t('edit.gate', {estate: estate()}),
    build: () => t(edit.people ? 'edit.build_people' : 'edit.build', {name: building, n: number(edit.people ?? 0)}),
    change: () => t('edit.change', {what: object()}),
  };
  return known[edit.kind]?.() ?? t('edit.change', {what: layer(edit.layer)});
}
