// Siting: where the next facilities of a category go, ranked, with what each gains and how good that provably is.

import {fill, h, icon, select} from '../map/dom.js';
import {number} from '../map/format.js';
import {say} from '../map/text.js';
import {addition} from './edit_tools.js';
import {evidenceButton} from './evidence.js';
import {percent, people} from './figures.js';
import {Job} from './job.js';
import {boundText, jobView} from './job_view.js';
import {refresh} from './refresh.js';
import {t} from './text.js';

const CANDIDATES = ['land_use', 'buildings', 'points'];
const OBJECTIVES = ['people', 'fair', 'target'];

export class SitingPanel {
  #asked = {category: 'centre', p: 5, candidates: 'land_use', objective: 'people'};
  #added = new Set();

  constructor(page) {
    this.page = page;
    this.job = new Job('/api/life-circle/sites', () => this.changed());
    page.study.on('options', () => this.write());
  }

  get title() { return t('siting'); }

  render(body) {
    this.body = body;
    this.form = h('div');
    this.answer = h('div');
    fill(body, this.form, this.answer);
    this.write();
  }

  changed() {
    this.page.marks.sites = this.job.state?.result?.chosen ?? [];
    this.page.marks.draw();
    this.write();
  }

  write() {
    if (!this.body?.isConnected) return;
    const scrolled = this.body.scrollTop;
    refresh(this.form, this.#fields());
    refresh(this.answer, jobView(this.job), this.#result());
    this.body.scrollTop = scrolled;
  }

  #fields() {
    const {page} = this;
    const form = this.#asked;
    const points = page.marks.points.length;
    const field = (name, control) => { control.dataset.key = name; return h('label.tw-field', {}, h('span', {}, t(name === 'category' ? 'category' : `siting.${name}`)), control); };
    const choose = (name, options) => field(name, select(t(name === 'category' ? 'category' : `siting.${name}`), options, form[name], (value) => { form[name] = value; this.#picking(); this.write(); }));
    const ready = !this.job.running && page.study.options && (form.candidates !== 'points' || points);
    return [
      h('p.tw-note', {}, t('siting.lead')),
      choose('category', (page.study.options?.categories ?? []).map((item) => [item.id, say(item.title)])),
      choose('objective', OBJECTIVES.map((id) => [id, t(`objective.${id}`)])),
      form.objective === 'target' ? null : field('p', h('input.tw-input', {type: 'number', min: '1', max: '100', step: '1', value: form.p, oninput: (event) => { form.p = Math.min(100, Math.max(1, Math.round(Number(event.target.value)) || 1)); }})),
      choose('candidates', CANDIDATES.map((id) => [id, t(`candidates.${id}`)])),
      form.candidates === 'points' ? h('p.tw-note', {}, t('siting.points', {n: points}), ' ',
        h('button.tw-link', {type: 'button', 'data-key': 'here', onclick: () => page.tools.here()}, t('tool.here')), ' ',
        points ? h('button.tw-link', {type: 'button', 'data-key': 'clear', onclick: () => { page.marks.points = []; page.marks.draw(); this.write(); }}, t('siting.clear')) : null) : null,
      h('div.tw-buttons', {}, h('button.tw-button.tw-primary', {type: 'button', 'data-action': 'site', 'data-key': 'run', disabled: !ready, onclick: () => this.#run()}, icon('target'), t('siting.run'))),
    ];
  }

  /** Candidates that are clicked need their tool in the hand. */
  #picking() {
    const {tools, marks} = this.page;
    const wanted = this.#asked.candidates === 'points';
    if (wanted === (tools.tool?.name === 'candidate')) return;
    tools.take(wanted ? {name: 'candidate', cursor: 'crosshair', pick: null, use: ([lon, lat]) => { marks.points.push([lon, lat]); marks.draw(); this.write(); }} : null);
  }

  #run() {
    this.#added.clear();
    const {category, p, candidates, objective} = this.#asked;
    this.job.run({
      ...this.page.study.parameters, category, p, objective, exact: true,
      candidates: candidates === 'points' ? this.page.marks.points : candidates,
    });
  }

  #result() {
    const result = this.job.state?.result;
    if (!result) return null;
    if (!result.chosen.length) return h('p.tw-note', {}, t('siting.nothing'));
    const add = async (items) => {
      items.forEach((item) => this.#added.add(item.rank));
      await this.page.scenarios.edit(...items.map((item) => addition(this.#asked.category, item.lon, item.lat, item.name ?? '')));
      this.write();
    };
    const title = t('siting.result');
    const open = result.chosen.filter((item) => !this.#added.has(item.rank));
    return h('section.lc-section', {'data-section': 'sites', 'aria-live': 'polite'},
      h('div.lc-section-head', {}, h('h3', {}, title), evidenceButton(this.page, title, () => result.evidence ?? this.page.study.result?.evidence, () => boundText(result))),
      h('p', {}, t('siting.covered', {people: people(result.covered)}), ' ', h('b', {}, boundText(result)), this.job.running ? ` ${t('siting.first')}` : ''),
      h('table.lc-table', {}, h('thead', {}, h('tr', {}, ['rank', 'place', 'gain', 'rate', 'add'].map((name, index) => h(`th${index > 1 ? '.lc-number' : ''}`, {scope: 'col'}, name === 'add' ? '' : t(`column.${name}`))))),
        h('tbody', {}, result.chosen.map((item) => h('tr', {}, h('td.lc-left', {}, number(item.rank)),
          h('th', {scope: 'row'}, h('button.lc-row', {type: 'button', title: t('fly'), onclick: () => this.page.app.fly({longitude: item.lon, latitude: item.lat, zoom: 15})}, item.name || `${item.lon.toFixed(4)}, ${item.lat.toFixed(4)}`)),
          h('td', {}, item.gain_people === null || item.gain_people === undefined ? '–' : `+${people(item.gain_people)}`), h('td', {}, percent(item.rate)),
          h('td', {}, this.#added.has(item.rank) ? h('span.lc-good', {title: t('siting.added')}, '✓') : h('button.tw-quiet', {type: 'button', 'aria-label': t('add.one'), title: t('add.one'), onclick: () => this.page.attempt(add([item]))}, icon('plus'))))))),
      h('div.tw-buttons', {}, h('button.tw-button', {type: 'button', 'data-action': 'add-all', disabled: !open.length, onclick: () => this.page.attempt(add(open))}, icon('plus'), t('add.all'))));
  }
}
