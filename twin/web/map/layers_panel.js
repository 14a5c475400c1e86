// The layer panel: what there is, what is shown, how it is coloured and filtered.

import {fill, h, icon, select, toggle} from './dom.js';
import {filterControl} from './filter.js';
import {number} from './format.js';
import {entries} from './legend.js';
import {pageAddress} from './pages.js';
import {say, t} from './text.js';

const MOST_TRANSPARENT = 90; // per cent; beyond, a layer that is on seems to be off

export class LayersPanel {
  #open = new Set();

  constructor(app) {
    this.app = app;
    app.store.on('legends', () => this.refresh());
    app.store.on('layers', (id) => this.follow(id));
  }

  get title() { return t('layers'); }

  render(body) {
    this.body = body;
    const {groups, layers} = this.app.twin;
    const empty = layers.filter((layer) => !layer.rows);
    fill(body,
      Object.entries(groups).map(([group, title]) => {
        const own = layers.filter((layer) => layer.group === group && layer.rows);
        return own.length ? h('section.tw-layer-group', {}, h('h3', {}, say(title)), own.map((layer) => this.entry(layer))) : null;
      }),
      empty.length ? h('details.tw-group.tw-absent', {}, h('summary', {}, t('layers.absent', {n: empty.length}), icon('down')),
        h('p.tw-note', {}, empty.map((layer) => say(layer.title)).join(t('comma'))),
        h('a.tw-link', {href: pageAddress('data')}, t('layers.import'))) : null);
  }

  /** Keep the switch of a layer as the layer is, also when something else turned it on. */
  follow(id) {
    const control = this.body?.isConnected && this.body.querySelector(`[data-layer="${id}"]`);
    if (control) control.checked = this.app.store.layers[id].on;
  }

  /** Write the entries again where what they show has come in; an open control keeps the focus. */
  refresh() {
    if (!this.body?.isConnected) return;
    for (const part of this.body.querySelectorAll('[data-legend]')) {
      const layer = this.app.layer[part.dataset.legend];
      this.legend(layer, part);
    }
  }

  entry(layer) {
    const {store} = this.app;
    const state = store.layers[layer.id];
    const details = h('div.tw-layer-details', {id: `tw-layer-${layer.id}`});
    const fold = h('button.tw-fold', {
      type: 'button', 'aria-controls': details.id, 'aria-expanded': 'false', title: say(layer.description),
      onclick: () => { if (this.#open.has(layer.id)) this.#open.delete(layer.id); else this.#open.add(layer.id); show(); },
    }, h('span.tw-layer-name', {}, say(layer.title)), this.origin(layer), h('span.tw-count', {}, number(layer.rows)), icon('down'));
    const show = () => {
      const open = this.#open.has(layer.id);
      fold.setAttribute('aria-expanded', String(open));
      details.hidden = !open;
      if (open) this.details(layer, details);
    };
    show();
    const near = h('span.tw-zoom-note', {'data-zoom': layer.id});
    this.zoomNote(layer, near);
    return h('div.tw-layer', {}, h('div.tw-layer-row', {},
      toggle(say(layer.title), state.on, (on) => {
        store.layer(layer.id, {on});
        if (on && layer.color_by.length && !this.#open.has(layer.id)) this.#open.add(layer.id);
        show();
        this.zoomNote(layer, near);
      }, {'data-layer': layer.id}), fold), near, details);
  }

  origin(layer) {
    if (!layer.origin || layer.origin === 'real') return null;
    return h('span.tw-badge', {title: t('synthetic.why')}, t(layer.origin === 'mixed' ? 'synthetic.mixed' : 'synthetic.short'));
  }

  /** Says when a layer that is on cannot be seen from so far. */
  zoomNote(layer, element) {
    const {level} = this.app.engine;
    const on = this.app.store.layers[layer.id].on;
    element.textContent = !on ? '' : level < layer.min_zoom ? t('layers.closer') : layer.aggregated && level < layer.detail_zoom ? t('layers.cells') : '';
  }

  viewed() {
    if (!this.body?.isConnected) return;
    for (const element of this.body.querySelectorAll('[data-zoom]')) this.zoomNote(this.app.layer[element.dataset.zoom], element);
  }

  details(layer, element) {
    const {store} = this.app;
    const state = store.layers[layer.id];
    const legend = h('div', {'data-legend': layer.id});
    const color = layer.color_by.length ? h('label.tw-field', {}, h('span', {}, t('color')),
      select(t('color.by'), [['', t('color.plain')], ...layer.color_by.map((by) => [by.column, say(by.title)])], state.colorBy, (value) => store.layer(layer.id, {colorBy: value}))) : null;
    fill(element, color, legend, state.on ? this.transparency(layer) : null, state.on ? filterControl(this.app, layer) : null);
    this.legend(layer, legend);
  }

  /** How much of what lies behind is seen through a layer. */
  transparency(layer) {
    const {store} = this.app;
    const output = h('output', {});
    const tell = () => { output.textContent = `${Math.round((1 - store.layers[layer.id].opacity) * 100)}\u2009%`; };
    tell();
    return h('label.tw-field.tw-slide', {}, h('span', {}, t('transparency')), h('input', {type: 'range', min: 0, max: MOST_TRANSPARENT, step: 5, 'data-transparency': layer.id, 'aria-label': `${say(layer.title)} ${t('transparency')}`,
      value: Math.round((1 - store.layers[layer.id].opacity) * 100), oninput: (event) => { store.layer(layer.id, {opacity: 1 - Number(event.target.value) / 100}, 'opacity'); tell(); }}), output);
  }

  legend(layer, element) {
    const state = this.app.store.layers[layer.id];
    if (!state.on || !this.app.legends[layer.id]) { fill(element); return; }
    const column = state.colorBy;
    const write = (summary) => fill(element, h('ul.tw-legend-list', {}, entries(this.app, layer, summary)));
    write(null);
    if (column) this.app.summary(layer.id, column).then((summary) => { if (state.colorBy === column) write(summary); }).catch(() => {});
  }
}
