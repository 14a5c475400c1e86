// The edits of a scenario in words, where they are, and how far they reach.

import {editText as ofCoverage} from '../coverage/edit_text.js';
import {editText as ofLife} from '../life_circle/edit_tools.js';
import {number, unit} from '../map/format.js';
import {say, text} from '../map/text.js';

/** An edit in the words of the page that makes such edits. `layers`: the city's layers by id; `records`: see Records. */
export function editText(edit, scenario, layers, records) {
  const name = (layer, fid) => nameOf(scenario, records, layer, fid);
  if (edit.layer === 'site_5g') return ofCoverage(edit, {layers, edits: scenario.edits, name: name(edit.layer, edit.fid)});
  const category = (id) => layers.facility?.columns.find((column) => column.name === 'category')?.choices.find((choice) => choice.value === id) ?? null;
  const page = {app: {layer: layers}, study: {titleOf: category}};
  const said = ofLife(page, edit, name);
  return edit.kind === 'change' ? `${said}${changed(edit, layers[edit.layer])}` : said;
}

function nameOf(scenario, records, layer, fid) {
  if (!(fid < 0)) return fid === undefined ? '' : records.object(layer, fid)?.name ?? '';
  const added = scenario.edits.find((item) => item.id === -fid);
  return added?.values?.name ?? added?.name ?? '';
}

/** Columns that a change sets, with their values. */
function changed(edit, layer) {
  const parts = Object.entries(edit.values ?? {}).map(([name, value]) => {
    const column = layer?.columns.find((item) => item.name === name);
    const choice = column?.choices?.find((item) => item.value === value);
    const shown = choice ? say(choice) : typeof value === 'boolean' ? text(value ? 'evidence.yes' : 'evidence.no') : typeof value === 'number' ? number(value, 2) + (column?.unit ? ` ${unit(column.unit)}` : '') : typeof value === 'object' ? '…' : String(value);
    return `${column ? say(column.title) : name} ${shown}`;
  });
  return parts.length ? `: ${parts.join(text('map.comma'))}` : '';
}

/** Places [lon, lat] that an edit is about; none where they are not known yet. */
export function placesOf(edit, records) {
  if (edit.lon !== undefined) return [[edit.lon, edit.lat]];
  if (edit.from) return [edit.from, edit.to];
  if (edit.footprint) return edit.footprint.flat();
  const card = edit.fid > 0 ? records.object(edit.layer, edit.fid) : null;
  return card ? [[card.lon, card.lat]] : [];
}

/** The box [west, south, east, north] of edits; null where they have no places. */
export function boundsOf(edits, records) {
  const places = edits.flatMap((edit) => placesOf(edit, records));
  if (!places.length) return null;
  const [lons, lats] = [0, 1].map((axis) => places.map((place) => place[axis]));
  return [Math.min(...lons), Math.min(...lats), Math.max(...lons), Math.max(...lats)];
}
