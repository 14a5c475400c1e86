// The share panel: the address of this view, and the picture of it.

import {copy, fill, h, icon, select} from './dom.js';
import {saveImage} from './export.js';
import * as share from './share.js';
import {t} from './text.js';

export class Sharing {
  #size = 'screen';

  constructor(app) { this.app = app; }

  get title() { return t('share'); }

  render(body) {
    const done = h('span.tw-done', {role: 'status'});
    const address = h('input.tw-input', {type: 'text', readonly: true, value: share.write(this.app), 'aria-label': t('share.address'), onfocus: (event) => event.target.select()});
    const save = h('button.tw-button.tw-primary', {type: 'button', 'data-action': 'export', onclick: async () => {
      save.disabled = true;
      try { await saveImage(this.app, this.#size); } catch (error) { console.warn(error); this.app.shell.say(t('export.failed')); } finally { save.disabled = false; }
    }}, icon('download'), t('export.save'));
    fill(body,
      h('h3', {}, t('share.link')), h('p.tw-note', {}, t('share.text')), address,
      h('div.tw-buttons', {}, h('button.tw-button.tw-primary', {type: 'button', 'data-action': 'copy', onclick: async () => {
        address.value = share.write(this.app);
        done.textContent = (await copy(address.value)) ? t('copied') : t('copy.failed');
        setTimeout(() => { done.textContent = ''; }, 2500);
      }}, icon('link'), t('share.copy')), done),
      h('h3', {}, t('export.title')), h('p.tw-note', {}, t('export.text')),
      h('label.tw-field', {}, h('span', {}, t('export.size')),
        select(t('export.size'), [['screen', t('export.screen')], ['4k', t('export.4k')]], this.#size, (value) => { this.#size = value; })),
      h('div.tw-buttons', {}, save));
  }
}
