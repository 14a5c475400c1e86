// Building elements: a helper a screen long instead of a framework.

import {ICONS} from './icons.js';

/**
 * An element: h('button.primary', {onclick, 'aria-label': '…'}, child, …).
 * Attributes that are null, undefined or false are left out, as are such children.
 */
export function h(name, attributes = {}, ...children) {
  const [tag, ...classes] = name.split('.');
  const element = document.createElement(tag);
  if (classes.length) element.className = classes.join(' ');
  for (const [key, value] of Object.entries(attributes)) {
    if (value === null || value === undefined || value === false) continue;
    if (key.startsWith('on')) element.addEventListener(key.slice(2), value);
    else if (key === 'style') element.style.cssText = value;
    else if (key === 'value' || key === 'checked' || key === 'disabled' || key === 'selected') element[key] = value;
    else element.setAttribute(key, value === true ? '' : value);
  }
  append(element, children);
  return element;
}

function append(element, children) {
  for (const child of children.flat(4)) {
    if (child !== null && child !== undefined && child !== false) element.append(child);
  }
}

/** Replace everything inside `element`. */
export function fill(element, ...children) {
  element.replaceChildren();
  append(element, children);
  return element;
}

/** A line icon in the colour of the text around it. */
export function icon(name) {
  const svg = document.createElementNS('http://www.w3.org/2000/svg', 'svg');
  svg.setAttribute('viewBox', '0 0 24 24');
  svg.setAttribute('class', 'tw-icon');
  svg.setAttribute('aria-hidden', 'true');
  const path = document.createElementNS('http://www.w3.org/2000/svg', 'path');
  path.setAttribute('d', ICONS[name]);
  svg.append(path);
  return svg;
}

/** A switch that reads as one: a checkbox with a track and a knob. */
export function toggle(label, checked, change, attributes = {}) {
  return h('input.tw-switch', {
    type: 'checkbox', role: 'switch', 'aria-label': label, checked,
    onchange: (event) => change(event.target.checked), ...attributes,
  });
}

/** A select box: options are [value, text]. */
export function select(label, options, value, change) {
  return h('select.tw-select', {'aria-label': label, onchange: (event) => change(event.target.value)},
    options.map(([key, text]) => h('option', {value: key, selected: key === value}, text)));
}

/** `work`, run once after calls have stopped for `ms`. */
export function debounced(work, ms) {
  let timer = 0;
  const run = (...values) => { clearTimeout(timer); timer = setTimeout(() => work(...values), ms); };
  run.cancel = () => clearTimeout(timer);
  return run;
}

/** Put text on the clipboard, also where the asynchronous clipboard is refused; true when it worked. */
export async function copy(text) {
  try {
    await navigator.clipboard.writeText(text);
    return true;
  } catch {
    const area = h('textarea', {style: 'position:fixed;opacity:0', value: text});
    document.body.append(area);
    area.select();
    const done = document.execCommand('copy');
    area.remove();
    return done;
  }
}
