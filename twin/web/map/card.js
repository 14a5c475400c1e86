// The card of the selected object: what it is, the facts that matter, everything else folded, and where it comes from.

import {evidenceContent} from '../evidence/card.js';
import {copy, fill, h, icon} from './dom.js';
import {area, length, number, place, quantity, unit} from './format.js';
import {language, say, t, text} from './text.js';

const EMPTY = new Set([null, undefined, '']);

export class Card {
  #open = new Set(['attributes']);

  constructor(app) {
    this.app = app;
    this.element = h('aside.tw-card', {hidden: true, tabindex: '-1'});
    app.host.append(this.element);
  }

  render() {
    const card = this.app.selected;
    this.element.hidden = !card;
    this.app.host.classList.toggle('tw-with-card', Boolean(card));
    if (!card) { fill(this.element); return; }
    const name = this.nameOf(card);
    this.element.setAttribute('aria-label', t('card.title', {name}));
    const attributes = card.attributes.filter((fact) => fact.kind !== 'records' && !EMPTY.has(fact.value));
    const records = card.attributes.filter((fact) => fact.kind === 'records' && fact.value?.length);
    const missing = card.attributes.length - attributes.length - records.length;
    fill(this.element,
      h('div.tw-head', {},
        h('div', {},
          h('div.tw-kind', {}, say(card.layer_title), card.synthetic ? h('span.tw-badge', {title: t('synthetic.why')}, t('synthetic.short')) : null),
          h('h2', {}, name)),
        h('button.tw-quiet', {type: 'button', 'aria-label': t('close'), onclick: () => this.app.select(null)}, icon('close'))),
      this.identifier(card),
      h('div.tw-facts', {}, card.facts.map((fact) => h('div.tw-fact', {title: say(fact.meaning)},
        h('span', {}, say(fact.title)), h('b', {}, this.value(fact))))),
      h('div.tw-scroll', {},
        h('div.tw-where', {},
          card.town ? h('div', {}, h('span', {}, t('card.town')), h('b', {}, card.town)) : null,
          card.measure ? h('div', {}, h('span', {}, t(`card.${card.measure.kind}`)), h('b', {}, card.measure.kind === 'area' ? area(card.measure.value) : length(card.measure.value))) : null,
          h('div', {}, h('span', {}, t('card.place')), h('b', {}, place(card.lon, card.lat)))),
        attributes.length ? this.group('attributes', t('card.attributes'), [
          h('table.tw-table', {}, h('tbody', {}, attributes.map((fact) => h('tr', {title: say(fact.meaning)}, h('th', {scope: 'row'}, say(fact.title)), h('td', {}, this.value(fact)))))),
          missing > 0 ? h('p.tw-note', {}, t('card.missing', {n: missing})) : null,
        ]) : null,
        records.map((fact) => this.group(fact.column, `${say(fact.title)} (${fact.value.length})`, this.records(fact))),
        this.group('evidence', text('evidence.button'), evidenceContent(this.evidence(card)))),
      h('div.tw-card-foot', {},
        h('button.tw-button', {type: 'button', onclick: () => this.app.engine.fly(this.app.selection.viewOf(card))}, icon('target'), t('card.fly')), this.app.guide.links(card)));
  }

  nameOf(card) {
    const own = language() === 'en' ? card.name_en || card.name : card.name;
    const use = card.facts.find((fact) => fact.choice);
    return own || (use ? say(use.choice) : say(card.layer_title));
  }

  identifier(card) {
    const done = h('span.tw-done', {role: 'status'});
    const address = new URL(`/id/${card.identifier}`, location.href).href;
    return h('div.tw-identifier', {},
      h('span', {}, t('card.identifier')),
      h('a', {href: address, title: t('card.link')}, card.identifier),
      h('button.tw-quiet', {type: 'button', 'aria-label': t('card.copy'), title: t('card.copy'), onclick: async () => {
        done.textContent = (await copy(card.identifier)) ? t('copied') : t('copy.failed');
        setTimeout(() => { done.textContent = ''; }, 2000);
      }}, icon('copy')), done);
  }

  /** A value as people read it: with its unit, its class by name, yes or no. */
  value(fact) {
    if (EMPTY.has(fact.value)) return h('em', {}, t('card.none'));
    if (fact.choice) return fact.choice.color ? [h('i.tw-swatch', {style: `background:${fact.choice.color}`}), say(fact.choice)] : say(fact.choice);
    if (fact.kind === 'boolean') return fact.value ? t('yes') : t('no');
    if (fact.column === 'year') return String(fact.value);
    if (typeof fact.value === 'number') {
      if (fact.unit === 'm²') return area(fact.value);
      return quantity(fact.value, fact.unit, 2);
    }
    return String(fact.value);
  }

  group(name, title, body) {
    return h('details.tw-group', {
      open: this.#open.has(name),
      ontoggle: (event) => { if (event.target.open) this.#open.add(name); else this.#open.delete(name); },
    }, h('summary', {}, title, icon('down')), body);
  }

  records(fact) {
    const fields = (fact.fields ?? []).filter((field) => fact.value.some((row) => !EMPTY.has(row[field.column])));
    return h('div.tw-wide', {}, h('table.tw-table.tw-records', {},
      h('thead', {}, h('tr', {}, fields.map((field) => h('th', {scope: 'col'}, say(field.title), field.unit ? h('small', {}, unit(field.unit)) : null)))),
      h('tbody', {}, fact.value.map((row) => h('tr', {}, fields.map((field) => {
        const value = row[field.column];
        return h('td', {}, EMPTY.has(value) ? '–' : typeof value === 'number' ? number(value, 2) : typeof value === 'boolean' ? (value ? t('yes') : t('no')) : String(value));
      }))))));
  }

  /** The object's evidence as the card of every number tells it. */
  evidence({evidence, source_key: key, synthetic}) {
    return {
      ...evidence,
      origin: synthetic ? 'synthetic' : 'real',
      method: text('evidence.method.recorded'),
      parameters: EMPTY.has(key) ? {} : {source_key: key},
      datasets: evidence.datasets.map((item) => ({...item, generation: evidence.generation, synthetic: false})),
    };
  }
}
