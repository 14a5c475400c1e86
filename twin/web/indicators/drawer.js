// The drawer of one indicator: value, history, evidence, entering, and ways to where it comes from.

import {evidenceContent} from '../evidence/card.js';
import {fill, h, icon} from '../map/dom.js';
import {number} from '../map/format.js';
import {say, text} from '../map/text.js';
import {get, send} from '../page/api.js';
import {confirm, note} from '../page/dialog.js';
import {sentence, told} from '../page/text.js';
import {madeUp} from './card.js';
import {chart} from './chart.js';
import {entryForm} from './entry_form.js';
import {gapText, plain, status, targetBar, trend, unitOf, withUnit} from './figures.js';
import {t} from './text.js';
import {computedOn, onMap} from './where.js';

export class Drawer {
  no = null;
  history = null;
  #from = null;

  constructor(page) {
    this.page = page;
    this.element = h('aside.ind-drawer', {hidden: true, role: 'dialog', tabindex: '-1', 'data-evidence-beside': ''});
  }

  /** Open an indicator; `field` of the form gets the focus where it is named. */
  open(no, field = '') {
    this.#from ??= document.activeElement;
    const fresh = this.no !== no;
    Object.assign(this, {no, history: fresh ? null : this.history});
    this.element.hidden = false;
    if (fresh || !this.parts) this.build();
    this.write();
    (field ? this.element.querySelector(`[name=${field}]`) : this.element).focus({preventScroll: !field});
    this.ask();
  }

  close() {
    if (this.no === null) return false;
    const {no} = this;
    Object.assign(this, {no: null, history: null, parts: null});
    this.element.hidden = true;
    fill(this.element);
    const from = this.#from?.isConnected ? this.#from : this.page.root.querySelector(`[data-open="${no}"]`);
    this.#from = null;
    from?.focus({preventScroll: true});
    this.page.closed();
    return true;
  }

  /** What was entered and noted, from the server. */
  async ask() {
    const {no} = this;
    try {
      const row = await get(`/api/indicators/${no}`);
      if (no !== this.no) return;
      this.history = row.history;
      this.failure = null;
    } catch (error) {
      if (no !== this.no) return;
      this.failure = error;
    }
    this.writeHistory();
  }

  /** The parts, once an indicator: the form must keep what is being typed while values change around it. */
  build() {
    const {page, no} = this;
    const row = page.row(no);
    this.element.setAttribute('aria-label', say(row.name));
    this.parts = {summary: h('div.ind-summary'), history: h('section'), evidence: h('section')};
    const closing = h('button.round.quiet', {type: 'button', 'aria-label': text('map.close'), onclick: () => this.close()}, icon('close'));
    const step = (by, key) => h('button.round.quiet', {type: 'button', 'aria-label': t(key), title: t(key), 'data-step': by, onclick: () => page.step(by)}, icon('down'));
    const entering = h('details.ind-enter', {open: row.cost === null && row.value === null},
      h('summary', {}, t('form.title')), h('p.hint', {}, t(row.computable ? 'form.beside' : 'form.lead')),
      entryForm(page, row, (answer) => { this.history = answer.history; this.writeHistory(); page.refresh(); }));
    fill(this.element,
      h('header.ind-drawer-head', {}, h('span.ind-no', {}, String(no)), h('h2', {}, say(row.name)), step(-1, 'step.back'), step(1, 'step.on'), closing),
      h('div.ind-drawer-body', {}, this.parts.summary, this.parts.evidence, this.parts.history, entering));
  }

  /** After values, language or theme changed. */
  write() {
    if (this.no === null) return;
    const {page, no, parts} = this;
    const row = page.row(no);
    const job = page.jobOf(no);
    const [computed, map] = [computedOn(no), onMap(no, page.twin)];
    fill(parts.summary,
      h('div.ind-figure', {}, row.value === null ? h('span.ind-none', {}, t('none')) : h('b', {}, plain(row, row.value), unitOf(row) ? h('small', {}, `\u2009${unitOf(row)}`) : null),
        status(row.status), madeUp(row)),
      targetBar(row),
      h('div.ind-goal-line', {}, h('span', {}, t('target'), ' ', h('b', {}, say(row.target_text)), ` · ${t('year', {year: row.year})}`), h('span', {}, gapText(row))),
      h('div.ind-goal-line', {}, trend(row), row.as_of ? h('span', {}, t('as_of'), ' ', h('b', {}, row.as_of)) : null),
      row.value === null ? h('p.ind-reason', {}, sentence(row.reason)) : null,
      row.computing ? h('p.ind-busy', {role: 'status'}, t('computing.long')) : row.outdated ? h('p.ind-old', {}, icon('warn'), t('outdated.why')) : null,
      this.#beside(row), this.#computing(row, job),
      h('div.buttons', {},
        computed ? h('a.button', {href: computed[1], 'data-link': 'computed'}, icon('result'), t(`on.${computed[0]}`)) : null,
        map ? h('a.button', {href: map, 'data-link': 'map'}, icon('map'), t('on.map')) : null));
    fill(parts.evidence, h('h3', {}, text('evidence.button')), evidenceContent(row.evidence));
    this.writeHistory();
  }

  /** The value of the other kind, where there are both. */
  #beside(row) {
    if (row.computed === null || !row.entered) return null;
    return h('p.hint', {}, row.basis === 'computed'
      ? t('beside.entered', {value: withUnit(row, row.entered.value), date: row.entered.as_of, source: row.entered.source})
      : t('beside.computed', {value: withUnit(row, row.computed)}));
  }

  /** Compute what takes long: the offer, its progress, why it failed. */
  #computing(row, job) {
    if (row.cost !== 'run') return null;
    if (job?.running) {
      const {progress = 0, stage = null} = job.state ?? {};
      return h('div.ind-job', {role: 'status'}, h('div', {}, h('span', {}, say(stage) || t('computing')), h('span', {}, `${number(progress * 100)}\u2009%`),
        h('button', {type: 'button', 'data-action': 'cancel', onclick: () => job.cancel()}, text('page.cancel'))),
      h('progress', {max: '1', value: progress, 'aria-label': t('computing')}));
    }
    const failed = job?.failure ? told(job.failure) : job?.state?.status === 'failed' ? sentence(job.state.error) : '';
    return [
      failed ? h('p.failure', {role: 'alert'}, failed) : job?.state?.status === 'cancelled' ? h('p.hint', {role: 'status'}, t('cancelled')) : null,
      row.computed === null || row.outdated ? h('div.buttons', {}, h('button.primary', {type: 'button', 'data-action': 'compute', onclick: () => this.page.compute(row.no)}, t('compute.now')), h('span.hint', {}, t('compute.long'))) : null,
    ];
  }

  writeHistory() {
    if (!this.parts) return;
    const row = this.page.row(this.no);
    const {history} = this;
    const lines = history ? [
      ...history.entered.map((item) => ({...item, basis: 'entered'})),
      ...history.computed.map((item) => ({...item, basis: 'computed', holds: true})),
    ].sort((a, b) => (a.as_of < b.as_of ? 1 : a.as_of > b.as_of ? -1 : 0)) : [];
    fill(this.parts.history, h('h3', {}, t('history')), chart(row) ?? h('p.hint', {}, t('history.empty')),
      this.failure ? h('p.failure', {role: 'alert'}, told(this.failure)) : null,
      lines.length ? h('div.scroll.short', {tabindex: '0', role: 'region', 'aria-label': t('history')}, h('table.lines', {},
        h('thead', {}, h('tr', {}, ['date', 'value', 'how', 'source'].map((key) => h(key === 'value' ? 'th.number' : 'th', {scope: 'col'}, t(`column.${key}`))), h('td'))),
        h('tbody', {}, lines.map((item) => this.#line(row, item))))) : null);
  }

  #line(row, item) {
    const entered = item.basis === 'entered';
    return h(item.holds ? 'tr' : 'tr.faint', {'data-basis': item.basis},
      h('td.date', {}, item.as_of || '–'),
      h('td.number', {}, item.value === null ? t('taken_back') : withUnit(row, item.value)),
      h('td', {}, t(`basis.${item.basis}`), entered && !item.holds ? h('span.under', {}, t('corrected')) : null,
        !entered && item.origin !== 'real' ? h('span.under', {}, t(`origin.${item.origin}`)) : null),
      h('td', {}, entered ? [item.source, h('span.under', {}, [item.author, item.note].filter(Boolean).join(' · '))]
        : h('span.under', {}, t('noted', {when: item.computed_at.replace('T', ' ').slice(0, 16)}))),
      h('td', {}, entered && item.holds ? h('button.link', {type: 'button', 'data-action': 'take-back', 'aria-label': t('take_back.of', {date: item.as_of}), onclick: () => this.takeBack(row, item)}, t('take_back')) : null));
  }

  async takeBack(row, item) {
    const {page} = this;
    const sure = await confirm(page.root, t('take_back.title'), t('take_back.text', {date: item.as_of, value: withUnit(row, item.value)}), t('take_back'));
    if (!sure) return;
    try {
      const answer = await send('POST', `/api/indicators/${row.no}`, {value: null, date: item.as_of, source: item.source, author: this.element.querySelector('[name=author]').value.trim(), note: ''});
      if (this.no === row.no) this.history = answer.history;
      note(page.root, t('taken_back.done', {date: item.as_of}));
    } catch (error) {
      note(page.root, told(error), 'bad');
    }
    this.writeHistory();
    page.refresh();
  }
}
