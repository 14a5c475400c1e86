// Files dropped anywhere on the page.

import {h, icon} from '../map/dom.js';
import {t} from './text.js';

export class Drop {
  /** @param host the page's element; @param take ([File]) => … */
  constructor(host, take) {
    Object.assign(this, {host, take});
    this.over = (event) => { if (holdsFiles(event)) { event.preventDefault(); this.#show(true); } };
    this.leave = (event) => { if (!event.relatedTarget) this.#show(false); };
    this.drop = (event) => {
      if (!holdsFiles(event)) return;
      event.preventDefault();
      this.#show(false);
      this.take([...event.dataTransfer.files]);
    };
    window.addEventListener('dragover', this.over);
    window.addEventListener('dragleave', this.leave);
    window.addEventListener('drop', this.drop);
  }

  #show(on) {
    if (on === Boolean(this.sign)) return;
    if (on) this.host.append(this.sign = h('div.bim-drop-sign', {'aria-hidden': 'true'}, h('div', {}, icon('upload'), h('b', {}, t('drop.here')), h('span', {}, t('drop.kinds')))));
    else { this.sign.remove(); this.sign = null; }
  }

  dispose() {
    window.removeEventListener('dragover', this.over);
    window.removeEventListener('dragleave', this.leave);
    window.removeEventListener('drop', this.drop);
  }
}

const holdsFiles = (event) => [...(event.dataTransfer?.types ?? [])].includes('Files');
