// Export: the numbers as files, the method as text, the picture and the address of the view.

import {save} from '../page/api.js';
import {fill, h, icon} from '../map/dom.js';
import {stamp} from '../map/format.js';
import {Sharing} from '../map/sharing.js';

export class ExportPanel extends Sharing {
  /** @param name of the analysis in addresses and file names; @param files kinds of files, by their ending */
  constructor(page, name, files) {
    super(page.app);
    Object.assign(this, {page, name, files});
  }

  get title() { return this.page.text('export'); }

  render(body) {
    const rest = h('div');
    super.render(rest);
    const {text} = this.page;
    fill(body, h('p.tw-note', {}, text('export.lead')),
      h('div.an-files', {}, this.files.map((kind) => h('button.tw-button', {type: 'button', 'data-file': kind, onclick: (event) => this.#save(event.currentTarget, kind)},
        icon('download'), h('span', {}, h('b', {}, text(`export.${kind}`)), h('small', {}, text(`export.${kind}.long`)))))),
      h('div.an-rest', {}, rest));
  }

  async #save(button, kind) {
    const {page, name} = this;
    button.disabled = true;
    await page.attempt(page.study.work(save(`${page.study.address}/export.${kind}?${page.study.query(page.exported(kind))}`, `${name}-${stamp(new Date())}.${kind}`)));
    button.disabled = false;
  }
}
