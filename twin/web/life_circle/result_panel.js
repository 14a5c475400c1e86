// The result: parameters, the rates that are reported, where they fall short, and by what.

import {headAreas} from '../analysis/areas.js';
import {people, percent} from '../analysis/figures.js';
import {choice, denominators, headline, section} from '../analysis/headline.js';
import {ResultPanel as Base} from '../analysis/result_panel.js';
import {TownTable} from '../analysis/town_table.js';
import {h} from '../map/dom.js';
import {number} from '../map/format.js';
import {say} from '../map/text.js';
import {sentence, t} from './text.js';

const DENOMINATORS = ['people', 'residential_floor_area', 'residential_land', 'buildings'];

export class ResultPanel extends Base {
  #unfolded = false; // the assumptions behind the interval

  constructor(page) {
    super(page, ['options', 'result', 'interval']);
    this.towns = new TownTable(page, ['rate', 'gap', 'short', 'change'], 'gap');
  }

  choices() {
    const {study} = this;
    const {standards, groups, measures, categories} = study.options;
    const choose = (name, options) => {
      const chosen = (study.options[`${name}s`] ?? []).find((item) => item.id === study[name]);
      const about = chosen && [say(chosen.title), say(chosen.text), chosen.citation && (say(chosen.citation) || chosen.citation), chosen.source && (say(chosen.source) || chosen.source)];
      return choice(this.page, name, options, about ? about.filter((part) => part && typeof part === 'string').join('\n') : '');
    };
    const single = categories.filter((item) => item.id !== 'centre' && !measures.some((measure) => measure.id === `category:${item.id}`));
    return [
      choose('standard', standards.map((item) => [item.id, say(item.title) + (item.verified === false ? ` (${t('unverified')})` : '')])),
      choose('group', groups.map((item) => [item.id, `${say(item.title)} ${number(item.speed_mps, 2)} m/s`])),
      choose('measure', [...measures.map((item) => [item.id, say(item.title)]), ...single.map((item) => [`category:${item.id}`, t('measure.only', {category: say(item.title)})])]),
      choose('scenario', [['', t('base')], ...this.page.scenarios.list.map((item) => [item.id, item.name])]),
    ];
  }

  result(result) {
    const heads = headAreas(result);
    const chosen = heads.find((area) => area.id === this.area) ?? heads[0];
    if (!result.areas.some((area) => area.people > 0)) return [h('p.an-failure', {}, t('nobody'))];
    return [
      heads.map((area) => headline(this.page, area, {chosen: area === chosen, choose: () => { this.area = area.id; this.write(); }, interval: this.#spreadOf(area)})),
      chosen ? denominators(this.page, chosen, DENOMINATORS) : null,
      chosen ? this.#interval(chosen) : null,
      this.towns.element(result),
      this.#categories(result),
      this.#bottlenecks(result),
      this.#inequality(result),
    ];
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
      contains ? h('span.an-status.an-warn', {}, '◆ ', t('interval.contains')) : h('span.an-status', {}, t(low >= area.target ? 'interval.above' : 'interval.below'))),
    interval?.variants ? h('table.tw-table', {}, h('tbody', {}, interval.variants.map((item) => h('tr', {}, h('th', {scope: 'row'}, say(item.title)), h('td', {}, percent(item.rates?.[area.id] ?? item.rate, area.target)))))) : null);
  }

  #categories(result) {
    // Required ones first; of the others those that there are.
    const rows = result.categories.filter((item) => item.required || item.facilities > 0).sort((a, b) => Number(b.required) - Number(a.required));
    return section(this.page, 'categories', h('table.an-table', {},
      h('thead', {}, h('tr', {}, ['category', 'limit', 'rate', 'median', 'facilities'].map((name, index) => h(`th${index ? '.an-number' : ''}`, {scope: 'col'}, t(`column.${name}`))))),
      h('tbody', {}, rows.map((item) => this.#category(item)))),
    h('p.tw-note', {}, t('category.required'), rows.some((item) => !item.verified) ? ` * ${t('unverified.long')}` : ''));
  }

  #category(item) {
    const doubt = item.verified ? null : h('sup', {}, '*');
    const show = h('button.an-row', {type: 'button', 'data-category': item.id, title: t('category.show'), onclick: () => this.study.choose({value: 'minutes', category: item.id})},
      h('i.tw-swatch', {'data-mark': 'point', style: `background:${item.color}`}), say(item.title), doubt);
    return h('tr', {'data-required': String(item.required), title: say(item.citation)}, h('th', {scope: 'row'}, show), h('td', {}, number(item.minutes, 0)),
      h('td', {}, percent(item.rate)), h('td', {}, item.median_minutes === null ? '–' : item.median_minutes.toFixed(1)), h('td', {}, number(item.facilities)));
  }

  #bottlenecks(result) {
    const worst = result.bottlenecks.filter((item) => item.people > 0).slice(0, 8);
    if (!worst.length) return null;
    const most = worst[0].people;
    return section(this.page, 'bottlenecks', h('ul.lc-bottlenecks', {}, worst.map((item) => h('li', {},
      h('span', {}, say(this.study.titleOf(item.category)) || item.category), h('i', {style: `width:${(100 * item.people) / most}%`}), h('b', {}, t('people', {n: people(item.people)}))))));
  }

  #inequality({inequality}) {
    if (!inequality) return null;
    return section(this.page, 'inequality', h('p.an-facts', {}, h('span', {}, t('gini'), ' ', h('b', {}, number(inequality.gini, 3))), h('span', {}, t('palma'), ' ', h('b', {}, number(inequality.palma, 2)))),
      h('p.tw-note', {}, t('inequality.note')));
  }
}
