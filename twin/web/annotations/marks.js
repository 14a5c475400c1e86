// The pins as pictures in the colours of the theme: what is open speaks, what is resolved is ticked off.

import {token} from '../map/text.js';

const CELL = 96;
const MIDDLE = CELL / 2;
/** Foot of a pin in its picture, from the top; a group's disc has none and stands on its middle. */
const FOOT = 92;
const NAMES = ['open', 'resolved', 'group', 'group-resolved', 'draft'];
const sheets = new Map(); // by theme: drawn once

/** {atlas: canvas, mapping} for an IconLayer; `<name>-chosen` is the same with the ring of what is chosen. */
export function sheet(theme) {
  if (!sheets.has(theme)) sheets.set(theme, drawn());
  return sheets.get(theme);
}

function drawn() {
  const names = NAMES.flatMap((name) => [name, `${name}-chosen`]);
  const atlas = document.createElement('canvas');
  Object.assign(atlas, {width: CELL * names.length, height: CELL});
  const pen = atlas.getContext('2d');
  pen.lineCap = pen.lineJoin = 'round';
  const mapping = {};
  names.forEach((name, index) => {
    const [kind, chosen] = name.endsWith('-chosen') ? [name.slice(0, -7), true] : [name, false];
    pen.save();
    pen.translate(index * CELL, 0);
    draw(pen, kind, chosen);
    pen.restore();
    mapping[name] = {x: index * CELL, y: 0, width: CELL, height: CELL, anchorY: kind.startsWith('group') ? MIDDLE : FOOT, mask: false};
  });
  return {atlas, mapping};
}

function draw(pen, kind, chosen) {
  const ring = (width, color) => { pen.lineWidth = width; pen.strokeStyle = token(color); pen.stroke(); };
  const body = (fill, edge) => {
    if (chosen) ring(17, 'accent');
    ring(chosen ? 9 : 8, chosen ? 'text_1' : edge);
    pen.fillStyle = token(fill);
    pen.fill();
  };
  pen.beginPath();
  if (kind.startsWith('group')) {
    pen.arc(MIDDLE, MIDDLE, 34, 0, 7);
    body('panel_solid', kind === 'group' ? 'warn' : 'good');
  } else if (kind === 'resolved') {
    pen.arc(MIDDLE, 42, 27, Math.PI * 0.62, Math.PI * 0.38); // open below, where the foot is
    pen.lineTo(MIDDLE, FOOT - 4);
    pen.closePath();
    body('panel_solid', 'good');
    pen.beginPath();
    pen.moveTo(36, 42);
    pen.lineTo(45, 51);
    pen.lineTo(61, 33);
    ring(7, 'good');
  } else {
    pen.roundRect(13, 11, 70, 52, 15);
    pen.moveTo(36, 62);
    pen.lineTo(MIDDLE, FOOT - 4);
    pen.lineTo(60, 62);
    body(kind === 'draft' ? 'accent' : 'warn', 'panel_solid');
    pen.fillStyle = token('ground');
    if (kind === 'draft') { pen.fillRect(44, 23, 8, 28); pen.fillRect(34, 33, 28, 8); } else for (const x of [31, MIDDLE, 65]) { pen.beginPath(); pen.arc(x, 37, 5.5, 0, 7); pen.fill(); }
  }
}
