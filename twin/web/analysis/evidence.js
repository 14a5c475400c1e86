// Where a number comes from: one popover for every number of the page.

import {fill, h, icon} from '../map/dom.js';
import {hasText, say} from '../map/text.js';
import {t} from './text.js';

let opened = null;

/** A button that opens the evidence of a number; `what` names it, `evidence()` gives what the server said. */
export function evidenceButton(page, what, evidence, extra = null) {
  return h('button.an-evidence-button', {
    type: 'button', 'aria-haspopup': 'dialog', 'aria-label': t('evidence.of', {what}), title: t('evidence.of', {what}),
    onclick: (event) => { event.stopPropagation(); open(page, event.currentTarget, what, evidence(), extra?.()); },
  }, t('evidence'));
}

/** Close the popover; true when one was open. */
export function closeEvidence() {
  if (!opened) return false;
  opened.box.remove();
  opened.away();
  if (opened.button.isConnected) opened.button.focus();
  opened = null;
  return true;
}

function open(page, button, what, evidence, extra) {
  if (opened?.button === button) { closeEvidence(); return; }
  closeEvidence();
  const box = h('div.an-evidence', {role: 'dialog', 'aria-label': t('evidence.of', {what}), tabindex: '-1'});
  fill(box,
    h('div.tw-head', {}, h('h2', {}, what), h('button.tw-quiet', {type: 'button', 'aria-label': t('close'), onclick: closeEvidence}, icon('close'))),
    h('div.an-evidence-body', {}, evidence ? content(evidence, extra) : h('p.tw-note', {}, t('evidence.none'))));
  page.app.host.append(box);
  place(page, box, button);
  box.focus();
  const outside = (event) => { if (!box.contains(event.target) && event.target !== button) closeEvidence(); };
  document.addEventListener('pointerdown', outside, true);
  opened = {box, button, away: () => document.removeEventListener('pointerdown', outside, true)};
}

/** Beside the panel that the button is in, wherever there is room. */
function place(page, box, button) {
  const host = page.app.host.getBoundingClientRect();
  const from = (button.closest('.tw-panel, .tw-card') ?? button).getBoundingClientRect();
  const at = button.getBoundingClientRect();
  const gap = page.app.scale() * 10;
  const right = from.right + gap + box.offsetWidth < host.right;
  box.style.left = `${right ? from.right + gap : Math.max(gap, from.left - gap - box.offsetWidth)}px`;
  box.style.top = `${Math.max(gap, Math.min(at.top - gap, host.bottom - gap - box.offsetHeight))}px`;
}

function content(evidence, extra) {
  const line = (title, value) => (value === null || value === undefined || value === '' ? null : h('tr', {}, h('th', {scope: 'row'}, title), h('td', {}, value)));
  const shown = (value) => (value !== null && typeof value === 'object' ? (value.zh || value.en ? say(value) : JSON.stringify(value)) : String(value));
  return [
    evidence.origin && evidence.origin !== 'real' ? h('p.tw-warn', {}, icon('warn'), t(`origin.${evidence.origin}`)) : null,
    extra ? h('p', {}, extra) : null,
    h('h3', {}, t('evidence.method')), h('p', {}, say(evidence.method)),
    h('h3', {}, t('evidence.parameters')),
    h('table.tw-table', {}, h('tbody', {}, line(t('evidence.as_of'), evidence.as_of),
      Object.entries(evidence.parameters ?? {}).map(([name, value]) => line(parameterName(name), shown(value))))),
    h('h3', {}, t('evidence.datasets')),
    (evidence.datasets ?? []).map((item) => h('p.an-dataset', {}, h('b', {}, say(item.title) || item.name || item.layer || item.file_name),
      h('span', {}, [item.source || t('evidence.no_source'), item.licence || t('evidence.no_licence'), item.data_date].filter(Boolean).join(' · ')))),
    evidence.caveats?.length ? [h('h3', {}, t('evidence.caveats')), h('ul.an-caveats', {}, evidence.caveats.map((caveat) => h('li', {}, say(caveat))))] : null,
  ];
}

const parameterName = (name) => (hasText(`analysis.parameter.${name}`) ? t(`parameter.${name}`) : name);
