// The result: parameters, the rates that are reported, where they fall short, and by what.

import {fill, h, select} from '../map/dom.js';
import {number} from '../map/format.js';
import {language, say} from '../map/text.js';
import {evidenceButton} from './evidence.js';
import {bar, change, people, percent, status} from './figures.js';
import {refresh} from './refresh.js';
import {sentence, t} from './text.js';
import {TownTable} from './town_table.js';

const DENOMINATORS = ['people', 'residential_floor_area', 'residential_land', 'buildings'];

export const nameOf = (area) => (language() === 'en' ? area.name_en || area.name : area.name);

/** The areas that the target is reported for, the central urban area first. */
export const headAreas = (result) => ['central', 'district'].flatMap((kind) => result.areas.filter((area) => area.kind === kind));

export class ResultPanel {
  #area = ''; // whose denominators are shown
  #unfolded = false; // the assumptions behind the interval

  constructor(page) {
    this.page = page;
    this.study = page.study;
    this.towns = new TownTable(page);
    for (const topic of ['options', 'result', 'interval']) this.study.on(topic, () => this.write());
  }

  get title() { return t('result'); }

  render(body) {
    this.body = body;
    this.choices = h('div.lc-choices');
    this.shown = h('div.lc-result');
    fill(body, this.choices, this.shown);
    this.write();
  }

  write() {
    if (!this.body?.isConnected) return;
    const {study} = this;
    refresh(this.choices, study.options ? this.#choices() : null);
    this.shown.setAttribute('aria-busy', String(study.loading));
    const scrolled = this.body.scrollTop;
    refresh(this.shown, study.failure ? this.#failure() : null, study.result ? this.#result(study.result) : study.failure ? null : h('p.tw-note', {}, t('loading')));
    this.body.scrollTop = scrolled;
  }

  #failure() {
    return h('div.lc-failure', {role: 'alert'}, h('p', {}, sentence(this.study.failure)),
      h('button.tw-button', {type: 'button', onclick: () => (this.study.options ? this.study.load() : this.study.open())}, t('again')));
  }

  #choices() {
    const {study} = this;
    const {standards, groups, measures, categories} = study.options;
    const choice = (name, options) => {
      const control = select(t(name), options, study[name], (value) => study.choose({[name]: value}));
      Object.assign(control.dataset, {choice: name, key: name});
      const chosen = (study.options[`${name}s`] ?? []).find((item) => item.id === study[name]);
      if (chosen) control.title = [say(chosen.title), say(chosen.text), chosen.citation && (say(chosen.citation) || chosen.citation), chosen.source && (say(chosen.source) || chosen.source)].filter((part) => part && typeof part === 'string').join('\n');
      return h('label.lc-choice', {}, h('span', {}, t(name)), control);
    };
    const single = categories.filter((item) => item.id !== 'centre' && !measures.some((measure) => measure.id === `category:${item.id}`));
    return [
      choice('standard', standards.map((item) => [item.id, say(item.title) + (item.verified === false ? ` (${t('unverified')})` : '')])),
      choice('group', groups.map((item) => [item.id, `${say(item.title)} ${number(item.speed_mps, 2)} m/s`])),
      choice('measure', [...measures.map((item) => [item.id, say(item.title)]), ...single.map((item) => [`category:${item.id}`, t('measure.only', {category: say(item.title)})])]),
      choice('scenario', [['', t('base')], ...this.page.scenarios.list.map((item) => [item.id, item.name])]),
    ];
  }

  #result(result) {
    const heads = headAreas(result);
    const chosen = heads.find((area) => area.id === this.#area) ?? heads[0];
    if (!result.areas.some((area) => area.people > 0)) return [h('p.lc-failure', {}, t('nobody'))];
    return [
      heads.map((area) => this.#headline(area, area === chosen)),
      chosen ? this.#denominators(chosen) : null,
      chosen ? this.#interval(chosen) : null,
      this.towns.element(result),
      this.#categories(result),
      this.#bottlenecks(result),
      this.#inequality(result),
    ];
  }

  evidence(what, extra = null) { return evidenceButton(this.page, what, () => this.study.result?.evidence, extra); }

  #headline(area, chosen) {
    const {rates: {people: rate}, target} = area;
    const interval = this.#spreadOf(area);
    const name = nameOf(area);
    const what = t('headline.what', {area: name});
    return h('section.lc-headline', {'data-area': area.id, 'data-chosen': String(chosen)},
      h('div.lc-headline-top', {}, h('button.lc-area', {type: 'button', 'aria-pressed': String(chosen), title: t('headline.choose'),
        onclick: () => { this.#area = area.id; this.write(); this.page.flyTo(area.bounds); }}, name), status(rate, target), this.evidence(what)),
      h('div.lc-headline-figure', {}, h('b', {}, percent(rate, target)),
        h('div', {}, h('span', {}, t('headline.target', {target: percent(target).replace('.0', '')})),
          rate === null ? null : h('span', {}, rate < target ? t('headline.short', {gap: (100 * (target - rate)).toFixed(1), people: people(area.short_people)}) : t('headline.over', {gap: (100 * (rate - target)).toFixed(1)})),
          area.base ? h('span', {}, t('headline.change'), ' ', change(rate - area.base.people), ' ', t('points')) : null)),
      rate === null ? null : bar(rate, target, {interval, base: area.base?.people}));
  }

  #denominators(area) {
    return h('div.lc-denominators', {role: 'group', 'aria-label': t('denominators', {area: nameOf(area)})}, DENOMINATORS.map((name) => h('div', {'data-denominator': name},
      h('span', {}, t(`by.${name}`)), h('b', {}, percent(area.rates[name], area.target)),
      area.base ? change(area.rates[name] - area.base[name]) : null,
      this.evidence(`${nameOf(area)} · ${t(`by.${name}`)}`, () => t(`by.${name}.long`)))));
  }

  #spreadOf(area) { return area.interval ?? this.study.interval?.areas?.find((item) => item.id === area.id)?.interval ?? null; }

  #interval(area) {
    const {interval} = this.study;
    const spread = this.#spreadOf(area);
    if (!spread) {
      if (interval?.loading) return h('p.tw-note.lc-interval', {role: 'status'}, t('interval.loading'));
      return h('p.tw-note.lc-interval', {}, interval?.failure ? `${sentence(interval.failure)} ` : null,
        h('button.tw-button', {type: 'button', 'data-action': 'interval', onclick: () => this.study.spread()}, t('interval.ask')), ' ', t('interval.why'));
    }
    const [low, high] = spread;
    const contains = low < area.target && area.target <= high;
    return h('details.lc-interval', {'data-contains': String(contains), open: this.#unfolded, ontoggle: (event) => { this.#unfolded = event.target.open; }}, h('summary', {},
      h('span', {}, t('interval', {low: (low * 100).toFixed(1), high: (high * 100).toFixed(1)})),
      contains ? h('span.lc-status.lc-warn', {}, '◆ ', t('interval.contains')) : h('span.lc-status', {}, t(low >= area.target ? 'interval.above' : 'interval.below'))),
    interval?.variants ? h('table.tw-table', {}, h('tbody', {}, interval.variants.map((item) => h('tr', {}, h('th', {scope: 'row'}, say(item.title)), h('td', {}, percent(item.rates?.[area.id] ?? item.rate, area.target)))))) : null);
  }

  #categories(result) {
    // Required ones first; of the others those that there are.
    const rows = result.categories.filter((item) => item.required || item.facilities > 0).sort((a, b) => Number(b.required) - Number(a.required));
    return this.#section('categories', h('table.lc-table', {},
      h('thead', {}, h('tr', {}, ['category', 'limit', 'rate', 'median', 'facilities'].map((name, index) => h(`th${index ? '.lc-number' : ''}`, {scope: 'col'}, t(`column.${name}`))))),
      h('tbody', {}, rows.map((item) => this.#category(item)))),
    h('p.tw-note', {}, t('category.required'), rows.some((item) => !item.verified) ? ` * ${t('unverified.long')}` : ''));
  }

  #category(item) {
    const doubt = item.verified ? null : h('sup', {}, '*');
    const show = h('button.lc-row', {type: 'button', 'data-category': item.id, title: t('category.show'), onclick: () => this.study.choose({value: 'minutes', category: item.id})},
      h('i.tw-swatch', {'data-mark': 'point', style: `background:${item.color}`}), say(item.title), doubt);
    return h('tr', {'data-required': String(item.required), title: say(item.citation)}, h('th', {scope: 'row'}, show), h('td', {}, number(item.minutes, 0)),
      h('td', {}, percent(item.rate)), h('td', {}, item.median_minutes === null ? '–' : item.median_minutes.toFixed(1)), h('td', {}, number(item.facilities)));
  }

  #bottlenecks(result) {
    const worst = result.bottlenecks.filter((item) => item.people > 0).slice(0, 8);
    if (!worst.length) return null;
    const most = worst[0].people;
    return this.#section('bottlenecks', h('ul.lc-bottlenecks', {}, worst.map((item) => h('li', {},
      h('span', {}, say(this.study.titleOf(item.category)) || item.category), h('i', {style: `width:${(100 * item.people) / most}%`}), h('b', {}, t('people', {n: people(item.people)}))))));
  }

  #inequality({inequality}) {
    if (!inequality) return null;
    return this.#section('inequality', h('p.lc-facts', {}, h('span', {}, t('gini'), ' ', h('b', {}, number(inequality.gini, 3))), h('span', {}, t('palma'), ' ', h('b', {}, number(inequality.palma, 2)))),
      h('p.tw-note', {}, t('inequality.note')));
  }

  #section(name, ...content) {
    const title = t(`section.${name}`);
    return h('section.lc-section', {'data-section': name}, h('div.lc-section-head', {}, h('h3', {}, title), this.evidence(title)), content);
  }
}
