// How a result panel opens: what is chosen, the rate that is reported against its target, and the same rate by other denominators.

import {h, select} from '../map/dom.js';
import {nameOf} from './areas.js';
import {evidenceButton} from '../evidence/card.js';
import {bar, change, people, percent, status} from './figures.js';
import {sentence, t} from './text.js';

/** The button that opens the evidence of the result; `figure` is the number it stands beside, written out, with `amounts` it is a share of. */
export const evidenceOf = (page, what, extra = null, {figure = '', amounts = []} = {}) => evidenceButton(page.app.host, what, () => {
  const found = page.study.result?.evidence;
  return found && {...found, figure, denominators: [...(found.denominators ?? []), ...amounts]};
}, extra);

/** The residents of an area, and those the rate leaves out. */
const residents = (area) => [['amount.people', area.people], ['amount.short', area.short_people]]
  .filter(([, value]) => value !== null && value !== undefined)
  .map(([key, value]) => ({title: t(key), value: Math.round(value), unit: '人'}));

/** A part of a panel with its title and evidence; texts section.<name>. */
export function section(page, name, ...content) {
  const title = page.text(`section.${name}`);
  return h('section.an-section', {'data-section': name}, h('div.an-section-head', {}, h('h3', {}, title), evidenceOf(page, title)), content);
}

/** A parameter of the study as a select box under its name. */
export function choice(page, name, options, title = '') {
  const control = select(page.text(name), options, String(page.study[name]), (value) => page.study.choose({[name]: value}));
  Object.assign(control.dataset, {choice: name, key: name});
  if (title) control.title = title;
  return h('label.an-choice', {}, h('span', {}, page.text(name)), control);
}

/** Why there is no result, and to try again. */
export function failed({study}) {
  return h('div.an-failure', {role: 'alert'}, h('p', {}, sentence(study.failure)),
    h('button.tw-button', {type: 'button', onclick: () => (study.options ? study.renew() : study.open())}, t('again')));
}

/**
 * The rate of an area by people, large, with target, bar and change.
 *
 * @param options {chosen, choose(): show this area's denominators, interval}
 */
export function headline(page, area, {chosen, choose, interval = null}) {
  const {rates: {people: rate}, target} = area;
  const name = nameOf(area);
  return h('section.an-headline', {'data-area': area.id, 'data-chosen': String(chosen)},
    h('div.an-headline-top', {}, h('button.an-area', {type: 'button', 'aria-pressed': String(chosen), title: t('headline.choose'),
      onclick: () => { choose(); page.flyTo(area.bounds); }}, name), status(rate, target), evidenceOf(page, page.text('headline.what', {area: name}), null, {figure: percent(rate, target), amounts: residents(area)})),
    h('div.an-headline-figure', {}, h('b', {}, percent(rate, target)),
      h('div', {}, h('span', {}, target === null ? t('headline.untargeted') : t('headline.target', {target: percent(target).replace('.0', '')})),
        rate === null ? null : target === null ? h('span', {}, t('headline.without', {people: people(area.short_people)})) : h('span', {}, rate < target ? t('headline.short', {gap: (100 * (target - rate)).toFixed(1), people: people(area.short_people)}) : t('headline.over', {gap: (100 * (rate - target)).toFixed(1)})),
        area.base ? h('span', {}, t('headline.change'), ' ', change(rate - area.base.people), ' ', t('points')) : null)),
    rate === null ? null : bar(rate, target, {interval, base: area.base?.people}));
}

/** The rates of an area by several denominators; texts by.<name> and by.<name>.long. */
export function denominators(page, area, names, rates = area.rates) {
  return h('div.an-denominators', {role: 'group', 'aria-label': page.text('denominators', {area: nameOf(area)}), style: `--columns:${names.length}`}, names.map((name) => h('div', {'data-denominator': name},
    h('span', {}, page.text(`by.${name}`)), h('b', {}, percent(rates[name], area.target)),
    area.base ? change(rates[name] - area.base[name]) : null,
    evidenceOf(page, `${nameOf(area)} · ${page.text(`by.${name}`)}`, () => page.text(`by.${name}.long`), {figure: percent(rates[name], area.target)}))));
}
