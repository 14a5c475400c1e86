// What speaks over the page: a question that must be answered, and a short note.

import {h} from '../map/dom.js';
import {t} from './text.js';

/** Ask before something that cannot be missed; resolves to true when confirmed. */
export function confirm(root, title, text, action) {
  return new Promise((resolve) => {
    const close = (value) => { dialog.close(); dialog.remove(); resolve(value); };
    const dialog = h('dialog.question', {'aria-labelledby': 'question-title',
      oncancel: (event) => { event.preventDefault(); close(false); }},
      h('h2', {id: 'question-title'}, title),
      h('p', {}, text),
      h('div.buttons', {},
        h('button.quiet', {type: 'button', onclick: () => close(false)}, t('cancel')),
        h('button.primary', {type: 'button', onclick: () => close(true)}, action)));
    root.append(dialog);
    dialog.showModal();
  });
}

let timer = 0;

/** A note at the bottom for `ms`, read out by screen readers; `kind` is good or bad. */
export function note(root, text, kind = 'good', ms = 6000) {
  let bar = root.querySelector('.note');
  if (!bar) root.append(bar = h('div.note', {role: 'status', 'aria-live': 'polite'}));
  bar.textContent = text;
  bar.dataset.kind = kind;
  bar.classList.add('shown');
  clearTimeout(timer);
  timer = setTimeout(() => bar.classList.remove('shown'), ms);
}
