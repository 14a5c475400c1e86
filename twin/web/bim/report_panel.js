// What became of the open model: how much was drawn and how, what was found, which checks it fails; with what leads from a failure to its element.

import {refresh} from '../analysis/refresh.js';
import {answer, offer} from '../page/api.js';
import {fill, h, icon} from '../map/dom.js';
import {number} from '../map/format.js';
import {language, say} from '../map/text.js';
import {modelEvidence} from './evidence.js';
import {className, t} from './text.js';

const MOST = 60; // failures listed at first
const METHODS = ['max-voids', 'no-openings', 'ifclite', 'box', 'none'];
const FILES = [['html', 'result'], ['json', 'file'], ['bcf', 'download'], ['ifc', 'download']];

export class ReportPanel {
  #all = false;
  #template = '';

  constructor(page) {
    Object.assign(this, {page, session: page.session});
    for (const topic of ['model', 'building']) page.session.on(topic, () => this.write());
  }

  get title() { return t('report'); }

  render(body) {
    this.body = body;
    this.parts = Object.fromEntries(['head', 'findings', 'checks', 'failures', 'lost', 'files'].map((name) => [name, h('div', {'data-part': name})]));
    fill(body, Object.values(this.parts));
    this.write();
  }

  write() {
    if (!this.body?.isConnected) return;
    const {model} = this.session;
    if (!model) {
      for (const part of Object.values(this.parts)) fill(part);
      fill(this.parts.head, h('p.tw-note', {}, t('open_first')));
      return;
    }
    refresh(this.parts.head, this.#head(model));
    refresh(this.parts.findings, this.#findings(model.document.findings ?? []));
    refresh(this.parts.checks, this.#checks(model.check));
    refresh(this.parts.failures, this.#failures(model.check));
    refresh(this.parts.lost, this.#lost());
    refresh(this.parts.files, this.#files(model));
  }

  #head(model) {
    const {document} = model;
    const version = model.versions.find((item) => item.number === model.version);
    const fact = (key, value) => h('div.tw-fact', {'data-value': key}, h('span', {}, t(`report.${key}`)), h('b', {}, value));
    const whole = Object.values(document.methods ?? {}).reduce((sum, count) => sum + count, 0);
    const undrawn = document.methods?.none ?? 0;
    return [
      h('p.bim-verdict', {'data-kind': model.outcome}, icon(model.outcome === 'accepted' ? 'check' : 'warn'), h('b', {}, t(`outcome.${model.outcome}`)), h('span', {}, version?.file_name ?? version?.name ?? document.name)),
      h('div.tw-facts.bim-facts', {}, fact('drawn', `${number(document.drawn)} / ${number(whole || document.drawn)}`), fact('triangles', number(document.triangles)), fact('schema', document.schema), fact('unit', document.length_unit)),
      h('p.tw-note', {}, modelEvidence(this.page, t('report'), 'evidence.counts')),
      undrawn ? h('p.tw-note', {}, t('report.undrawn', {n: undrawn})) : null,
      document.application ? h('p.tw-note', {}, t('report.application', {name: document.application})) : null,
    ];
  }

  #findings(findings) {
    if (!findings.length) return h('div', {}, h('div.an-section-head.bim-gap', {}, h('h3', {}, t('report.findings'))), h('p.bim-fine', {}, icon('check'), t('report.no_findings')));
    const order = {error: 0, warning: 1, info: 2};
    const sorted = [...findings].sort((a, b) => (order[a.severity] ?? 3) - (order[b.severity] ?? 3));
    return [
      h('div.an-section-head.bim-gap', {}, h('h3', {}, t('report.findings')), h('span.tw-count', {}, number(findings.length))),
      h('ul.bim-findings', {}, sorted.slice(0, this.#all ? sorted.length : 12).map((item) => this.#finding(item))),
      sorted.length > 12 && !this.#all ? h('button.tw-link', {type: 'button', 'data-key': 'more', onclick: () => { this.#all = true; this.write(); }}, t('report.more', {n: number(sorted.length - 12)})) : null,
    ];
  }

  #finding(item) {
    const row = item.guid ? this.session.elements?.key.indexOf(item.guid) ?? -1 : -1;
    const text = h('span', {}, say(item.text));
    return h('li', {'data-severity': item.severity, 'data-code': item.code}, icon(item.severity === 'info' ? 'check' : 'warn'),
      row >= 0 ? h('button.an-row', {type: 'button', title: t('report.fly'), onclick: () => this.#go(row)}, text) : text);
  }

  #go(row) {
    this.session.choose(row);
    this.page.fly([row]);
  }

  #checks(check) {
    const title = h('div.an-section-head.bim-gap', {}, h('h3', {}, t('report.checks')), modelEvidence(this.page, t('report.checks'), 'evidence.checks'));
    if (!check) return [title, h('p.tw-note', {}, t('report.unchecked'))];
    return [title, h('ul.bim-checks', {}, check.templates.map((item) => {
      const whole = item.passed + item.failed;
      const share = whole ? item.passed / whole : 1;
      const state = item.problem ? 'bad' : item.failed ? 'warn' : 'good';
      return h('li', {}, h('button.bim-check', {type: 'button', 'data-template': item.name, 'aria-pressed': String(this.#template === item.name), onclick: () => { this.#template = this.#template === item.name ? '' : item.name; this.write(); }},
        h('b', {}, say(item.title)),
        h('span.bim-check-count', {'data-kind': state}, icon(state === 'good' ? 'check' : 'warn'), item.problem ? t('report.problem') : t('report.passed', {passed: number(item.passed), whole: number(whole)})),
        h('span.an-bar', {'aria-hidden': 'true'}, h('i.an-bar-fill.an-met', {style: `width:${Math.round(100 * share)}%`}))),
      item.problem ? h('p.an-failure', {}, say(item.problem)) : null);
    }))];
  }

  #failures(check) {
    const all = (check?.failures ?? []).filter((item) => !this.#template || item.template === this.#template);
    if (!all.length) return null;
    const groups = new Map();
    for (const item of all) {
      const key = say(item.specification);
      groups.set(key, [...(groups.get(key) ?? []), item]);
    }
    return [
      h('div.an-section-head.bim-gap', {}, h('h3', {}, t('report.failures')), h('span.tw-count', {}, number(all.length))),
      [...groups].map(([title, items]) => h('details.tw-group.bim-failures', {open: groups.size === 1 || null}, h('summary', {}, h('span', {}, title, h('small', {}, ` ${number(items.length)}`)), icon('down')),
        h('p.tw-note', {}, say(items[0].reason)),
        h('ul', {}, items.slice(0, MOST).map((item) => h('li', {}, item.row === null || item.row === undefined ? h('span', {}, item.name || item.class)
          : h('button.an-row', {type: 'button', 'data-row': item.row, title: t('report.fly'), onclick: () => this.#go(item.row)}, h('span', {}, item.name || className(item.class)), h('small', {}, className(item.class)))))),
        items.length > MOST ? h('p.tw-note', {}, t('report.rest', {n: number(items.length - MOST)})) : null)),
    ];
  }

  /** Elements that were drawn in another way than the usual, or not at all. */
  #lost() {
    const {elements} = this.session;
    if (!elements) return null;
    const groups = METHODS.map((method) => [method, elements.row.filter((row) => elements.method[row] === method)]).filter(([, rows]) => rows.length);
    if (!groups.length) return null;
    return [
      h('div.an-section-head.bim-gap', {}, h('h3', {}, t('report.methods')), h('button.tw-link.bim-right', {type: 'button', 'data-key': 'methods', onclick: () => this.page.attempt(this.page.colours.choose('method'))}, t('report.colour'))),
      groups.map(([method, rows]) => h('details.tw-group', {}, h('summary', {}, h('span', {}, t(`method.${method}.short`), h('small', {}, ` ${number(rows.length)}`)), icon('down')),
        h('p.tw-note', {}, t(`method.${method}`)),
        h('ul.bim-failures', {}, rows.slice(0, MOST).map((row) => h('li', {}, h('button.an-row', {type: 'button', onclick: () => this.#go(row)}, h('span', {}, elements.name[row] || className(elements.class[row])), h('small', {}, className(elements.class[row])))))))),
    ];
  }

  #files(model) {
    const {address} = this.session;
    const addresses = {html: `${address}/report.html?lang=${language()}`, json: `${address}/report.json`, bcf: `${address}/issues.bcf`, ifc: `${address}/corrected.ifc`};
    const usable = {html: model.check, json: model.check, bcf: model.check, ifc: model.placement};
    return h('div.bim-gap', {}, h('div.an-section-head', {}, h('h3', {}, t('report.files'))), h('div.an-files', {}, FILES.map(([kind, symbol]) => {
      const inside = [icon(symbol), h('span', {}, h('b', {}, t(`report.${kind}`)), h('small', {}, t(usable[kind] ? `report.${kind}.text` : `report.${kind}.none`)))];
      if (kind === 'html' && usable.html) return h('a.tw-button', {href: addresses.html, target: '_blank', rel: 'noopener', 'data-file': kind}, inside);
      return h('button.tw-button', {type: 'button', 'data-file': kind, disabled: !usable[kind], onclick: () => this.page.attempt(this.#save(addresses[kind], kind, model))}, inside);
    })));
  }

  async #save(address, kind, model) {
    const reply = await this.page.work(answer(address));
    const named = /filename="?([^";]+)"?/.exec(reply.headers.get('content-disposition') ?? '')?.[1];
    offer(await reply.blob(), named ?? `${model.name}.${kind}`);
  }
}
