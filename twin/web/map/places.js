// The places a bar offers to fly to: chips side by side while all of them fit, else one button with a menu.

import {h, icon} from './dom.js';
import {t} from './text.js';

/** @param items [{key, name, go}] ; the element watches its own width. */
export function places(items) {
  if (!items.length) return null;
  const row = h('div.tw-places-row', {role: 'group', 'aria-label': t('places')},
    items.map(({key, name, go}) => h('button.tw-chip', {type: 'button', 'data-place': key, onclick: go}, name)));
  const list = h('div.tw-places-menu', {role: 'menu', 'aria-label': t('places'), hidden: true}, items.map(({key, name, go}) =>
    h('button', {type: 'button', role: 'menuitem', 'data-place': key, onclick: () => { open(false); go(); }}, name)));
  const button = h('button.tw-chip.tw-places-button', {type: 'button', 'aria-haspopup': 'menu', 'aria-expanded': 'false', title: t('places'),
    onclick: () => open(list.hidden)}, t('places.menu'), icon('down'));
  const element = h('div.tw-places', {}, row, button, list);

  const outside = (event) => { if (!element.contains(event.target)) open(false, false); };
  function open(on, refocus = true) {
    if (list.hidden !== on) return;
    list.hidden = !on;
    button.setAttribute('aria-expanded', String(on));
    document[on ? 'addEventListener' : 'removeEventListener']('pointerdown', outside, true);
    if (on) list.firstChild.focus();
    else if (refocus) button.focus();
  }
  element.addEventListener('keydown', (event) => {
    if (list.hidden) return;
    if (event.key === 'Escape') { event.stopPropagation(); event.preventDefault(); open(false); return; }
    if (event.key === 'Tab') { open(false, false); return; }
    const step = {ArrowDown: 1, ArrowUp: -1}[event.key];
    if (!step) return;
    event.preventDefault();
    const all = [...list.children];
    all[(all.indexOf(document.activeElement) + step + all.length) % all.length].focus();
  });

  const fold = () => {
    element.classList.remove('tw-folded');
    const folded = row.scrollWidth > element.clientWidth + 1;
    element.classList.toggle('tw-folded', folded);
    if (!folded) open(false, false);
  };
  new ResizeObserver(fold).observe(element);
  return element;
}
