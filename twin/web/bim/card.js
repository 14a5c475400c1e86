// The card of this page: of an element of the open model, else of the selected object of the city.

import {Card as Base} from '../map/card.js';
import {copy, fill, h, icon} from '../map/dom.js';
import {number, quantity} from '../map/format.js';
import {say} from '../map/text.js';
import {className, sentence, t} from './text.js';

const METHODS = new Set(['max-voids', 'no-openings', 'ifclite', 'box', 'none']);

export class Card extends Base {
  #row = null;
  #filter = '';
  #shut = new Set();

  constructor(page) {
    super(page.app);
    Object.assign(this, {page, session: page.session, found: null});
  }

  /** Open the card of a row; null closes it. */
  async choose(row) {
    this.#row = row;
    this.found = null;
    if (row === null) { this.render(); return; }
    try {
      const found = await this.session.card(row);
      if (row !== this.#row) return;
      this.found = found;
    } catch (error) {
      if (row === this.#row) this.found = {failure: error};
    }
    this.render();
  }

  render() {
    if (!this.found) { super.render(); return; }
    this.element.hidden = false;
    this.app.host.classList.add('tw-with-card');
    if (this.found.failure) { fill(this.element, this.#head('', ''), h('p.an-failure', {role: 'alert'}, sentence(this.found.failure))); return; }
    const {found} = this;
    const name = found.long_name && found.long_name !== found.name ? `${found.name} ${found.long_name}`.trim() : found.name;
    const shown = name || className(found.class);
    this.element.setAttribute('aria-label', t('card.title', {name: shown}));
    this.body = h('div.tw-scroll', {'data-part': 'properties'});
    fill(this.element, this.#head(`${className(found.class)} · ${found.class}`, shown), this.#identifier(),
      h('div.tw-facts', {}, this.#facts()), this.#notes(), this.#search(), this.body, this.#foot());
    this.#properties();
  }

  #head(kind, name) {
    return h('div.tw-head', {}, h('div', {}, h('div.tw-kind', {}, kind), h('h2', {}, name)),
      h('button.tw-quiet', {type: 'button', 'aria-label': t('close'), onclick: () => this.session.choose(null)}, icon('close')));
  }

  #identifier() {
    const done = h('span.tw-done', {role: 'status'});
    return h('div.tw-identifier', {}, h('span', {}, 'GlobalId'), h('code', {}, this.found.guid),
      h('button.tw-quiet', {type: 'button', 'aria-label': t('card.copy'), title: t('card.copy'), onclick: async () => {
        done.textContent = (await copy(this.found.guid)) ? t('card.copied') : this.found.guid;
        setTimeout(() => { done.textContent = ''; }, 2000);
      }}, icon('copy')), done);
  }

  #facts() {
    const {found} = this;
    const storey = this.session.building?.storeys[found.storey];
    const space = found.kind === 'space';
    return [
      [t('card.storey'), storey ? storey.name || storey.long_name : null],
      space ? [t('card.area'), found.area_m2 ? quantity(found.area_m2, 'm²', 2) : null] : [t('card.type'), found.type_name],
      space ? [t('card.use'), found.use] : [t('card.material'), found.materials],
    ].filter(([, value]) => value).map(([title, value]) => h('div.tw-fact', {title: value}, h('span', {}, title), h('b', {}, value)));
  }

  #notes() {
    const {found} = this;
    return [
      METHODS.has(found.method) ? h('p.tw-warn.bim-indent', {}, icon('warn'), t(`method.${found.method}`)) : null,
      (found.findings ?? []).map((item) => h('p.tw-warn.bim-indent', {}, icon('warn'), say(item.text))),
      (found.failures ?? []).map((item) => h('p.tw-warn.bim-indent', {}, icon('warn'), h('span', {}, h('b', {}, say(item.specification)), say(item.reason)))),
    ];
  }

  #search() {
    const total = (this.found.sets ?? []).reduce((sum, set) => sum + set.properties.length, 0);
    if (!total) return h('p.tw-note.bim-indent', {}, t('card.none'));
    return h('div.tw-search.bim-card-search', {}, icon('search'), h('input.tw-input', {type: 'search', value: this.#filter, placeholder: t('card.search', {n: total}), 'aria-label': t('card.search', {n: total}),
      oninput: (event) => { this.#filter = event.target.value; this.#properties(); }}));
  }

  #properties() {
    const wanted = this.#filter.trim().toLowerCase();
    const matches = (set, item) => !wanted || `${set.name} ${item.name} ${item.text}`.toLowerCase().includes(wanted);
    const own = (type) => (this.found.sets ?? []).map((set) => ({...set, properties: set.properties.filter((item) => Boolean(item.of_type) === type && matches(set, item))})).filter((set) => set.properties.length);
    const groups = [...own(false).map((set) => [set.name, set.name, set]), ...own(true).map((set) => [`type:${set.name}`, t('card.of_type', {name: set.name}), set])];
    fill(this.body, groups.map(([key, title, set]) => h('details.tw-group', {open: wanted ? true : !this.#shut.has(key), 'data-set': set.name,
      ontoggle: (event) => { if (this.#filter) return; if (event.target.open) this.#shut.delete(key); else this.#shut.add(key); }},
    h('summary', {}, h('span', {}, title, h('small', {}, ` ${set.properties.length}`)), icon('down')),
    h('table.tw-table', {}, h('tbody', {}, set.properties.map((item) => h('tr', {}, h('th', {scope: 'row'}, item.name), h('td', {}, valueText(item)))))))),
    wanted && !groups.length ? h('p.tw-note', {}, t('card.no_match')) : null);
  }

  #foot() {
    const {page, session} = this;
    const row = this.#row;
    const button = (key, symbol, work) => h('button.tw-button', {type: 'button', 'data-key': key, onclick: work}, symbol ? icon(symbol) : null, t(`card.${key}`));
    return h('div.tw-card-foot.tw-buttons.bim-foot', {},
      button('fly', 'target', () => page.fly([row])),
      button('only', null, () => page.own.view.only((other) => other === row)),
      button('hide', null, () => { page.own.view.hide(row); session.choose(null); }),
      button('in_tree', null, () => { page.app.shell.open('tree', false); page.own.tree.reveal(row); }));
  }
}

/** A property as people read it: numbers with their unit. */
function valueText({text, number: value, unit}) {
  if (text === 'True' || text === 'true' || text === '.T.') return t('yes');
  if (text === 'False' || text === 'false' || text === '.F.') return t('no');
  const plain = Number(text);
  if (value !== null && value !== undefined && text !== '' && Number.isFinite(plain)) return `${number(plain, 3)}${unit ? `\u2009${unit}` : ''}`;
  return unit && text ? `${text}\u2009${unit}` : text || '–';
}

