// The first-time hint: how to move, once, until it is dismissed.

import {h, icon} from './dom.js';
import {t} from './text.js';

const KEY = 'twin.hint.seen';
const seen = () => { try { return localStorage.getItem(KEY) === '1'; } catch { return false; } };

export class Hint {
  constructor(app) { this.app = app; }

  render() {
    this.element?.remove();
    if (!this.app.full || !this.app.twin.bounds || !this.app.guide.hint || seen()) return;
    const row = (keys, text) => h('li', {}, h('b', {}, keys), h('span', {}, text));
    this.element = h('aside.tw-hint', {'aria-label': t('hint.title')},
      h('div.tw-head', {}, h('h2', {}, t('hint.title')),
        h('button.tw-quiet', {type: 'button', 'aria-label': t('hint.close'), onclick: () => this.close()}, icon('close'))),
      h('ul', {}, row(t('hint.drag.key'), t('hint.drag')), row(t('hint.tilt.key'), t('hint.tilt')), row(t('hint.wheel.key'), t('hint.wheel')),
        row(t('hint.click.key'), t('hint.click')), row('/', t('hint.search'))),
      h('button.tw-button.tw-primary', {type: 'button', onclick: () => this.close()}, t('hint.ok')));
    this.app.host.append(this.element);
  }

  close() {
    try { localStorage.setItem(KEY, '1'); } catch { /* private window */ }
    this.element?.remove();
  }
}
