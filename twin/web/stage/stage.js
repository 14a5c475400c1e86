// One map without anything around it that shows a viewpoint: on the wall, in pictures of reports, beside another one, in previews.
//
//   const stage = new Stage(host, {assets, theme, viewpoint});   host: a positioned element with a size
//   await stage.show(viewpoint, {ms: 1000});
//
// The map is TwinMap, the colours are those of the pages' own paintings. From one
// viewpoint to the next the camera flies where it is near; else the picture before
// stays as a still until the new one is drawn, and fades. Nothing goes blank.
// Topics of on(): view (the camera moved), turn (a viewpoint begins to appear),
// legends (what is painted changed), click, lost (the graphics card dropped the map;
// the stage starts again by itself), back.

import {h} from '../map/dom.js';
import {parts} from '../map/legend.js';
import {styled, TwinMap} from '../map/main.js';
import {readLayers} from '../map/share.js';
import {initialLayers, Store} from '../map/store.js';
import {get} from '../page/api.js';
import {Face, layersOf} from './face.js';
import {StageMode} from './mode.js';
import {t} from './text.js';

const CAMERA = ['longitude', 'latitude', 'zoom', 'pitch', 'bearing'];
const PATIENCE_MS = 3000; // a viewpoint waits so long for its painting before it appears without
const MOST_WAIT_MS = 12_000; // for tiles behind a still
const NEAR = {screens: 1.2, zoom: 1.25}; // how far apart two cameras may be for a flight
const TIME = /^(\d{4}-\d{2}-\d{2})T(\d{2}):(\d{2})$/;

const pause = (ms) => new Promise((resolve) => { setTimeout(resolve, ms); });
const calm = () => matchMedia('(prefers-reduced-motion: reduce)').matches;

/** A viewpoint with everything that was left out. */
export const whole = (viewpoint) => ({
  title: '', title_en: '', caption: '', caption_en: '', pitch: 45, bearing: 0, layers: '', time: '', shadows: false, scenario: '', show: '', options: {}, select: '', indicators: [], duration_s: 15,
  ...viewpoint,
});

export class Stage extends Store {
  /** What the viewpoint shown asks for and is not there any more: [{zh, en}]. */
  missing = [];
  viewpoint = null;
  #turn = 0;
  #next = null;
  #last = Promise.resolve();
  #works = new Set();
  #led = false; // whether the camera is being led by another one
  #over = {}; // layers switched over the viewpoint
  #still = null;
  #absent = new Set();

  /**
   * @param host    a positioned element with a size
   * @param options {assets, theme, language, controls: whether it can be moved by hand, viewpoint: where it starts,
   *                 view: the camera alone, em: CSS pixels that texts and marks on the map are sized by (15 on a laptop),
   *                 blind: only drawn when it is captured,
   *                 leastText: CSS pixels that no text on the map falls below,
   *                 seams, clear: x of seams between panels, which no name crosses, and how far it stays off,
   *                 unnamed: {layer: zoom from which it has names}, raise: share of the height by which what is looked at stands above the middle}
   */
  constructor(host, options = {}) {
    super({});
    this.host = host;
    this.options = {assets: new URL('/assets/', document.baseURI).pathname, controls: false, ...options};
    this.#start(options.viewpoint ?? options.view);
  }

  #start(view) {
    const {assets, theme, language, controls, em, leastText, seams, clear, unnamed, blind} = this.options;
    this.root = h('div.st', {});
    if (em) this.root.style.setProperty('--stage-em', `${em}px`);
    this.host.append(this.root);
    this.app = new TwinMap(this.root, {mode: 'stage', guide: StageMode, hands: controls, theme, language, leastText, seams, clear, unnamed, blind, view: view && this.#aimed(camera(view))}, assets);
    this.app.stage = this;
    this.ready = styled(assets, 'stage/stage.css').then(() => { if (!this.gone) this.app.start(); return this.app.ready; }).then(() => this);
    this.ready.then(() => this.#guard()).catch(() => {});
  }

  /** Start again where the graphics card dropped the map. */
  #guard() {
    const {app} = this;
    app.canvas.querySelector('canvas')?.addEventListener('webglcontextlost', () => { if (app === this.app && !this.gone) this.#restart(); });
  }

  async #restart() {
    this.tell('lost');
    const {root, app, viewpoint} = this;
    this.#turn += 1;
    this.#next = null;
    const view = {...app.engine.view};
    this.#start(view);
    root.style.zIndex = '1'; // what was drawn last stays above until the new map has its picture
    try {
      await this.ready;
      if (viewpoint) await this.show(viewpoint, {ms: 0});
    } catch (error) {
      console.warn(error);
      root.remove();
      setTimeout(() => { if (!this.gone) this.#restart(); }, 5000);
      return;
    }
    app.dispose();
    root.remove();
    this.tell('back');
  }

  get guide() { return this.app.guide; }
  get engine() { return this.app.engine; }

  /** The camera {longitude, latitude, zoom, pitch, bearing}. */
  get view() { return camera(this.engine.view); }

  /** Stand where another camera stands, at once; tells nobody. */
  follow(view) {
    if (!this.engine) return;
    this.#led = true;
    this.engine.follow(camera(view));
    this.app.viewed();
    this.#led = false;
  }

  tell(topic, detail) { if (topic !== 'view' || !this.#led) super.tell(topic, detail); }

  /** Ask for what a viewpoint needs before it is shown; the one prepared last is kept. */
  prepare(viewpoint) {
    const wanted = whole(viewpoint);
    const key = JSON.stringify(wanted);
    if (this.#next?.key !== key) this.#next = Object.assign(this.#make(wanted), {key});
    return this.#next;
  }

  #make(viewpoint) {
    const made = {viewpoint, missing: [], scenario: viewpoint.scenario, face: null};
    const work = async () => {
      await this.ready;
      const {app} = this;
      const {scenarios} = await get('/api/scenarios');
      made.scenarios = scenarios;
      if (viewpoint.scenario && !scenarios.some((item) => item.id === viewpoint.scenario)) {
        made.scenario = '';
        made.missing.push(t('missing.scenario'));
      }
      made.layers = initialLayers(app.twin.layers);
      for (const [id, on] of Object.entries(layersOf(viewpoint.show))) if (made.layers[id]) made.layers[id].on = on && app.layer[id].rows > 0;
      if (viewpoint.layers) {
        const chosen = readLayers(viewpoint.layers, app.twin);
        for (const [id, state] of Object.entries(made.layers)) Object.assign(state, chosen[id] ?? {on: false});
      }
      const [layer, fid] = viewpoint.select.split(':');
      const card = layer ? this.#card(layer, fid) : null;
      if (viewpoint.show && app.twin.bounds) {
        const face = new Face(app, viewpoint.show, {
          options: viewpoint.options ?? {}, scenario: made.scenario, view: camera(viewpoint), work: (promise) => this.#work(promise), changed: () => { if (this.guide.face === face) this.tell('legends'); },
        });
        made.face = face;
        made.painted = this.#work(face.load()).catch((error) => { face.study.failure ??= error; }).then(() => {
          if (face.failure) made.missing.push(face.failure.text?.zh ? face.failure.text : t('missing.painting'));
        });
      }
      made.card = await card;
      if (layer && !made.card) made.missing.push(t('missing.object'));
      if (made.card && made.layers[made.card.layer]) made.layers[made.card.layer].on = true;
      made.drawn = await app.askScene(made.layers);
    };
    made.asked = work();
    // Told to whoever shows it; asked again the next time.
    made.asked.catch(() => { if (this.#next === made) this.#next = null; });
    return made;
  }

  /** The card of an object; null where it is gone, which is asked once until the data change. */
  async #card(layer, fid) {
    const key = `${layer}:${fid}`;
    if (this.#absent.has(key)) return null;
    try {
      return await get(`/api/layers/${encodeURIComponent(layer)}/features/${encodeURIComponent(fid)}`);
    } catch (error) {
      if (error.code !== 'offline') this.#absent.add(key);
      return null;
    }
  }

  #work(promise) {
    this.#works.add(promise);
    const end = () => this.#works.delete(promise);
    promise.then(end, end);
    return promise;
  }

  /**
   * Show a viewpoint; resolves when all of it is drawn, its painting included. Of two calls in a row the last one counts;
   * a change that is under way is finished first.
   *
   * @param options {ms: how long the change takes, patience: ms that it waits for the painting, how: 'fly' | 'fade' | 'auto'}
   */
  async show(viewpoint, {ms = 1000, patience = PATIENCE_MS, how = 'auto'} = {}) {
    const turn = this.#turn += 1;
    const next = this.prepare(viewpoint);
    await next.asked;
    if (next.painted) await Promise.race([next.painted, pause(patience)]);
    await this.#last;
    if (turn !== this.#turn || this.gone) return;
    this.#last = this.#change(next, ms, how).catch((error) => console.warn(error));
    await this.#last;
    if (next.painted && turn === this.#turn) {
      await next.painted;
      this.missing = next.missing;
      await this.idle();
    }
  }

  async #change(next, ms, how) {
    const {viewpoint} = next;
    this.#next = null;
    const duration = calm() ? 0 : ms;
    const flies = how === 'fly' || (how === 'auto' && this.viewpoint && this.#isNear(viewpoint) && this.#sameLayers(next));
    const target = this.#aimed(camera(viewpoint));
    if (flies) {
      this.#put(next);
      this.app.fly(target, duration);
      await this.#idle();
      return;
    }
    await this.#behind(() => {
      this.engine.follow(target); // first: what is painted goes by how far it is seen from
      this.#put(next);
      this.app.viewed();
    }, this.viewpoint ? duration : 0, () => this.tell('turn', viewpoint));
  }

  /** Do something to the map under a still of what it shows, and fade that away. */
  async #behind(work, ms, begin = () => {}) {
    const still = this.engine.still();
    still.className = 'st-still';
    this.root.append(still);
    this.#still = still;
    try {
      await work();
      await this.#idle();
      begin();
      if (ms) {
        still.style.setProperty('--fade', `${ms}ms`);
        await new Promise((resolve) => { requestAnimationFrame(() => requestAnimationFrame(resolve)); });
        still.classList.add('st-gone');
        await pause(ms);
      }
    } finally {
      still.remove();
      still.width = still.height = 0; // the memory of a canvas is large, and freed late otherwise
      this.#still = null;
    }
  }

  #idle() { return Promise.race([this.engine.idle(), pause(MOST_WAIT_MS)]); }

  /** The camera that sees the middle of a view above its own. */
  #aimed(view) {
    const {raise} = this.options;
    const {clientWidth: width, clientHeight: height} = this.root;
    if (!raise || !width || !height || !window.deck) return view;
    const viewport = new window.deck.WebMercatorViewport({...view, width, height});
    const [longitude, latitude] = viewport.unproject([width / 2, height * (0.5 + raise)]);
    return {...view, longitude, latitude};
  }

  #isNear(viewpoint) {
    const {engine} = this;
    const [x, y] = engine.project(viewpoint.longitude, viewpoint.latitude);
    const {clientWidth: w, clientHeight: h_} = this.root;
    const off = Math.max(Math.abs(x - w / 2) / w, Math.abs(y - h_ / 2) / h_);
    return off < NEAR.screens && Math.abs(viewpoint.zoom - engine.view.zoom) < NEAR.zoom;
  }

  /** Whether the same is on the map, so that a flight shows nothing coming and going. */
  #sameLayers(next) {
    const shown = JSON.stringify(this.app.store.layers) === JSON.stringify(next.layers);
    return shown && (this.viewpoint.show === next.viewpoint.show) && this.viewpoint.scenario === next.viewpoint.scenario;
  }

  /** Put all that a viewpoint shows but its camera onto the map, at once. */
  #put(next) {
    const {app, guide} = this;
    const {viewpoint, face} = next;
    const time = TIME.exec(viewpoint.time);
    this.viewpoint = viewpoint;
    this.missing = next.missing;
    this.#over = {};
    guide.held = false;
    Object.assign(app.store, {
      layers: next.layers,
      sun: time ? {on: true, date: time[1], minutes: Number(time[2]) * 60 + Number(time[3]), shadows: viewpoint.shadows} : {...app.store.sun, on: false},
    });
    app.scene(next.drawn);
    guide.use(next.scenario, next.scenarios);
    guide.wear(face && !face.failure && ready(face) ? face : null);
    if (face && guide.face !== face) next.painted.then(() => { if (this.viewpoint === viewpoint && !face.failure && !this.gone) { guide.wear(face); if (guide.held) guide.base(true); this.tell('legends'); } });
    guide.name(next.card);
    app.sun.light();
    this.tell('legends');
    if (!this.#still) this.tell('turn', viewpoint);
  }

  /** Resolves when tiles and answers in question are there and the camera rests. */
  async idle() {
    await this.ready;
    await this.#last;
    while (this.#works.size) await Promise.allSettled([...this.#works]);
    await this.#idle();
  }

  /** 原状: the base in place of the scenario while on. */
  base(on) { this.guide?.base?.(on); }

  /** Switch one layer over what the viewpoint says; null gives it back. */
  layer(id, on) {
    const {store} = this.app;
    if (!store?.layers[id]) return;
    this.#over[id] ??= store.layers[id].on;
    store.layer(id, {on: on ?? this.#over[id]});
    if (on === null) delete this.#over[id];
  }

  /** What is painted now: [{title, entries: [{color, zh, en}]}]. */
  legends() { return this.app.store ? parts(this.app) : []; }

  /** The drawn picture as a canvas, `scale` device pixels per CSS pixel. */
  async capture(scale) {
    await this.idle();
    return this.engine.capture(scale);
  }

  /** Take up that the city's data changed, without a flash. */
  async renew(ms = 700) {
    await this.ready;
    await this.#last;
    this.#next = null;
    this.#absent.clear();
    this.#last = this.#behind(async () => {
      await this.app.renew();
      this.app.labels.load();
      this.guide.standing?.renew();
      await Promise.all([this.guide.face?.renew(), this.guide.renew()]);
    }, calm() ? 0 : ms).catch((error) => console.warn(error));
    await this.#last;
  }

  /** Another theme or language. */
  look({theme, language}) {
    if (theme) this.app.theme(theme);
    if (language) this.app.language(language);
  }

  dispose() {
    this.gone = true;
    this.#turn += 1;
    this.app.dispose();
    this.root.remove();
  }
}

const camera = (view) => Object.fromEntries(CAMERA.filter((name) => view[name] !== undefined).map((name) => [name, view[name]]));

/** Whether a face has something to paint with. */
const ready = ({study}) => Boolean(study.values ?? study.cells);
