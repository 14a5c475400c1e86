// The evidence card behind every number: a button beside the number, and the card it opens.
//
// The card is put into `host`, so that it wears the colours and the size of what it explains: a page, a
// map, the wall. All its sizes are in em.

import {copy, fill, h, icon} from '../map/dom.js';
import {say} from '../map/text.js';
import {evidenceContent, evidenceText, t} from './content.js';

export {evidenceContent, evidenceText};

let opened = null;

// The component brings its own looks, wherever it is used.
const looks = new URL('card.css', import.meta.url).pathname;
if (!document.querySelector(`link[href="${looks}"]`)) document.head.append(h('link', {rel: 'stylesheet', href: looks}));

/**
 * A button that opens the evidence of a number.
 *
 * @param host element the card is put into; null for the page, map or wall that the button is in
 * @param what names the number, as a title
 * @param evidence gives what the server said, at once or as a promise
 * @param extra gives a text or element to stand above the method, if any
 */
export function evidenceButton(host, what, evidence, extra = null) {
  return h('button.ev-button', {
    type: 'button', 'aria-haspopup': 'dialog', 'aria-expanded': 'false', 'aria-label': t('of', {what}), title: t('of', {what}),
    onclick: (event) => { event.stopPropagation(); event.preventDefault(); openEvidence(host, event.currentTarget, what, evidence, extra); },
  }, t('button'));
}

/** Close the card; true when one was open. The focus goes back to its button unless it has moved on. */
export function closeEvidence(refocus = true) {
  if (!opened) return false;
  const {box, button, away} = opened;
  opened = null;
  away();
  box.remove();
  button.setAttribute('aria-expanded', 'false');
  if (refocus && button.isConnected) button.focus({preventScroll: true});
  return true;
}

/** Open the card of a number beside `button`; the button of an open card closes it. */
export async function openEvidence(host, button, what, evidence, extra = null) {
  if (opened?.button === button) { closeEvidence(); return; }
  closeEvidence(false);
  const within = host ?? button.closest('.tw, .twin-page, [data-evidence-host]') ?? document.body;
  const body = h('div.ev-body', {tabindex: '0'}, h('p.ev-wait', {role: 'status'}, t('loading')));
  const done = h('span.ev-done', {role: 'status'});
  const copying = h('button.ev-tool', {type: 'button', 'data-action': 'copy-evidence', disabled: true, 'aria-label': t('copy'), title: t('copy')}, icon('copy'));
  const box = h('div.ev-box', {role: 'dialog', 'aria-label': t('of', {what}), tabindex: '-1'},
    h('header', {}, h('h2', {}, what), done, copying,
      h('button.ev-tool', {type: 'button', 'aria-label': t('close'), title: t('close'), onclick: () => closeEvidence()}, icon('close'))),
    body);
  within.append(box);
  button.setAttribute('aria-expanded', 'true');
  opened = {box, button, away: watched(box, button, within)};
  const shown = (...content) => { fill(body, ...content); place(box, button, within); };
  let found = null;
  try {
    found = evidence();
    if (found instanceof Promise) {
      place(box, button, within);
      found = await found;
    }
  } catch (error) {
    if (opened?.box === box) shown(h('p.ev-failure', {role: 'alert'}, error.text ? say(error.text) : t('failed')));
    return;
  }
  if (opened?.box !== box) return;
  if (!found) { shown(h('p.ev-wait', {}, t('none'))); box.focus({preventScroll: true}); return; }
  const more = extra?.() ?? null;
  shown(evidenceContent(found, more));
  copying.disabled = false;
  copying.addEventListener('click', async () => {
    done.textContent = (await copy(evidenceText(what, found, more))) ? t('copied') : t('copy.failed');
    setTimeout(() => { done.textContent = ''; }, 2500);
  });
  box.focus({preventScroll: true});
  box.dataset.ready = '';
}

/** What closes or moves the card while it is open; returns how to stop watching. */
function watched(box, button, within) {
  const inside = (target) => box.contains(target) || button.contains(target);
  const outside = (event) => { if (!inside(event.target)) closeEvidence(false); };
  const left = (event) => { if (event.relatedTarget && !inside(event.relatedTarget)) closeEvidence(false); };
  const key = (event) => {
    if (event.key !== 'Escape') return;
    event.preventDefault();
    event.stopPropagation();
    closeEvidence();
  };
  const moved = (event) => {
    if (box.contains(event.target)) return;
    if (button.isConnected) place(box, button, within); else closeEvidence(false);
  };
  document.addEventListener('pointerdown', outside, true);
  document.addEventListener('keydown', key, true);
  window.addEventListener('resize', moved);
  document.addEventListener('scroll', moved, true);
  box.addEventListener('focusout', left);
  return () => {
    document.removeEventListener('pointerdown', outside, true);
    document.removeEventListener('keydown', key, true);
    window.removeEventListener('resize', moved);
    document.removeEventListener('scroll', moved, true);
    box.removeEventListener('focusout', left);
  };
}

/** Beside the panel or card that the button is in where there is room, else below the button, or above it. */
function place(box, button, within) {
  const host = within.getBoundingClientRect();
  const at = button.getBoundingClientRect();
  const gap = parseFloat(getComputedStyle(box).fontSize) * 0.6;
  const [width, height] = [box.offsetWidth, box.offsetHeight];
  const between = (value, low, high) => Math.max(low, Math.min(value, high));
  const panel = button.closest('.tw-panel, .tw-card, [data-evidence-beside]')?.getBoundingClientRect();
  let left;
  let top;
  if (panel && (panel.right + gap + width < host.right || panel.left - gap - width > host.left)) {
    left = panel.right + gap + width < host.right ? panel.right + gap : panel.left - gap - width;
    top = at.top - gap;
  } else {
    left = at.right - Math.min(width, at.width + gap * 2);
    const below = at.bottom + gap + height < host.bottom;
    top = below || at.top - host.top < host.bottom - at.bottom ? at.bottom + gap : at.top - gap - height;
  }
  // The host may be drawn at another scale than its own pixels.
  const scale = within.offsetWidth ? host.width / within.offsetWidth : 1;
  box.style.left = `${(between(left, host.left + gap, host.right - gap - width) - host.left) / scale}px`;
  box.style.top = `${(between(top, host.top + gap, Math.max(host.top + gap, host.bottom - gap - height)) - host.top) / scale}px`;
}
