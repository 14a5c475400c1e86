// The indicators under A and under B: both values, the difference in words and with an arrow, evidence behind every number.

import {jobView} from '../analysis/job_view.js';
import {refresh} from '../analysis/refresh.js';
import {openEvidence} from '../evidence/card.js';
import {h, icon} from '../map/dom.js';
import {number, quantity} from '../map/format.js';
import {language, say} from '../map/text.js';
import {sentence, t} from './text.js';

const SIDES = ['a', 'b'];

/** Decimals that an indicator's two values need, so that they do not look equal where they are not. */
function digitsOf({unit, change, a, b}) {
  const whole = [a, b].every((value) => value === null || Number.isInteger(value));
  if (whole && unit !== '%') return 0;
  const size = Math.abs(change ?? 0);
  return size === 0 || size >= 0.05 ? 1 : size >= 0.005 ? 2 : 3;
}

const unitOf = (row) => (language() === 'en' ? row.unit_en ?? row.unit : row.unit);

export class TablePanel {
  constructor(page) {
    this.page = page;
    for (const topic of ['compared', 'list']) page.records.on(topic, () => this.write());
  }

  get title() { return t('table'); }

  render(body) {
    this.body = body;
    this.write();
  }

  write() {
    if (!this.body?.isConnected) return;
    const {records, state} = this.page;
    const {comparison, failure, busy, job} = records;
    const rows = (comparison?.indicators ?? []).filter((row) => state.all || row.affected);
    refresh(this.body,
      failure ? h('p.an-failure', {role: 'alert'}, sentence(failure), h('br'), h('button.tw-button', {type: 'button', 'data-key': 'again', onclick: () => records.compare()}, t('again'))) : null,
      this.#about(),
      comparison ? [
        h('div.sc-filter', {}, this.#filter(comparison),
          h('span.tw-note', {role: 'status'}, busy ? t('computing') : t('changed', {n: comparison.changed}))),
        comparison.coverage_missing && !job.running ? h('div.sc-missing', {}, h('p.tw-note', {}, t('coverage.missing')),
          h('button.tw-button', {type: 'button', 'data-key': 'coverage', onclick: () => this.page.attempt(records.computeCoverage())}, t('coverage.compute'))) : null,
        jobView(job),
        rows.length ? this.#table(comparison, rows, busy) : h('p.tw-note', {}, t(state.a === state.b ? 'same' : 'none_affected')),
      ] : failure ? null : h('p.tw-note', {role: 'status'}, t('computing')));
  }

  /** Whose scenarios these are, and what their notes say. */
  #about() {
    const {records, state} = this.page;
    const shown = [...new Set([state.a, state.b])].map((id) => records.of(id)).filter((item) => item && (item.note || item.author));
    return shown.map((item) => h('p.sc-about', {}, h('b', {}, item.name), item.author ? h('span', {}, item.author) : null, item.note ? h('q', {}, item.note) : null));
  }

  #filter(comparison) {
    const {state} = this.page;
    const button = (all, text) => h('button', {type: 'button', 'data-key': all ? 'all' : 'affected', 'aria-pressed': String(state.all === all), onclick: () => { state.all = all; this.write(); this.page.changed(); }}, text);
    return h('span.an-tabs', {role: 'group', 'aria-label': t('filter')}, button(false, t('affected', {n: comparison.affected})), button(true, t('all', {n: comparison.indicators.length})));
  }

  #table(comparison, rows, busy) {
    const head = (key, text, title) => h(`th${key === 'name' ? '' : '.an-number'}`, {scope: 'col', title}, text);
    return h('table.an-table.sc-table', {'aria-busy': String(busy)},
      h('thead', {}, h('tr', {}, head('name', t('indicator')), SIDES.map((side) => head(side, side.toUpperCase(), this.page.nameOf(this.page.state[side]))), head('change', t('difference'), t('difference.long')))),
      h('tbody', {}, rows.map((row) => this.#row(row))));
  }

  #row(row) {
    const name = say(row.name);
    const digits = digitsOf(row);
    return h('tr', {'data-indicator': row.no, 'data-affected': String(row.affected), onclick: (event) => { if (!event.target.closest('button')) this.#evidence(event.currentTarget.querySelector('.an-row'), row, 'b'); }},
      h('th', {scope: 'row'},
        h('button.an-row', {type: 'button', 'data-key': `row-${row.no}`, 'aria-haspopup': 'dialog', title: t('evidence.open'), onclick: (event) => this.#evidence(event.currentTarget, row, 'b')}, h('span.sc-no', {}, row.no), name),
        h('small', {}, t('target', {target: say(row.target_text)}))),
      SIDES.map((side) => this.#figure(row, side, digits)),
      h('td', {'data-side': 'change'}, this.#change(row, digits)));
  }

  #figure(row, side, digits) {
    const value = row[side];
    const what = `${side.toUpperCase()} · ${say(row.name)}`;
    const text = value === null ? t(row.affected ? 'not_computed' : 'no_value') : quantity(Number(value.toFixed(digits)), unitOf(row) || '', digits);
    const status = row[`status_${side}`];
    return h('td', {'data-side': side},
      h('button.sc-figure', {type: 'button', 'data-key': `${side}-${row.no}`, 'aria-haspopup': 'dialog', 'aria-label': `${what} ${text}, ${t('evidence.open')}`, title: t('evidence.open'), onclick: (event) => this.#evidence(event.currentTarget, row, side)}, text),
      h('small', {class: status === 'met' ? 'an-good' : status === 'short' ? 'an-bad' : null}, value === null ? '' : {met: '✓ ', short: '✕ '}[status] ?? '', value === null ? '' : t(`status.${status}`)));
  }

  /** The difference with its sign, an arrow and a word; green where it goes the plan's way. */
  #change(row, digits) {
    const {change} = row;
    if (change === null) return h('span.an-same', {}, '–');
    if (Math.abs(change) < 1e-9) return h('span.an-same', {}, row.affected ? t('unchanged') : t('unaffected'));
    const kind = change > 0 ? 'up' : 'down';
    const better = (change > 0) !== (row.comparison === '<=');
    const unit = row.unit === '%' ? t('points') : row.unit === '个' ? '' : unitOf(row) || '';
    return h(`span.an-${better ? 'up' : 'down'}`, {'data-kind': kind}, `${{up: '▲', down: '▼'}[kind]} ${change > 0 ? '+' : '−'}${number(Math.abs(change), digits)}`,
      h('small', {}, [t(`change.${kind}`), unit].filter(Boolean).join(' · ')));
  }

  #evidence(button, row, side) {
    const name = this.page.nameOf(this.page.state[side]);
    const reason = row[`reason_${side}`];
    openEvidence(this.page.host, button, `${say(row.name)} · ${side.toUpperCase()} ${name}`, () => row[`evidence_${side}`], () => {
      const edits = row[`edits_${side}`];
      return [reason ? h('p.tw-warn', {}, icon('warn'), say(reason)) : null, edits.length ? h('p', {}, t('evidence.edits', {edits: edits.join(', ')})) : null];
    });
  }
}
