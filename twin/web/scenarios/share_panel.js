// The address of this comparison, to be passed on.

import {copy, fill, h, icon} from '../map/dom.js';
import {t} from './text.js';

export class SharePanel {
  constructor(page) { this.page = page; }

  get title() { return t('share'); }

  render(body) {
    const done = h('span.tw-done', {role: 'status'});
    const address = h('input.tw-input', {type: 'text', readonly: true, value: this.page.address(), 'aria-label': t('share.address'), onfocus: (event) => event.target.select()});
    fill(body, h('p.tw-note', {}, t('share.text')), address,
      h('div.tw-buttons', {}, h('button.tw-button.tw-primary', {type: 'button', 'data-action': 'copy', onclick: async () => {
        address.value = this.page.address();
        done.textContent = t((await copy(address.value)) ? 'share.copied' : 'share.failed');
        setTimeout(() => { done.textContent = ''; }, 2500);
      }}, icon('link'), t('share.copy')), done));
  }
}
