// Fields that the forms of annotations share.

import {h} from '../map/dom.js';
import {t} from './text.js';

/** A control under its name. */
export const field = (name, control) => h('label.am-field', {}, h('span', {}, name), control);

/** The field of the name one writes under, remembered in the browser; `input` is its control. */
export function authorField(panel) {
  const input = h('input.tw-input', {type: 'text', name: 'author', value: panel.notes.me, maxlength: panel.limits.author, required: true, autocomplete: 'name', placeholder: t('author.placeholder'), 'aria-label': t('author')});
  return Object.assign(h('div.am-author', {}, input), {input});
}
