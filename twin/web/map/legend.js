// The legend on the map: what the colours of the layers that are coloured by an attribute mean.

import {fill, h, icon} from './dom.js';
import {number, unit} from './format.js';
import {language, say, t} from './text.js';

/**
 * Entries of one layer's legend as elements; with the summary of the column it is
 * coloured by also how many objects each has, and classes without any are left out.
 */
export function entries(app, layer, summary) {
  const by = layer.color_by.find((item) => item.column === app.store.layers[layer.id].colorBy);
  const shown = (app.legends[layer.id] ?? [])
    .map((entry, index) => ({...entry, count: summary && by ? summary.classes?.[index] ?? summary.counts?.[entry.value] ?? 0 : null}))
    .filter((entry) => entry.count !== 0);
  return shown.map((entry, index) => h('li', {},
    h('i.tw-swatch', {style: `background:${entry.color}`, 'data-mark': layer.mark}),
    h('span', {}, entry[language()] || entry.zh, index === shown.length - 1 && by?.unit ? h('small', {}, ` ${unit(by.unit)}`) : null),
    entry.count === null ? null : h('span.tw-count', {}, number(entry.count))));
}

/** Layers whose colours need explaining, with the column they are coloured by. */
export function explained(app) {
  return app.twin.layers
    .filter((layer) => app.store.layers[layer.id].on && app.store.layers[layer.id].colorBy && app.legends[layer.id])
    .map((layer) => ({layer, by: layer.color_by.find((item) => item.column === app.store.layers[layer.id].colorBy)}))
    .filter(({by}) => by);
}

/** What is painted now, as plain parts {title, entries: [{color, zh, en}]}: those of the page, then those of the layers. */
export const parts = (app) => app.guide.legends().map(({title, entries: list}) => ({title, entries: list})).concat(explained(app).map(({layer, by}) => ({
  title: `${say(layer.title)} · ${say(by.title)}${by.unit ? ` (${unit(by.unit)})` : ''}`, entries: app.legends[layer.id],
})));

export class Legend {
  #closed = false;

  constructor(app) {
    this.app = app;
    this.element = h('section.tw-legend', {hidden: true});
    app.host.append(this.element);
  }

  render() {
    const shown = explained(this.app);
    const own = this.app.guide.legends();
    this.element.hidden = !shown.length && !own.length;
    this.element.setAttribute('aria-label', t('legend'));
    const held = document.activeElement; // a control of a legend's head outlives the rewriting
    fill(this.element,
      h('button.tw-legend-head', {type: 'button', 'aria-expanded': String(!this.#closed), onclick: () => { this.#closed = !this.#closed; this.render(); }},
        h('span', {}, t('legend')), icon('down')),
      this.#closed ? null : own.map((part) => this.#own(part)),
      this.#closed ? null : shown.map(({layer, by}) => h('div.tw-legend-part', {},
        h('h3', {}, say(layer.title), ' · ', say(by.title)), this.#list(layer, by))));
    if (held !== document.activeElement && this.element.contains(held)) held.focus();
  }

  #own(part) {
    const line = (entry) => h('li', {}, h('i.tw-swatch', {style: `background:${entry.color}`, 'data-mark': part.mark}), h('span', {}, say(entry)),
      entry.count === undefined ? null : h('span.tw-count', {}, number(entry.count)));
    return part.element ? h('div.tw-legend-part', {}, part.element) : h('div.tw-legend-part', {}, part.head, h('h3', {}, part.title), h('ul', {}, part.entries.map(line)));
  }

  #list(layer, by) {
    const list = h('ul', {}, entries(this.app, layer));
    this.app.summary(layer.id, by.column).then((summary) => fill(list, entries(this.app, layer, summary))).catch(() => {});
    return list;
  }
}
