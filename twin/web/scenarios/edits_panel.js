// The edits of a scenario in words: each is flown to and taken back.

import {refresh} from '../analysis/refresh.js';
import {h, icon} from '../map/dom.js';
import {boundsOf, editText, placesOf} from './edit_text.js';
import {t} from './text.js';

const CLOSE = 15.8; // zoom that an edit is looked at from, at least

export class EditsPanel {
  #side = 'b';

  constructor(page) {
    this.page = page;
    page.records.on('list', () => this.write());
  }

  get title() { return t('edits.title'); }

  render(body) {
    this.body = body;
    this.write();
  }

  write() {
    if (!this.body?.isConnected) return;
    const {page} = this;
    const {state, records} = page;
    const tabs = ['a', 'b'].filter((side) => state[side]);
    const side = tabs.includes(this.#side) ? this.#side : tabs[0];
    const scenario = side ? records.of(state[side]) : null;
    refresh(this.body,
      tabs.length > 1 && state.a !== state.b ? h('div.an-tabs.sc-tabs', {role: 'group', 'aria-label': t('sides')}, tabs.map((name) => h('button', {
        type: 'button', 'data-key': `tab-${name}`, 'aria-pressed': String(name === side), onclick: () => { this.#side = name; this.write(); },
      }, `${name.toUpperCase()} · ${page.nameOf(state[name])}`))) : null,
      scenario ? this.#edits(scenario) : h('p.tw-note', {}, t('edits.base')));
  }

  #edits(scenario) {
    const {page} = this;
    const {edits} = scenario;
    if (!edits.length) return [h('h3', {}, scenario.name), h('p.tw-note', {}, t('edits.none_yet')), this.#links(scenario)];
    return [
      h('div.an-section-head', {}, h('h3', {}, scenario.name, ' · ', t('edits.count', {n: edits.length})),
        h('button.tw-button', {type: 'button', 'data-key': 'fly-all', onclick: () => page.flyTo(boundsOf(edits, page.records))}, icon('target'), t('edits.fly'))),
      h('ol.an-edits', {}, edits.map((edit, index) => h('li', {'data-edit': edit.id},
        h('button.an-row', {type: 'button', 'data-key': `edit-${edit.id}`, title: t('fly'), onclick: () => this.#fly(edit)}, editText(edit, scenario, page.layers, page.records)),
        h('button.tw-quiet', {type: 'button', 'data-key': `undo-${edit.id}`, 'aria-label': `${t('edit.undo')} ${index + 1}`, title: t('edit.undo'), onclick: () => page.undo(scenario.id, edit)}, icon('undo'))))),
      h('p.tw-note', {}, t('edits.reversible')),
      this.#links(scenario),
    ];
  }

  #links(scenario) {
    const {page} = this;
    const link = (path, key) => h('a.tw-button', {href: page.linkTo(path, scenario.id), 'data-link': path}, t(`open.${key}`));
    return [h('h3', {}, t('open')), h('div.tw-buttons', {}, link('life-circle', 'life'), link('coverage', 'coverage'), link('bim', 'bim'))];
  }

  #fly(edit) {
    const places = placesOf(edit, this.page.records);
    if (!places.length) { this.page.say(t('edit.nowhere')); return; }
    const [longitude, latitude] = [0, 1].map((axis) => places.reduce((sum, place) => sum + place[axis], 0) / places.length);
    this.page.pair.fly({longitude, latitude, zoom: Math.max(CLOSE, this.page.pair.view?.zoom ?? 0)});
  }
}
