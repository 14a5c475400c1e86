// Siting: where the next ones go, ranked, with what each gains and how good that provably is.

import {fill, h, icon, select} from '../map/dom.js';
import {number} from '../map/format.js';
import {evidenceButton} from '../evidence/card.js';
import {people, percent} from './figures.js';
import {Job} from './job.js';
import {boundText, jobView} from './job_view.js';
import {refresh} from './refresh.js';
import {t} from './text.js';

export class SitingPanel {
  asked = {p: 5};
  #added = new Set();

  constructor(page) {
    this.page = page;
    this.job = new Job(`${page.study.address}/sites`, () => this.changed());
    page.study.on('options', () => this.write());
  }

  get title() { return this.page.text('siting'); }

  /** What is chosen: [name in `asked`, its title, options]; candidates may be `points`, clicked on the map. */
  choices() { return []; }

  /** Whether a number of sites is asked for; the edit that builds one; more parameters of the request. */
  numbered() { return true; }
  addition() { return null; }
  more() { return {}; }

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
    const form = this.asked;
    const points = page.marks.points.length;
    const field = (name, title, control) => { control.dataset.key = name; return h('label.tw-field', {}, h('span', {}, title), control); };
    const ready = !this.job.running && page.study.options && (form.candidates !== 'points' || points);
    return [
      h('p.tw-note', {}, page.text('siting.lead')),
      this.choices().map(([name, title, options]) => field(name, title, select(title, options, form[name], (value) => { form[name] = value; this.#picking(); this.write(); }))),
      this.numbered() ? field('p', t('siting.p'), h('input.tw-input', {type: 'number', min: '1', max: '100', step: '1', value: form.p, oninput: (event) => { form.p = Math.min(100, Math.max(1, Math.round(Number(event.target.value)) || 1)); }})) : null,
      form.candidates === 'points' ? h('p.tw-note', {}, t('siting.points', {n: points}), ' ',
        h('button.tw-link', {type: 'button', 'data-key': 'here', onclick: () => page.tools.here()}, t('tool.here')), ' ',
        points ? h('button.tw-link', {type: 'button', 'data-key': 'clear', onclick: () => { page.marks.points = []; page.marks.draw(); this.write(); }}, t('siting.clear')) : null) : null,
      h('div.tw-buttons', {}, h('button.tw-button.tw-primary', {type: 'button', 'data-action': 'site', 'data-key': 'run', disabled: !ready, onclick: () => this.#run()}, icon('target'), t('siting.run'))),
    ];
  }

  /** Candidates that are clicked need their tool in the hand. */
  #picking() {
    const {tools, marks} = this.page;
    const wanted = this.asked.candidates === 'points';
    if (wanted === (tools.tool?.name === 'candidate')) return;
    tools.take(wanted ? {name: 'candidate', cursor: 'crosshair', pick: null, use: ([lon, lat]) => { marks.points.push([lon, lat]); marks.draw(); this.write(); }} : null);
  }

  #run() {
    this.#added.clear();
    const {page, asked} = this;
    this.job.run({...page.study.parameters, ...asked, ...this.more(), candidates: asked.candidates === 'points' ? page.marks.points : asked.candidates});
  }

  #result() {
    const result = this.job.state?.result;
    if (!result) return null;
    if (!result.chosen.length) return h('p.tw-note', {}, this.page.text('siting.nothing'));
    const add = async (items) => {
      items.forEach((item) => this.#added.add(item.rank));
      await this.page.scenarios.edit(...items.map((item) => this.addition(item)));
      this.write();
    };
    const title = t('siting.result');
    const open = result.chosen.filter((item) => !this.#added.has(item.rank));
    return h('section.an-section', {'data-section': 'sites', 'aria-live': 'polite'},
      h('div.an-section-head', {}, h('h3', {}, title), evidenceButton(this.page.app.host, title, () => result.evidence ?? this.page.study.result?.evidence, () => boundText(result))),
      h('p', {}, result.covered === undefined ? null : [t('siting.covered', {people: people(result.covered)}), ' '], h('b', {}, boundText(result)), this.job.running ? ` ${t('siting.first')}` : ''),
      h('table.an-table', {}, h('thead', {}, h('tr', {}, ['rank', 'place', 'gain', 'rate', 'add'].map((name, index) => h(`th${index > 1 ? '.an-number' : ''}`, {scope: 'col'}, name === 'add' ? '' : t(`column.${name}`))))),
        h('tbody', {}, result.chosen.map((item) => h('tr', {}, h('td.an-left', {}, number(item.rank)),
          h('th', {scope: 'row'}, h('button.an-row', {type: 'button', title: t('fly'), onclick: () => this.page.app.fly({longitude: item.lon, latitude: item.lat, zoom: 15})}, item.name || `${item.lon.toFixed(4)}, ${item.lat.toFixed(4)}`)),
          h('td', {}, item.gain_people === null || item.gain_people === undefined ? '–' : `+${people(item.gain_people)}`), h('td', {}, percent(item.rate)),
          h('td', {}, this.#added.has(item.rank) ? h('span.an-good', {title: t('siting.added')}, '✓') : h('button.tw-quiet', {type: 'button', 'aria-label': t('add.one'), title: t('add.one'), onclick: () => this.page.attempt(add([item]))}, icon('plus'))))))),
      h('div.tw-buttons', {}, h('button.tw-button', {type: 'button', 'data-action': 'add-all', disabled: !open.length, onclick: () => this.page.attempt(add(open))}, icon('plus'), t('add.all'))));
  }
}
