// Export: the numbers as files, the method as text, the picture and the address of the view.

import {save} from '../data_page/api.js';
import {fill, h, icon} from '../map/dom.js';
import {stamp} from '../map/format.js';
import {Sharing} from '../map/sharing.js';
import {t} from './text.js';

const FILES = ['csv', 'parquet', 'md'];

export class ExportPanel extends Sharing {
  constructor(page) {
    super(page.app);
    this.page = page;
  }

  get title() { return t('export'); }

  render(body) {
    const rest = h('div');
    super.render(rest);
    const {study} = this.page;
    fill(body, h('p.tw-note', {}, t('export.lead')),
      h('div.lc-files', {}, FILES.map((kind) => h('button.tw-button', {type: 'button', 'data-file': kind, onclick: (event) => this.#save(event.currentTarget, kind, study)},
        icon('download'), h('span', {}, h('b', {}, t(`export.${kind}`)), h('small', {}, t(`export.${kind}.long`)))))),
      h('div.lc-rest', {}, rest));
  }

  async #save(button, kind, study) {
    button.disabled = true;
    await this.page.attempt(study.work(save(`/api/life-circle/export.${kind}?${study.query()}`, `life-circle-${stamp(new Date())}.${kind}`)));
    button.disabled = false;
  }
}
