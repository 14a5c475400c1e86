// What stands around the map: bars, rail with its panels, scale, coordinates, buttons, notices.

import {fillBar} from './bar.js';
import {debounced, fill, h, icon} from './dom.js';
import {length, place} from './format.js';
import {distance, roundBelow} from './geodesy.js';
import {pageAddress} from './pages.js';
import {say, t} from './text.js';

const BAR_WIDTH = 7.5; // em, the longest scale bar

export class Shell {
  #pointer = null;
  #works = 0;

  constructor(app) {
    this.app = app;
    this.panels = app.full ? app.guide.panels() : {};
    this.top = h('header.tw-top');
    this.rail = h('nav.tw-rail');
    this.panel = h('section.tw-panel', {hidden: true, id: 'tw-panel'});
    this.foot = h('footer.tw-foot');
    this.tools = h('div.tw-nav');
    this.progress = h('div.tw-progress', {role: 'progressbar', hidden: true});
    this.message = h('div.tw-message', {role: 'status', 'aria-live': 'polite'});
    app.host.append(...(app.full ? [this.top, this.rail, this.panel, this.foot] : []), this.tools, this.progress, this.message);
    this.hush = debounced(() => this.message.classList.remove('tw-shown'), 4500);
    this.slow = debounced(() => { this.progress.hidden = !app.engine.loading && !this.#works; }, 250);
    app.canvas.addEventListener('pointermove', (event) => { this.#pointer = [event.offsetX, event.offsetY]; this.coordinates(); }, true); // also of moves that go no further
    app.canvas.addEventListener('pointerleave', () => { this.#pointer = null; this.coordinates(); });
    this.announce = debounced(() => this.panels.layers?.viewed(), 150);
  }

  render() {
    this.tools.setAttribute('aria-label', t('nav'));
    this.progress.setAttribute('aria-label', t('loading'));
    if (this.app.full) { this.#top(); this.#rail(); this.#foot(); this.open(this.app.store.panel, false); }
    this.#nav();
    this.#empty();
    this.viewed();
  }

  #top() {
    const {app} = this;
    const {twin, engine} = app;
    const all = {key: 'all', name: t('places.all'), go: () => { app.select(null); engine.fly(engine.viewOf(twin.bounds, {pitch: 40})); }};
    fillBar(this.top, {
      page: app.guide.page, twin,
      items: [...(twin.bounds ? [all] : []), ...twin.places.map((item) => ({key: item.fid, name: say({zh: item.name, en: item.name_en}),
        go: () => app.select('pilot_area', item.fid, {fly: true}).catch(() => {})}))],
      choose: {language: (value) => app.language(value), theme: (value) => app.theme(value)},
    });
  }

  #rail() {
    this.rail.setAttribute('aria-label', t('tools'));
    const {guide} = this.app;
    fill(this.rail, guide.rail.map((name) => h('button.tw-rail-button', {
      type: 'button', 'data-panel': name, 'aria-pressed': String(this.app.store.panel === name), 'aria-controls': 'tw-panel',
      onclick: () => this.open(this.app.store.panel === name ? '' : name),
    }, icon(name), h('span', {}, guide.label(name)))));
  }

  /** Open a panel, '' closes; measuring ends with its panel. */
  open(name, focus = true) {
    const {store, measure} = this.app;
    if (store.panel === 'measure' && name !== 'measure') measure.stop();
    store.panel = name;
    for (const button of this.rail.children) button.setAttribute('aria-pressed', String(button.dataset.panel === name));
    this.panel.hidden = !name;
    this.app.guide.opened(name);
    this.app.host.classList.toggle('tw-with-panel', Boolean(name));
    if (!name) { fill(this.panel); return; }
    const body = h('div.tw-panel-body');
    this.panel.setAttribute('aria-label', this.panels[name].title);
    this.panel.dataset.panel = name;
    fill(this.panel, h('div.tw-head', {}, h('h2', {}, this.panels[name].title),
      h('button.tw-quiet', {type: 'button', 'aria-label': t('close'), onclick: () => this.escape()}, icon('close'))), body);
    this.panels[name].render(body);
    if (focus) (name === 'search' ? this.panels.search : body.querySelector('button, input, select'))?.focus();
  }

  escape() {
    const name = this.app.store.panel;
    if (!name) return false;
    this.open('');
    this.rail.querySelector(`[data-panel="${name}"]`)?.focus();
    return true;
  }

  #foot() {
    const {twin} = this.app;
    this.bar = h('div.tw-scale');
    this.pointer = h('span.tw-pointer');
    fill(this.foot, this.bar,
      h('div.tw-foot-line', {}, this.pointer,
        twin.as_of ? h('span', {}, t('as_of', {date: twin.as_of})) : null,
        twin.sources.length ? h('span.tw-sources', {title: twin.sources.join('; ')}, t('sources', {names: twin.sources.join(t('comma'))})) : null));
    this.coordinates();
  }

  coordinates() {
    if (!this.pointer) return;
    const {engine} = this.app;
    const [lon, lat] = this.#pointer ? engine.unproject(...this.#pointer) : [engine.view.longitude, engine.view.latitude];
    this.pointer.textContent = `${place(lon, lat)} WGS84`;
  }

  #nav() {
    const {engine} = this.app;
    const button = (name, symbol, work) => h('button.tw-nav-button', {type: 'button', 'aria-label': t(`nav.${name}`), title: t(`nav.${name}`), 'data-nav': name, onclick: work}, icon(symbol));
    fill(this.tools,
      button('north', 'compass', () => engine.fly({bearing: 0}, 500)),
      button('tilt', 'tilt', () => engine.fly({pitch: engine.view.pitch > 5 ? 0 : 55}, 600)),
      button('in', 'plus', () => engine.fly({zoom: Math.min(engine.view.maxZoom, engine.view.zoom + 1)}, 300)),
      button('out', 'minus', () => engine.fly({zoom: Math.max(7, engine.view.zoom - 1)}, 300)));
    this.compass = this.tools.querySelector('[data-nav=north] svg');
  }

  /** Follow the camera: scale bar, compass, coordinates, notes of the layer panel. */
  viewed() {
    const {engine} = this.app;
    if (!engine.viewport) return;
    if (this.compass) this.compass.style.transform = `rotate(${-engine.view.bearing}deg)`;
    if (!this.app.full) return;
    this.announce();
    this.coordinates();
    const {pixels, text} = this.scaleBar;
    this.bar.style.width = `${pixels}px`;
    this.bar.textContent = text;
  }

  /** The scale in the middle of the map: a round length in `metres`, as `text`, and its CSS `pixels`. */
  get scaleBar() {
    const {engine, canvas, host} = this.app;
    const [x, y] = [canvas.clientWidth / 2, canvas.clientHeight / 2];
    const em = parseFloat(getComputedStyle(host).fontSize);
    const metres = distance(engine.unproject(x - 50, y), engine.unproject(x + 50, y)) / 100;
    const shown = roundBelow(metres * BAR_WIDTH * em);
    return {metres: shown, pixels: shown / metres, text: length(shown).replace(/\.0+(?=\D)/, '')};
  }

  loading(on) {
    if (on || this.#works) this.slow();
    else { this.slow.cancel(); this.progress.hidden = true; }
  }

  /** Show the thin bar while a request to the server is out; passes its outcome on. */
  async work(promise) {
    this.#works += 1;
    this.slow();
    try { return await promise; } finally {
      this.#works -= 1;
      this.loading(this.app.engine.loading);
    }
  }

  /** One sentence for a moment; with a link behind it, where one leads on. */
  say(text, link = null) {
    fill(this.message, text, link);
    this.message.classList.add('tw-shown');
    this.hush();
  }

  #empty() {
    this.emptyBox?.remove();
    if (this.app.twin.bounds || !this.app.full || !this.app.guide.needsCity) return;
    this.emptyBox = h('div.tw-empty', {}, h('div.tw-empty-box', {},
      h('h2', {}, t('empty.title')), h('p', {}, t('empty.text')),
      h('dl', {},
        h('dt', {}, t('empty.demo')), h('dd', {}, h('code', {}, '.venv/bin/python -m twin demo')),
        h('dt', {}, t('empty.import')), h('dd', {}, h('code', {}, '.venv/bin/python -m twin import FILE'))),
      h('a.tw-button.tw-primary', {href: pageAddress('data')}, t('empty.open'))));
    this.app.host.append(this.emptyBox);
  }
}
