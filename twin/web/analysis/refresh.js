// Writing a part of a panel again without disturbing who uses it.

import {fill} from '../map/dom.js';

/**
 * Fill an element, unless it shows the same already: what stays keeps the focus
 * and a click that is under way. A focused control with a `data-key` gets the
 * focus back where it was written anew.
 */
export function refresh(element, ...children) {
  const made = fill(document.createElement('div'), ...children);
  if (made.innerHTML === element.innerHTML && states(made) === states(element)) return;
  const held = element.contains(document.activeElement) ? document.activeElement.dataset.key : '';
  element.replaceChildren(...made.childNodes);
  if (held) element.querySelector(`[data-key="${held}"]`)?.focus();
}

const states = (element) => [...element.querySelectorAll('select, input, button')].map((control) => `${control.value}${control.checked}${control.disabled}`).join();
