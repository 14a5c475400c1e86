// Resilience: which site is missed most when it fails, and which may sleep at night.

import {people, percent} from '../analysis/figures.js';
import {evidenceButton} from '../evidence/card.js';
import {Job} from '../analysis/job.js';
import {jobView} from '../analysis/job_view.js';
import {refresh} from '../analysis/refresh.js';
import {h, icon} from '../map/dom.js';
import {number} from '../map/format.js';
import {t} from './text.js';

const SHOWN = 30;

export class OutagePanel {
  #shown = 'outage';

  constructor(page) {
    this.page = page;
    this.jobs = Object.fromEntries(['outage', 'sleep'].map((name) => [name, new Job(`${page.study.address}/${name}`, () => this.changed(name))]));
    page.study.on('options', () => this.write());
  }

  get title() { return t('outage'); }

  render(body) { this.body = body; this.write(); }

  #rows(name) {
    const result = this.jobs[name].state?.result;
    return (result?.outages ?? result?.sleepers ?? []).slice(0, SHOWN);
  }

  changed(name) {
    this.#shown = name;
    this.page.marks.lost = this.#rows(name);
    this.page.marks.draw();
    this.write();
  }

  write() {
    if (!this.body?.isConnected) return;
    const scrolled = this.body.scrollTop;
    refresh(this.body, this.#part('outage', true), this.#part('sleep', false));
    this.body.scrollTop = scrolled;
  }

  #part(name, first) {
    const job = this.jobs[name];
    return h(`section.an-section${first ? '.an-first' : ''}`, {'data-section': name}, h('h3', {}, t(`${name}.title`)), h('p.tw-note', {}, t(`${name}.lead`)),
      h('div.tw-buttons', {}, h('button.tw-button.tw-primary', {type: 'button', 'data-action': name, 'data-key': name, disabled: job.running || !this.page.study.options, onclick: () => job.run(this.page.study.parameters)}, icon('outage'), t(`${name}.run`))),
      jobView(job), job.state?.status === 'done' || this.#rows(name).length ? this.#table(name, job.state?.result) : null);
  }

  #table(name, result) {
    const rows = this.#rows(name);
    if (!rows.length) return h('p.tw-note', {}, t(`${name}.nothing`));
    const title = t(`${name}.result`);
    return h('div', {'aria-live': 'polite'}, h('div.an-section-head', {}, h('h3', {}, title), evidenceButton(this.page.app.host, title, () => result?.evidence ?? this.page.study.result?.evidence)),
      h('div.an-scroll', {}, h('table.an-table', {}, h('thead', {}, h('tr', {}, (name === 'outage' ? ['rank', 'site', 'lost', 'after'] : ['rank', 'site', 'after']).map((column, index) => h(`th${index > 1 ? '.an-number' : ''}`, {scope: 'col'}, t(`column.${column}`))))),
        h('tbody', {}, rows.map((row) => h('tr', {}, h('td.an-left', {}, number(row.rank)), h('th', {scope: 'row'}, h('button.an-row', {type: 'button', title: t('site.open'), onclick: () => this.#open(name, row)}, row.name || `#${row.site}`)),
          name === 'outage' ? h('td', {}, row.exact === false ? '≈ ' : '', people(row.people_lost)) : null, h('td', {}, percent(row.rate_after ?? row.rate))))))));
  }

  #open(name, row) {
    const {page} = this;
    if (this.#shown !== name) this.changed(name);
    page.app.fly({longitude: row.lon, latitude: row.lat, zoom: 15});
    page.openSite(row.site);
  }
}
