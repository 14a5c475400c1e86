// A result panel: what is chosen above, the answer below; the last answer stays until the next is there.

import {fill, h} from '../map/dom.js';
import {failed} from './headline.js';
import {refresh} from './refresh.js';
import {t} from './text.js';

export class ResultPanel {
  area = ''; // whose denominators are shown

  constructor(page, topics = ['options', 'result']) {
    Object.assign(this, {page, study: page.study});
    for (const topic of topics) this.study.on(topic, () => this.write());
  }

  get title() { return this.page.text('result'); }

  /** What can be chosen, once options are known; what the result says. */
  choices() { return null; }
  result() { return null; }

  /** What is said while the answer is on its way. */
  progress() { return null; }

  render(body) {
    this.body = body;
    this.chosen = h('div.an-choices');
    this.shown = h('div.an-result');
    fill(body, this.chosen, this.shown);
    this.write();
  }

  write() {
    if (!this.body?.isConnected) return;
    const {study} = this;
    refresh(this.chosen, study.options ? this.choices() : null);
    this.shown.setAttribute('aria-busy', String(study.loading));
    const scrolled = this.body.scrollTop;
    refresh(this.shown, this.progress(), study.failure ? failed(this.page) : null, study.result ? this.result(study.result) : study.failure ? null : h('p.tw-note', {}, t('loading')));
    this.body.scrollTop = scrolled;
  }
}
