// The wall's charts, drawn by hand: light strokes, one colour a meaning, the target always marked.

const SPACE = 'http://www.w3.org/2000/svg';

/** An SVG element; children are elements. */
export function s(name, attributes = {}, ...children) {
  const element = document.createElementNS(SPACE, name);
  for (const [key, value] of Object.entries(attributes)) if (value !== null && value !== undefined) element.setAttribute(key, value);
  element.append(...children.flat(3).filter(Boolean));
  return element;
}

const picture = (w, h, label, ...children) => s('svg', {class: 'wl-chart', viewBox: `0 0 ${w} ${h}`, preserveAspectRatio: 'none', role: 'img', 'aria-label': label}, ...children);

/** A bar of a share with the mark of its target; both 0 to 1. */
export function bullet(share, target, {label, color = 'var(--accent)'}) {
  const at = Math.max(0, Math.min(1, share ?? 0)) * 100;
  return picture(100, 12, label,
    s('rect', {x: 0, y: 3, width: 100, height: 6, fill: 'var(--line)'}),
    s('rect', {x: 0, y: 3, width: at, height: 6, fill: color}),
    target === null || target === undefined ? null : s('rect', {x: Math.min(99.4, target * 100), y: 0, width: 0.8, height: 12, fill: 'var(--text-1)'}));
}

/** Columns of shares, 0 to 1, with the line of the target: what meets it in one colour, what does not in another. */
export function columns(values, target, {label, met = 'var(--good)', short = 'var(--accent)'}) {
  const gap = 1.4;
  const width = (100 - gap * (values.length - 1)) / Math.max(1, values.length);
  return picture(100, 100, label,
    values.map((value, index) => {
      const x = index * (width + gap);
      const high = Math.max(1.2, (value ?? 0) * 100);
      return [s('rect', {x, y: 0, width, height: 100, fill: 'var(--line)', opacity: 0.45}), s('rect', {x, y: 100 - high, width, height: high, fill: target !== null && value >= target ? met : short})];
    }),
    target === null ? null : s('rect', {x: 0, y: 100 - target * 100, width: 100, height: 1.6, fill: 'var(--text-1)'}));
}

/** One bar out of parts [{value, color}]. */
export function parts(list, {label}) {
  const sum = list.reduce((total, {value}) => total + value, 0) || 1;
  let x = 0;
  return picture(100, 10, label, s('rect', {x: 0, y: 0, width: 100, height: 10, fill: 'var(--line)'}), list.map(({value, color}) => {
    const width = (value / sum) * 100;
    const rect = s('rect', {x: x + (x ? 0.25 : 0), y: 0, width: Math.max(0, width - (x ? 0.25 : 0)), height: 10, fill: color});
    x += width;
    return value ? rect : null;
  }));
}

/** So many squares as the target asks for, filled as far as there is something: [{count, color, hollow}], the rest empty; as large as `wide` by `high` allows. */
export function squares(list, target, {label, wide, high}) {
  const total = list.reduce((sum, {count}) => sum + count, 0);
  const cells = Math.max(target, total);
  // The fewest across whose rows fit: the largest squares.
  let across = Math.min(cells, 5);
  while (across < cells && (wide / across) * Math.ceil(cells / across) > high) across += 1;
  const rows = Math.ceil(cells / across);
  const kinds = list.flatMap(({count, color, hollow}) => Array.from({length: count}, () => ({color, hollow})));
  const svg = s('svg', {class: 'wl-squares', viewBox: `0 0 ${across * 4 - 1} ${rows * 4 - 1}`, role: 'img', 'aria-label': label});
  for (let i = 0; i < cells; i += 1) {
    const {color, hollow} = kinds[i] ?? {};
    const [x, y] = [(i % across) * 4, Math.floor(i / across) * 4];
    svg.append(s('rect', color && !hollow ? {x, y, width: 3, height: 3, fill: color} : {x: x + 0.2, y: y + 0.2, width: 2.6, height: 2.6, fill: 'none', stroke: color ?? 'var(--line)', 'stroke-width': 0.4}));
  }
  return svg;
}
