// Where everything stands on a wall of a given size: one 12-column picture, or several panels without anything on their seams.
//
// All sizes are CSS pixels; `u` is a pixel of a wall 1080 high. The map in the middle
// takes half of the width, and alone runs across seams. On both sides stand three
// cards: one above the other, in two columns, or side by side, as there is room.

const KINDS = {'16x9': [1920, 1080], '32x9': [3840, 1080], '48x9': [5760, 1080]};
const SEAMS = {'16x9': [], '32x9': [1 / 3, 1 / 2, 2 / 3], '48x9': [1 / 3, 1 / 2, 2 / 3]};
const NARROWEST = 400; // u: of a column of cards
const CLEAR = 16; // u: between a seam and what stands beside it
const GAP = 20;
const MARGIN = 0.02;
const TITLE = 0.08;

/** Which layout a window gets where none is asked for. */
export function fitting(width, height) {
  const ratio = width / height;
  return ratio >= 4.4 ? '48x9' : ratio >= 2.6 ? '32x9' : '16x9';
}

/** `seams` of an address: 'none', or shares of the width such as 0.25,0.5,0.75; null where it says nothing. */
export function readSeams(text) {
  if (!text) return null;
  if (text === 'none') return [];
  const shares = text.split(',').map(Number);
  return shares.every((share) => share > 0 && share < 1) ? shares.slice(0, 12) : null;
}

/** The parts of [from, to] between seams, with room to each. */
function between(from, to, seams, clear) {
  const inside = seams.filter((x) => x > from - clear && x < to + clear).sort((a, b) => a - b);
  const edges = [...inside.flatMap((x) => [x - clear, x + clear])];
  const parts = [];
  let start = from;
  for (let i = 0; i < edges.length; i += 2) {
    parts.push([start, Math.min(to, edges[i])]);
    start = Math.max(from, edges[i + 1]);
  }
  parts.push([start, to]);
  return parts.filter(([a, b]) => b - a > clear);
}

const wide = ([a, b]) => b - a;
const widest = (parts) => parts.reduce((best, part) => (wide(part) > wide(best) + 1 ? part : best));

/**
 * The whole plan: {u, kind, seams: [x], title: [boxes], stage: box, cards: [six boxes], overlay: {caption, figures, legend, note}}.
 * A box is {x, y, w, h}. `caption` and `figures` are the same box where there is one room for both.
 */
export function plan(width, height, {layout = 'auto', seams = null} = {}) {
  const kind = layout in KINDS ? layout : fitting(width, height);
  const u = Math.min(width / KINDS[kind][0], height / KINDS[kind][1]);
  const lines = (seams ?? SEAMS[kind]).map((share) => share * width);
  const margin = MARGIN * Math.min(width, 1920 * u);
  const gap = GAP * u;
  const top = Math.round(TITLE * height);
  const bottom = height - margin * 0.6;
  const middle = Math.ceil(width * 0.502);
  const side = (width - middle) / 2 - margin - gap;
  const left = margin + side + gap;
  const stage = box(left, top, middle, bottom - top);
  const cards = [
    ...columns([margin, margin + side], lines, top, bottom, u),
    ...columns([width - margin - side, width - margin], lines, top, bottom, u),
  ];
  const inner = between(stage.x + gap, stage.x + stage.w - gap, lines, CLEAR * u);
  return {kind, u, seams: lines, stage, cards, title: titles([margin, width - margin], lines, top, u), overlay: overlays(inner, stage, gap, u), margin};
}

const box = (x, y, w, h) => ({x: Math.round(x), y: Math.round(y), w: Math.round(w), h: Math.round(h)});

/** Three cards in one, two or three columns. */
function columns([from, to], seams, top, bottom, u) {
  const gap = GAP * u;
  const parts = between(from, to, seams, CLEAR * u);
  const rooms = parts.flatMap(([a, b]) => {
    const count = Math.max(1, Math.min(3, Math.floor((b - a + gap) / (NARROWEST * u + gap))));
    const w = (b - a - (count - 1) * gap) / count;
    return Array.from({length: count}, (_, index) => ({x: a + index * (w + gap), w}));
  }).filter(({w}) => w >= NARROWEST * u * 0.9).slice(0, 3);
  const each = rooms.length ? rooms : [{x: from, w: to - from}];
  const stacks = {1: [3], 2: [1, 2], 3: [1, 1, 1]}[each.length];
  return each.flatMap(({x, w}, column) => {
    const count = stacks[column];
    const h = (bottom - top - (count - 1) * gap) / count;
    return Array.from({length: count}, (_, row) => box(x, top + row * (h + gap), w, h));
  });
}

/** The four parts of the title bar: name, tour, state of the data, clock. */
function titles([from, to], seams, height, u) {
  const parts = between(from, to, seams, CLEAR * u);
  const at = ([a, b]) => box(a, 0, b - a, height);
  if (parts.length >= 4) return [parts[0], parts[1], parts.at(-2), parts.at(-1)].map(at);
  const shares = [0.3, 0.27, 0.23, 0.2];
  if (parts.length === 1) {
    const room = to - from;
    let x = from;
    return shares.map((share) => { const part = [x, x + room * share]; x += room * share; return at(part); });
  }
  // Two or three panels: what belongs together stays on one.
  const [first, last] = [parts[0], parts.at(-1)];
  const cut = ([a, b], share) => [[a, a + (b - a) * share], [a + (b - a) * share, b]];
  const [name, tour] = parts.length === 3 ? [first, parts[1]] : cut(first, 0.52);
  const [state, clock] = cut(last, 0.55);
  return [name, tour, state, clock].map(at);
}

/** Rooms on the map: the caption and the lifted figures below, the legend above, a note at the other end. */
function overlays(parts, stage, gap, u) {
  const low = stage.y + stage.h - gap;
  const roomy = parts.filter((part) => wide(part) >= 420 * u);
  const usable = roomy.length ? roomy : [widest(parts)];
  const middle = stage.x + stage.w / 2;
  const off = (part) => Math.abs((part[0] + part[1]) / 2 - middle);
  const ordered = [...usable].sort((a, b) => off(a) - off(b) || a[0] - b[0]);
  const two = usable.length > 1 ? ordered.slice(0, 2).sort((a, b) => a[0] - b[0]) : [ordered[0], ordered[0]];
  const below = ([a, b]) => ({x: Math.round(a), w: Math.round(b - a), bottom: Math.round(low)});
  const above = ([a, b]) => ({x: Math.round(a), w: Math.round(Math.min(b - a, 520 * u)), y: Math.round(stage.y + gap)});
  return {
    caption: below(two[0]), figures: below(two[1]), together: two[0] === two[1], legend: above(usable[0]),
    note: usable.length > 1 ? above(usable.at(-1)) : {...above(usable[0]), x: Math.round(usable[0][1] - Math.min((usable[0][1] - usable[0][0]) * 0.4, 460 * u)), w: Math.round(Math.min((usable[0][1] - usable[0][0]) * 0.4, 460 * u))},
  };
}
