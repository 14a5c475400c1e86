// The map component: mounts once on its element and lives until Streamlit takes the element away.
//
// Streamlit calls mount() again on every rerun; the running map is kept and only
// told of the new data. `data.mode` decides what surrounds the map:
//   explore, life-circle, coverage, bim  (MODES)
//            the whole window with bars, panels and cards; the view lives in the address
//   view     only the map with its labels and navigation, in the element's own box
//            (data.height, data.layers, data.bounds), for previews and other pages
//   stage    only the map; made by stage/stage.js, which brings the mode (data.guide)
//
// For tests and automation, window.twin is the running map (of several the newest that fills the window,
// else the first; window.twins are all):
//   twin.ready        promise: first tiles are drawn
//   twin.idle()       promise: all tiles in view are drawn and the camera rests
//   twin.deck         the deck.gl Deck; twin.engine and twin.store, see their modules
//   twin.project(lon, lat[, z])  pixel in the window; twin.unproject(x, y)  [lon, lat]
//   twin.select(layer, fid)      opens a card; twin.fly({longitude, …})  moves the camera
//   twin.firstTiles   ms from navigation to the first drawn tiles

import {debounced, h} from './dom.js';
import {Engine, loadLibraries} from './engine.js';
import {filterOf} from './filter.js';
import {Hint} from './hint.js';
import {Labels} from './labels.js';
import {Legend} from './legend.js';
import {Measure} from './measure.js';
import {Mode, MODES} from './mode.js';
import {Selection} from './selection.js';
import * as share from './share.js';
import {Shell} from './shell.js';
import {initialLayers, Store} from './store.js';
import {Sun} from './sun.js';
import {chooseLanguage, chooseTheme, loadTexts, rgb, t, theme, tokens} from './text.js';

const running = new WeakMap();
const alive = []; // in the order in which they were started

/** Name the running maps to the window. */
function named() {
  window.twins = alive;
  const main = alive.findLast((app) => app.full) ?? alive[0];
  if (main) window.twin = main; else delete window.twin;
}

/** Streamlit's entry: start the map or tell the running one; returns how to take it away. */
export async function mount(component) {
  const host = component.parentElement.querySelector('.twin-root');
  let app = running.get(host);
  if (!app) {
    app = new TwinMap(host, component.data ?? {}, new URL('/assets/', document.baseURI).pathname);
    running.set(host, app);
    app.start();
  }
  app.report = (name, value) => component.setStateValue?.(name, value);
  return () => { running.delete(host); app.dispose(); };
}

async function json(address) {
  const reply = await fetch(address);
  if (!reply.ok) throw Object.assign(new Error(`${address}: ${reply.status}`), {status: reply.status});
  return reply.json();
}

/** Load a style sheet below the assets, once. */
export function styled(assets, name = 'map/twin.css') {
  const address = assets + name;
  if (document.querySelector(`link[href="${address}"]`)) return Promise.resolve();
  return new Promise((resolve) => {
    document.head.append(h('link', {rel: 'stylesheet', href: address, onload: resolve, onerror: resolve}));
  });
}

export class TwinMap {
  #off = [];
  #asked = 0;
  #summaries = new Map();

  constructor(host, data, assets) {
    Object.assign(this, {host, data, assets, mode: data.mode ?? 'view', legends: {}, report: () => {}});
    this.full = this.mode in MODES;
    this.ready = new Promise((resolve, reject) => Object.assign(this, {resolveReady: resolve, rejectReady: reject}));
    this.ready.catch(() => {}); // whoever waits for it hears of it; nobody waiting is no second error
  }

  async start() {
    alive.push(this);
    named();
    this.host.classList.add('tw', this.full ? 'tw-full' : 'tw-boxed');
    if (this.data.height) this.host.style.height = `${this.data.height}px`;
    try {
      const own = MODES[this.mode];
      const [twin, module] = await Promise.all([json('/api/twin'), own ? import(this.assets + own) : {Mode: this.data.guide ?? Mode}, loadTexts(this.assets, this.data), styled(this.assets),
        loadLibraries(this.assets), own && styled(this.assets, own.replace('main.js', 'page.css'))]);
      if (this.gone) return;
      this.open(twin, module.Mode);
    } catch (error) {
      console.warn(error);
      this.failed();
      this.rejectReady(error);
    }
  }

  /** Build everything over the city's description. */
  open(twin, Guide = Mode) {
    this.twin = twin;
    this.layer = Object.fromEntries(twin.layers.map((item) => [item.id, item]));
    this.guide = new Guide(this);
    const asked = this.full ? share.read(location.href, twin, this.guide.closest) : {view: null, layers: null, sun: null, selection: null};
    const layers = initialLayers(twin.layers);
    if (this.full) this.guide.read(new URL(location.href).searchParams);
    for (const [id, on] of Object.entries(this.guide.layers())) layers[id].on = on && this.layer[id].rows > 0;
    const wanted = asked.layers ?? this.data.layers;
    if (wanted) for (const [id, state] of Object.entries(layers)) Object.assign(state, wanted[id] ?? {on: false});
    this.store = new Store({
      layers, sun: asked.sun ?? {on: false, date: today(), minutes: 15 * 60, shadows: false}, selection: null, panel: this.full && (twin.bounds || !this.guide.needsCity) ? this.guide.start : '',
    });
    this.canvas = h('div.tw-canvas', {role: 'application', tabindex: this.full ? '-1' : null});
    this.host.replaceChildren(this.canvas);
    this.paint();
    this.engine = new Engine(this.canvas, {
      assets: this.assets,
      blind: this.data.blind,
      view: {...(asked.view ?? this.#firstView()), maxZoom: this.guide.closest},
      hands: this.data.hands,
      onClick: (info) => this.clicked(info),
      onView: () => this.viewed(),
      onLoading: (loading) => this.shell.loading(loading),
      cursor: () => (this.measure.active ? 'crosshair' : this.guide.cursor()),
    });
    this.engine.looks((id, level, layer) => this.seen(id, layer, this.guide.looks(id, level, layer)));
    this.labels = new Labels(this);
    this.selection = new Selection(this);
    this.measure = new Measure(this);
    this.sun = new Sun(this);
    this.legend = new Legend(this);
    this.card = this.guide.card();
    this.shell = new Shell(this);
    this.hint = new Hint(this);
    this.render();
    this.#listen();
    this.sun.light();
    this.scene().then(() => this.engine.idle()).then(() => this.resolveReady(this));
    this.labels.load();
    this.guide.open();
    if (asked.selection) this.select(asked.selection.layer, asked.selection.fid, {fly: !asked.view}).catch(() => this.shell.say(t('card.gone')));
  }

  #firstView() {
    if (this.data.view) return this.data.view;
    const engine = Engine.prototype.viewOf.bind({parent: this.canvas});
    const bounds = this.data.bounds ?? this.twin.bounds;
    if (!bounds) return {longitude: 121.25, latitude: 31.38, zoom: 10.5, pitch: 45, bearing: 0};
    // The pilot area nearest to the middle, near enough to see buildings: the first tiles are few and tell most.
    const off = ({lon, lat}) => Math.hypot((lon - (bounds[0] + bounds[2]) / 2) * 0.85, lat - (bounds[1] + bounds[3]) / 2);
    const [place] = this.full && !this.data.bounds ? [...this.twin.places].sort((a, b) => off(a) - off(b)) : [];
    if (place) return {longitude: place.lon, latitude: place.lat, zoom: 14.5, pitch: 52, bearing: -20};
    return engine(bounds, {pitch: 48, bearing: this.full ? -12 : 0});
  }

  #listen() {
    const later = debounced(() => this.remember(), 350);
    this.#off.push(
      this.store.on('scene', () => { this.scene(); later(); }),
      this.store.on('filters', () => { this.filtered(); later(); }),
      this.store.on('opacity', () => { this.engine.redraw(); later(); }),
      this.store.on('sun', () => { this.sun.light(); later(); }),
      this.store.on('selection', later),
    );
    this.later = later;
    const keys = (event) => this.key(event);
    const resize = debounced(() => this.labels.draw(true), 200);
    window.addEventListener('keydown', keys);
    window.addEventListener('resize', resize);
    this.#off.push(() => window.removeEventListener('keydown', keys), () => window.removeEventListener('resize', resize), later.cancel);
  }

  /** (Re)write all texts and colours around the map; the map itself stays. */
  render() {
    this.canvas.setAttribute('aria-label', t('canvas'));
    this.shell.render();
    this.card.render();
    this.legend.render();
    this.hint.render();
    this.guide.render();
  }

  /** Set the theme's colours as custom properties. */
  paint() {
    this.host.dataset.theme = theme();
    for (const [name, value] of Object.entries(tokens()[theme()])) this.host.style.setProperty(`--${name.replaceAll('_', '-')}`, value);
    this.host.style.setProperty('--font', tokens().font);
    if (this.full) document.documentElement.style.background = tokens()[theme()].ground;
  }

  /** CSS pixels of the interface per pixel at its size on a laptop; texts on the map follow it. */
  scale() { return parseFloat(getComputedStyle(this.host).fontSize) / 15 || 1; }

  /** The scene of layers that are on, as the server describes it. */
  askScene(layers = this.store.layers) {
    const view = Object.entries(layers).filter(([, state]) => state.on).map(([id, state]) => share.viewOf(id, state)).join(',');
    return json(`/api/scene?view=${view}&theme=${theme()}`);
  }

  /** Draw the scene of the layers that are on; asks for it unless it was asked for before. */
  async scene(found = this.askScene()) {
    const asked = this.#asked += 1;
    try {
      const {deck, legends} = await found;
      if (asked !== this.#asked || this.gone) return;
      this.legends = legends;
      this.drawn = deck;
      this.engine.scene(deck, rgb('ground'), this.scale());
      this.filtered();
      this.labels.draw(true);
      this.legend.render();
      this.store.tell('legends');
    } catch (error) {
      console.warn(error);
      this.shell.say(t('offline'));
    }
  }

  /** Take up that the city's data changed: descriptions and scene anew. */
  async renew() {
    this.twin = await json('/api/twin');
    this.layer = Object.fromEntries(this.twin.layers.map((item) => [item.id, item]));
    await this.scene();
  }

  /** How a layer looks, as transparent as was chosen. */
  seen(id, layer, looks) {
    const {opacity = 1} = this.store.layers[id] ?? {};
    return opacity < 1 ? {...looks, opacity: opacity * (looks?.opacity ?? layer.props.opacity)} : looks;
  }

  /** Bring the filters onto the graphics card. */
  filtered() {
    this.engine.filters((id, level) => (this.layer[id] ? filterOf(this.layer[id], this.store.layers[id], level) : null));
  }

  /** Counts of one column, asked once a generation. */
  summary(layer, column) {
    const key = `${layer}:${column}:${this.layer[layer].generation}`;
    if (!this.#summaries.has(key)) this.#summaries.set(key, json(`/api/layers/${layer}/summary?column=${column}`));
    return this.#summaries.get(key);
  }

  viewed() {
    this.labels?.draw();
    this.shell?.viewed();
    this.guide.viewed();
    this.later?.();
  }

  clicked(info) {
    if (this.measure.active) { this.measure.click(info); return; }
    if (this.guide.click(info)) return;
    const found = this.selection.of(info);
    if (found?.cell) this.shell.say(found.text);
    else if (found) this.selectRow(found.layer, found.row).catch(() => this.shell.say(t('card.gone')));
    else this.select(null);
  }

  /** Open the card of what a tile calls `row`: tiles number the rows of their generation, not the objects. */
  async selectRow(layer, row) { this.present(await json(`/api/layers/${layer}/rows/${this.layer[layer].generation}/${row}`)); }


  /** Open the card of an object and mark it; null closes. `fly` also goes there. */
  async select(layer, fid, {fly = false} = {}) {
    const card = layer ? await json(`/api/layers/${layer}/features/${fid}`) : null;
    this.present(card);
    if (card && fly && !this.gone) this.engine.fly(this.selection.viewOf(card));
  }

  /** Show a card and mark its object; null closes. */
  present(card) {
    if (this.gone || (!card && !this.selected)) return;
    this.selected = card;
    if (card && !this.store.layers[card.layer].on) this.store.layer(card.layer, {on: true});
    this.store.set('selection', card && {layer: card.layer, fid: card.fid});
    this.selection.show(card);
    this.card.render();
    if (this.full) this.report('selection', card && {layer: card.layer, fid: String(card.fid)});
  }

  language(value) { chooseLanguage(value); this.render(); this.labels.draw(true); this.measure.draw(); this.remember(); }

  theme(value) {
    chooseTheme(value);
    this.paint();
    this.sun.light();
    this.scene();
    this.selection.show(this.selected);
    this.measure.draw();
    this.render();
    this.remember();
  }

  /** Keep the present view in the address, so that reload and bookmark bring it back. */
  remember() {
    if (this.full && !this.gone && (this.twin.bounds || !this.guide.needsCity)) history.replaceState(history.state, '', share.write(this));
  }

  key(event) {
    if (event.key === 'Escape') {
      if (this.measure.escape() || this.guide.escape() || this.shell.escape()) event.preventDefault();
      else if (this.selected) this.select(null);
      return;
    }
    if (event.target.matches?.('input, select, textarea') || event.ctrlKey || event.metaKey || event.altKey) return;
    if (this.measure.key(event) || this.guide.key(event)) event.preventDefault();
    else if (event.key === '/' && this.full) { event.preventDefault(); this.shell.open('search'); }
  }

  failed() {
    this.host.replaceChildren(h('div.tw-empty', {role: 'alert'},
      h('div.tw-empty-box', {}, h('h2', {}, t('failed.title')), h('p', {}, t('failed.text')),
        h('button.tw-button.tw-primary', {type: 'button', onclick: () => location.reload()}, t('failed.again')))));
  }

  get deck() { return this.engine?.deck; }
  get firstTiles() { return this.engine?.firstTiles ?? null; }
  idle() { return this.engine.idle(); }
  fly(view, ms) { this.engine.fly(view, ms); return this.engine.idle(); }
  unproject(x, y) { const box = this.canvas.getBoundingClientRect(); return this.engine.unproject(x - box.left, y - box.top); }
  project(lon, lat, z) {
    const box = this.canvas.getBoundingClientRect();
    const [x, y] = this.engine.project(lon, lat, z);
    return [x + box.left, y + box.top];
  }

  dispose() {
    this.gone = true;
    this.#off.forEach((off) => off());
    this.sun?.pause();
    this.guide?.dispose();
    this.engine?.dispose();
    this.host.replaceChildren();
    if (alive.includes(this)) alive.splice(alive.indexOf(this), 1);
    named();
  }
}

function today() {
  const now = new Date();
  const two = (value) => String(value).padStart(2, '0');
  return `${now.getFullYear()}-${two(now.getMonth() + 1)}-${two(now.getDate())}`;
}
