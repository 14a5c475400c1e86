// Missing links: which bridge, crossing or gate would bring most people within reach.

import {evidenceButton} from '../evidence/card.js';
import {people} from '../analysis/figures.js';
import {Job} from '../analysis/job.js';
import {jobView} from '../analysis/job_view.js';
import {refresh} from '../analysis/refresh.js';
import {h, icon} from '../map/dom.js';
import {length, number} from '../map/format.js';
import {boxOf} from './explain.js';
import {t} from './text.js';

export class LinksPanel {
  #added = new Set();

  constructor(page) {
    this.page = page;
    this.job = new Job('/api/life-circle/links', () => this.changed());
    page.study.on('options', () => this.write());
  }

  get title() { return t('links'); }

  render(body) { this.body = body; this.write(); }

  changed() {
    Object.assign(this.page.marks, {links: this.job.state?.result?.links ?? [], link: -1});
    this.page.marks.draw();
    this.write();
  }

  write() {
    if (!this.body?.isConnected) return;
    const scrolled = this.body.scrollTop;
    refresh(this.body, h('p.tw-note', {}, t('links.lead')),
      h('div.tw-buttons', {}, h('button.tw-button.tw-primary', {type: 'button', 'data-action': 'links', disabled: this.job.running || !this.page.study.options,
        onclick: () => { this.#added.clear(); this.job.run(this.page.study.parameters); }}, icon('link'), t('links.run'))),
      jobView(this.job), this.#result());
    this.body.scrollTop = scrolled;
  }

  #result() {
    const result = this.job.state?.result;
    if (!result) return null;
    if (!result.links.length) return h('p.tw-note', {}, t('links.nothing'));
    const title = t('links.result');
    return h('section.an-section', {'data-section': 'links', 'aria-live': 'polite'},
      h('div.an-section-head', {}, h('h3', {}, title), evidenceButton(this.page.app.host, title, () => result.evidence ?? this.page.study.result?.evidence)),
      h('table.an-table', {}, h('thead', {}, h('tr', {}, ['rank', 'kind', 'length', 'detour', 'gain', 'add'].map((name, index) => h(`th${index > 1 ? '.an-number' : ''}`, {scope: 'col'}, name === 'add' ? '' : t(`column.${name}`))))),
        h('tbody', {}, result.links.map((item, index) => h('tr', {'data-chosen': String(this.page.marks.link === index)}, h('td.an-left', {}, number(item.rank)),
          h('th', {scope: 'row'}, h('button.an-row', {type: 'button', title: t('fly'), 'data-link': index, onclick: () => this.#show(index)}, t(`link.${item.kind}`))),
          h('td', {}, length(item.length_m)), h('td', {}, item.detour_before === null || item.detour_before === undefined ? '–' : `${number(item.detour_before, 1)} ×`), h('td', {}, `+${people(item.gain_people)}`),
          h('td', {}, this.#added.has(index) ? h('span.an-good', {title: t('siting.added')}, '✓') : h('button.tw-quiet', {type: 'button', 'aria-label': t('add.one'), title: t('add.one'), onclick: () => this.page.attempt(this.#add(item, index))}, icon('plus'))))))));
  }

  async #add(item, index) {
    const edit = item.kind === 'gate' && item.estate
      ? {kind: 'gate', estate: item.estate, lon: item.from[0], lat: item.from[1]}
      : {kind: 'link', from: item.from, to: item.to, type: item.kind === 'gate' ? 'path' : item.kind};
    await this.page.scenarios.edit(edit);
    this.#added.add(index);
    this.write();
  }

  #show(index) {
    const {marks} = this.page;
    marks.link = index;
    marks.draw();
    const {from, to} = marks.links[index];
    this.page.flyTo(boxOf([from, to]), 0.4);
    this.write();
    this.body.querySelector(`[data-link="${index}"]`)?.focus();
  }
}
