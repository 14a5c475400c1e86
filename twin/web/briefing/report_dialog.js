// The report of a tour: what it is to be, how far it is, and the file.

import {Job} from '../analysis/job.js';
import {fill, h, icon, select} from '../map/dom.js';
import {language, say} from '../map/text.js';
import {get} from '../page/api.js';
import {size} from '../page/figures.js';
import {told} from '../page/text.js';
import {t} from './text.js';

export class ReportDialog {
  constructor(page) {
    this.page = page;
    this.asked = {format: 'pptx', lang: language(), template: '', scenario: '', pictures: true};
    this.job = new Job('/api/report', () => this.#follow());
  }

  async open() {
    this.dialog?.remove();
    this.dialog = h('dialog.br-report', {'aria-labelledby': 'br-report-title', onclose: () => this.dialog.remove()});
    this.page.root.append(this.dialog);
    this.dialog.showModal();
    this.#write(h('p', {role: 'status'}, t('report.asking')));
    try {
      const [options, {scenarios}] = await Promise.all([get('/api/report/options'), get('/api/scenarios')]);
      Object.assign(this, {options, scenarios});
      this.#choose();
    } catch (error) {
      this.#write(h('p.failure', {role: 'alert'}, told(error)));
    }
  }

  #write(...parts) {
    fill(this.dialog,
      h('div.br-dialog-head', {}, h('h2', {id: 'br-report-title'}, t('report.title', {name: this.page.draft.tour.name})),
        h('button.round', {type: 'button', 'aria-label': t('close'), onclick: () => this.dialog.close()}, icon('close'))),
      parts);
  }

  #choose() {
    const {asked, options, page} = this;
    if (this.job.running) { this.#follow(); return; }
    const again = (change) => { Object.assign(asked, change); this.#choose(); };
    const templates = options.templates?.[asked.format] ?? [];
    if (!templates.includes(asked.template)) asked.template = '';
    const field = (name, control) => h('label.br-field', {'data-field': name}, h('span', {}, t(`report.${name}`)), control);
    const shown = document.activeElement?.closest?.('[data-field]')?.dataset.field;
    this.#write(
      field('format', select(t('report.format'), options.formats.map((name) => [name, t(`report.format.${name}`)]), asked.format, (format) => again({format, template: ''}))),
      field('language', select(t('report.language'), [['zh', t('report.zh')], ['en', t('report.en')]], asked.lang, (lang) => again({lang}))),
      templates.length > 1 ? field('template', select(t('report.template'), templates.map((name) => [name, name]), asked.template || templates[0], (template) => again({template}))) : null,
      this.scenarios.length ? field('scenario', select(t('report.scenario'), [['', t('report.scenario.none')], ...this.scenarios.map((item) => [item.id, item.name])], asked.scenario, (scenario) => again({scenario}))) : null,
      h('label.br-check', {}, h('input', {type: 'checkbox', checked: asked.pictures && options.browser.ready, disabled: !options.browser.ready, onchange: (event) => { asked.pictures = event.target.checked; }}), t('report.pictures')),
      options.browser.ready ? null : h('p.warn', {}, say(options.browser.text)),
      h('p.hint', {}, t('report.help', {count: page.draft.tour.viewpoints.length})),
      h('div.buttons', {}, h('button.primary', {type: 'button', 'data-do': 'make', onclick: () => this.#make()}, icon('report'), t('report.make'))));
    if (shown) this.dialog.querySelector(`[data-field=${shown}] select`)?.focus();
  }

  async #make() {
    const {asked, page, options} = this;
    if (!(await page.saved())) { this.#write(h('p.failure', {role: 'alert'}, t('report.unsaved'))); return; }
    const body = {tour: page.draft.tour.id, format: asked.format, lang: asked.lang, pictures: asked.pictures && options.browser.ready};
    if (asked.template) body.template = asked.template;
    if (asked.scenario) body.scenario = asked.scenario;
    await this.job.run(body);
  }

  #follow() {
    if (!this.dialog?.isConnected) return;
    const {job} = this;
    const {state, failure} = job;
    const back = h('button', {type: 'button', 'data-do': 'again', onclick: () => { job.state = null; job.failure = null; this.#choose(); }}, t('report.again'));
    if (failure || state?.status === 'failed') {
      this.#write(h('p.failure', {role: 'alert'}, icon('warn'), failure ? told(failure) : say(state.error)), h('div.buttons', {}, back));
      return;
    }
    if (job.running) {
      const bar = h('progress', {max: 1});
      if (state?.progress) bar.value = state.progress;
      this.#write(h('p', {role: 'status'}, say(state?.stage) || t('report.starting')), h('div.br-progress', {}, bar),
        h('div.buttons', {}, h('button', {type: 'button', 'data-do': 'cancel', onclick: () => job.cancel()}, t('report.cancel'))));
      return;
    }
    if (state?.status === 'cancelled') { this.#write(h('p', {role: 'status'}, t('report.cancelled')), h('div.buttons', {}, back)); return; }
    if (state?.status !== 'done') return;
    const made = state.result;
    this.#write(
      h('p', {role: 'status'}, t('report.done', {pages: made.pages, size: size(made.bytes)})),
      made.notes?.length ? h('ul.br-notes', {}, made.notes.map((item) => h('li', {}, say(item)))) : null,
      h('div.buttons', {}, back, h('a.button.primary', {href: `/api/report/files/${encodeURIComponent(made.file)}`, download: made.name, 'data-do': 'download'}, icon('download'), t('report.download'))));
    this.dialog.querySelector('[data-do=download]').focus();
  }
}
