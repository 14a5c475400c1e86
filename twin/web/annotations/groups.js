// Pins that would cover each other are drawn as one; near enough, each stands for itself.
//
// Places are compared in pixels of the flat map at a zoom, so that a group stays
// what it is while the map is moved, turned and tilted.

const TILE = 512;
/** Zoom from which every pin is drawn; those on one spot stand in a row. */
export const APART = 17;

const flat = ({lon, lat}, zoom) => {
  const world = TILE * 2 ** zoom;
  const sine = Math.sin((lat * Math.PI) / 180);
  return [((lon + 180) / 360) * world, (0.5 - Math.log((1 + sine) / (1 - sine)) / (4 * Math.PI)) * world];
};

/**
 * @param notes annotations; @param zoom of the map; @param reach pixels within which pins become one
 * @param alone id of one that is never put into a group
 * @returns [{notes, lon, lat, height_m, shift: pixels to the right}]
 */
export function grouped(notes, zoom, reach, alone = '') {
  const near = zoom >= APART;
  const made = [];
  const cells = new Map();
  for (const note of notes) {
    const [x, y] = flat(note, zoom);
    const [column, row] = [Math.floor(x / reach), Math.floor(y / reach)];
    const group = note.id === alone && !near ? null : beside(cells, column, row).find((one) => Math.hypot(one.x - x, one.y - y) < reach);
    if (group) { group.notes.push(note); continue; }
    const fresh = {notes: [note], x, y};
    made.push(fresh);
    if (note.id === alone && !near) continue;
    const key = `${column},${row}`;
    cells.set(key, [...(cells.get(key) ?? []), fresh]);
  }
  return near ? made.flatMap((group) => inRow(group, reach)) : made.map(({notes: own}) => ({notes: own, ...middle(own), shift: 0}));
}

function beside(cells, column, row) {
  const found = [];
  for (const x of [column - 1, column, column + 1]) for (const y of [row - 1, row, row + 1]) found.push(...(cells.get(`${x},${y}`) ?? []));
  return found;
}

/** Each by itself; those of a group that share one spot a step beside each other. */
function inRow({notes}, reach) {
  const spots = new Map();
  for (const note of notes) {
    const key = `${note.lon.toFixed(5)},${note.lat.toFixed(5)}`; // about a metre
    spots.set(key, [...(spots.get(key) ?? []), note]);
  }
  return [...spots.values()].flatMap((own) => own.map((note, index) => ({notes: [note], ...middle([note]), shift: (index - (own.length - 1) / 2) * reach})));
}

function middle(notes) {
  const mean = (name) => notes.reduce((sum, note) => sum + note[name], 0) / notes.length;
  return {lon: mean('lon'), lat: mean('lat'), height_m: notes.length > 1 ? 0 : notes[0].height_m};
}
