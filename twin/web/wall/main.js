// The wall: the city in the middle, its figures at both sides, a tour that tells them; a page of its own, rebuilt from its address.
//
// ?tour=ID &start=N &layout=auto|16x9|32x9|48x9 &theme=dark|light &lang=zh|en &scenario=ID &seams=none|0.25,0.5,…
// &resume=SECONDS after which a touched tour goes on, &reload=MINUTES after which the page starts anew (0: never)
//
// Keys: space pauses, arrows go on and back, b holds the base, r the remote, f the full screen, Escape closes.
// For tests, window.wall is the running wall: wall.ready, wall.guide, wall.source, wall.stage, wall.plan.

import {closeEvidence, openEvidence} from '../evidence/card.js';
import {debounced, fill, h, icon} from '../map/dom.js';
import {language, loadTexts, say, theme, tokens} from '../map/text.js';
import {Stage} from '../stage/stage.js';
import {CARDS} from './cards.js';
import {caption, figures, legend, note} from './overlay.js';
import {Guide} from './guide.js';
import {plan, readSeams} from './layout.js';
import {renew, resumed, reveal} from './renewal.js';
import {Source} from './source.js';
import {t} from './text.js';
import {clock, names, state, tourOf} from './title.js';

const SMALLEST = 24; // u: of texts
const FADE_MS = 900;
const IDLE_MS = 4000; // after which the cursor goes
const AGAIN_MS = 5000;
const PICTURE_MS = 60_000; // between pictures of the map that are kept for a start without a server
const MAP = 'twin.wall.map';
const HEAD = 3.3; // what a card's head and padding take of its height, in multiples of the smallest text
const SIDES = 1.7; // and its padding of its width
const NARROW = 18; // cards narrower than this tell in their head the date alone
const RAISED = 0.14; // share of the map's height that what a viewpoint looks at stands above the middle, clear of the caption

const UNNAMED = {road: 15.6, water: 14, green: 14.4}; // zoom from which names that tell a leader little are shown

const seconds = (text, usual) => (/^\d+(\.\d+)?$/.test(text ?? '') ? Number(text) : usual);

class Wall {
  #off = [];
  #drawn = new Map();
  #pictured = 0;
  #idle = 0;
  #generations = '';

  constructor(query) {
    const one = (name, values, usual) => (values.includes(query.get(name)) ? query.get(name) : usual);
    this.asked = {
      tour: query.get('tour') ?? '', scenario: query.get('scenario') ?? '', layout: one('layout', ['16x9', '32x9', '48x9'], 'auto'), seams: readSeams(query.get('seams')),
      theme: one('theme', ['dark', 'light'], 'dark'), language: one('lang', ['zh', 'en'], 'zh'), start: Number(query.get('start')) || 0,
      resume_s: seconds(query.get('resume'), 45), reload_min: seconds(query.get('reload'), 360),
    };
    this.assets = new URL('/assets/', document.baseURI).pathname;
    this.ready = new Promise((resolve) => { this.resolveReady = resolve; });
    this.base = false;
  }

  async start() {
    window.wall = this;
    await this.#texts();
    document.documentElement.lang = language() === 'en' ? 'en' : 'zh-CN';
    this.#build();
    this.source = new Source(this.asked);
    const before = resumed();
    this.guide = new Guide({show: (viewpoint, arrived) => this.#show(viewpoint, arrived), prepare: (viewpoint) => this.stage.prepare(this.#of(viewpoint)), resume_s: this.asked.resume_s});
    if (before) Object.assign(this.asked, {start: before.index});
    if (before?.paused) this.guide.pause();
    this.lay();
    this.#listen();
    this.#stand();
    this.#toured(this.source.board);
    this.source.start();
    this.ticking = setInterval(() => this.tick(), 1000);
  }

  /** Without texts there is no wall: they are asked for until the server gives them. */
  async #texts() {
    for (;;) {
      try {
        await loadTexts(this.assets, {theme: this.asked.theme, language: this.asked.language});
        return;
      } catch (error) {
        console.warn(error);
        await new Promise((resolve) => { setTimeout(resolve, AGAIN_MS); });
      }
    }
  }

  #build() {
    this.root = h('main.wl', {'data-theme': theme(), 'data-evidence-host': true});
    for (const [name, value] of Object.entries(tokens()[theme()])) this.root.style.setProperty(`--${name.replaceAll('_', '-')}`, value);
    this.root.style.setProperty('--font', tokens().font);
    document.documentElement.style.background = tokens()[theme()].ground;
    const part = (name, tag = 'div') => { const element = h(`${tag}.wl-${name}`); this.parts[name] = element; return element; };
    this.parts = {};
    this.root.append(
      part('stage'), part('title-name', 'header'), part('title-tour'), part('title-state'), part('title-clock'),
      ...CARDS.map(({key}) => { const card = part(key, 'section'); card.classList.add('wl-card'); card.dataset.evidenceBeside = ''; return card; }),
      part('legend'), part('note'), part('caption', 'section'), part('figures', 'section'), part('bar', 'nav'), part('remote', 'aside'));
    this.parts.remote.hidden = true;
    this.parts.note.setAttribute('role', 'status');
    document.body.append(this.root);
    this.#bar();
    try { const kept = localStorage.getItem(MAP); if (kept) this.parts.stage.style.backgroundImage = `url(${kept})`; } catch { /* private window */ }
  }

  /** Start the map; again where the server was not there. */
  async #stand() {
    const {viewpoints = []} = this.source.board?.tour ?? {};
    const viewpoint = viewpoints[this.asked.start] ?? viewpoints[0];
    const {u} = this.plan;
    const stage = new Stage(this.parts.stage, {assets: this.assets, theme: this.asked.theme, language: this.asked.language, controls: true, em: SMALLEST * u, leastText: SMALLEST * u, raise: RAISED, unnamed: UNNAMED, viewpoint, ...this.#lines()});
    this.stage = stage;
    this.root.classList.add('wl-starting');
    const off = [
      stage.on('legends', () => this.legend()), stage.on('back', () => this.overlay()),
      stage.on('lost', () => console.info('the map starts again')),
    ];
    try {
      await stage.ready;
    } catch (error) {
      off.forEach((end) => end());
      stage.dispose();
      setTimeout(() => this.#stand(), AGAIN_MS);
      return;
    }
  }

  /** Seams in pixels of the map, which no name may cross. */
  #lines() { return {seams: this.plan.seams.map((x) => x - this.plan.stage.x), clear: SMALLEST * this.plan.u}; }

  #of(viewpoint) { return {...viewpoint, scenario: viewpoint.scenario || this.asked.scenario}; }

  /** Show a viewpoint; resolves when it has appeared, its painting may come later. */
  async #show(viewpoint, arrived) {
    const {stage} = this;
    await stage.ready;
    let off = () => {};
    const appeared = new Promise((resolve) => { off = stage.on('turn', () => { arrived(); setTimeout(resolve, FADE_MS); }); });
    const shown = stage.show(this.#of(viewpoint), {ms: FADE_MS});
    try {
      await Promise.race([shown, appeared]);
    } finally { off(); }
    shown.then(() => this.overlay(), (error) => console.warn(error));
  }

  #toured(board) {
    const {tour, generations} = board ?? {};
    if (!tour) return;
    const known = JSON.stringify(generations);
    if (this.#generations && known !== this.#generations) this.stage?.renew().then(() => this.overlay());
    this.#generations = known;
    this.guide.take(tour.viewpoints, this.asked.start);
  }

  #listen() {
    const {source, guide} = this;
    source.on('board', (board) => { this.#toured(board); this.draw(); });
    source.on('state', () => this.state());
    guide.on('at', () => this.#arrived());
    guide.on('state', () => { this.tour(); this.link?.tell(); });
    const resize = debounced(() => this.lay(), 150);
    const moved = () => this.#awake();
    const touched = (event) => { this.#awake(); if (!event.target.closest?.('.wl-bar')) guide.touch(); };
    const keys = (event) => this.key(event);
    const on = (target, name, listener, more) => { target.addEventListener(name, listener, more); this.#off.push(() => target.removeEventListener(name, listener, more)); };
    on(window, 'resize', resize);
    on(window, 'keydown', keys);
    on(window, 'keyup', (event) => { if (event.key.toLowerCase() === 'b') this.hold(false); });
    on(window, 'blur', () => this.hold(false));
    on(this.root, 'pointermove', moved, true);
    on(this.root, 'pointerdown', touched, true);
    on(this.root, 'wheel', touched, {capture: true, passive: true});
    if (this.#kept()) this.#connect();
  }

  #arrived() {
    this.draw();
    this.link?.tell();
    if (!this.revealed) {
      this.revealed = true;
      this.root.classList.remove('wl-starting');
      reveal();
      this.resolveReady(this);
    }
    const minutes = performance.now() / 60_000;
    if (this.asked.reload_min && minutes > this.asked.reload_min && !this.guide.waiting && !this.source.offline && !this.renewing) this.renew();
  }

  /** Start the page anew behind its own picture. */
  async renew() {
    this.renewing = true;
    this.renewing = await renew(this);
  }

  /** Once a second: the clock, the age of the data, how far the viewpoint is; a picture of the map now and then. */
  tick() {
    clock(this.parts['title-clock']);
    this.state();
    this.tour();
    const now = performance.now();
    if (now - this.#pictured > PICTURE_MS && this.stage?.viewpoint && !this.stage.gone && !this.source.offline) {
      this.#pictured = now;
      this.#picture();
    }
  }

  #picture() {
    try {
      const map = this.stage.engine.still();
      const small = document.createElement('canvas');
      Object.assign(small, {width: 960, height: Math.round((960 * map.height) / map.width)});
      small.getContext('2d').drawImage(map, 0, 0, small.width, small.height);
      const url = small.toDataURL('image/jpeg', 0.75);
      map.width = small.width = 0;
      localStorage.setItem(MAP, url);
    } catch { /* nothing drawn, or no room */ }
  }

  /** Put everything where this window has it. */
  lay() {
    const {root, parts} = this;
    this.plan = plan(window.innerWidth, window.innerHeight, this.asked);
    const {u, stage, cards, title, overlay} = this.plan;
    root.style.fontSize = `${SMALLEST * u}px`;
    root.dataset.layout = this.plan.kind;
    const put = (element, {x, y, w, h: high}) => Object.assign(element.style, {left: `${x}px`, top: `${y}px`, width: `${w}px`, height: `${high}px`});
    put(parts.stage, stage);
    ['title-name', 'title-tour', 'title-state', 'title-clock'].forEach((name, index) => put(parts[name], title[index]));
    CARDS.forEach(({key}, index) => put(parts[key], cards[index]));
    const below = window.innerHeight;
    const low = (element, {x, w, bottom}) => Object.assign(element.style, {left: `${x}px`, width: `${w}px`, bottom: `${below - bottom}px`});
    const high = (element, {x, y, w}) => Object.assign(element.style, {left: `${x}px`, top: `${y}px`, maxWidth: `${w}px`});
    low(parts.caption, overlay.caption);
    low(parts.figures, overlay.figures);
    root.classList.toggle('wl-together', overlay.together);
    high(parts.legend, overlay.legend);
    Object.assign(parts.note.style, {left: `${overlay.note.x}px`, top: `${overlay.note.y}px`, width: `${overlay.note.w}px`});
    const [barX, barW] = overlay.together ? [stage.x, stage.w] : [overlay.caption.x, overlay.caption.w];
    Object.assign(parts.bar.style, {left: `${barX}px`, width: `${barW}px`, top: `${stage.y + 14 * u}px`});
    Object.assign(parts.remote.style, {left: `${overlay.caption.x}px`, width: `${Math.min(overlay.caption.w, 560 * u)}px`, top: `${stage.y + 90 * u}px`});
    this.#drawn.clear();
    if (this.stage?.app) {
      this.stage.root.style.setProperty('--stage-em', `${SMALLEST * u}px`);
      Object.assign(this.stage.app.data, {leastText: SMALLEST * u, ...this.#lines()});
    }
    this.draw();
    clock(parts['title-clock']);
  }

  /** Row of an indicator on the board. */
  row(no) { return this.source.board?.indicators?.indicators.find((item) => item.no === no) ?? null; }

  /** Draw what the board and the viewpoint say; what stayed the same is left alone. */
  draw() {
    if (!this.source) return;
    const {board} = this.source;
    const {u} = this.plan;
    names(this.parts['title-name'], board);
    this.tour();
    this.state();
    CARDS.forEach(({key, body}, index) => {
      const box = this.plan.cards[index];
      const room = {wide: box.w / (SMALLEST * u) - SIDES, high: box.h / (SMALLEST * u) - HEAD};
      const source = board?.[key] ?? null;
      const failure = board?.failures?.[key] ?? null;
      const made = board?.sources?.[key]?.made_at ?? null;
      const mark = JSON.stringify([source, failure, room, key === 'centres' ? this.row(20)?.target : 0]);
      if (this.#drawn.get(key) === mark) return;
      this.#drawn.set(key, mark);
      const title = t(`card.${key}`);
      this.parts[key].setAttribute('aria-label', title);
      fill(this.parts[key],
        h('h2', {}, h('span', {}, title), source?.as_of || key === 'indicators' ? h('small', {}, asOf(source, room.wide < NARROW)) : null),
        source ? body(this, source, room) : h('p.wl-none', {}, failure ? say(failure) : t('computing')),
        failure && source ? h('p.wl-failed', {}, t('failed', {time: hour(made)})) : null);
      trimmed(this.parts[key]);
    });
    this.overlay();
  }

  /** Caption, lifted figures, legend and notes over the map. */
  overlay() {
    const {viewpoint} = this.guide;
    const of = this.plan.overlay;
    caption(this, this.parts.caption, viewpoint);
    figures(this, this.parts.figures, viewpoint, Math.floor((of.figures.w + 20 * this.plan.u) / (280 * this.plan.u)));
    // In a narrow room each target stands below its figure.
    this.parts.figures.classList.toggle('wl-narrow', of.figures.w / Math.max(1, this.parts.figures.childElementCount) < 350 * this.plan.u);
    this.legend();
    note(this, this.parts.note);
    if (of.together) {
      // Both in one room: the caption stands on the figures.
      const high = this.parts.figures.hidden ? 0 : this.parts.figures.offsetHeight + 10 * this.plan.u;
      this.parts.caption.style.bottom = `${window.innerHeight - of.caption.bottom + high}px`;
    }
  }

  legend() { legend(this, this.parts.legend, this.plan); }

  tour() { tourOf(this.parts['title-tour'], this.source?.board?.tour, this.guide); }

  state() { if (this.source) state(this.parts['title-state'], this.source); }

  /** Open the evidence of a figure. */
  evidence(button, what, found) { openEvidence(this.root, button, what, found); }

  #bar() {
    const button = (name, symbol, work) => h('button', {type: 'button', 'data-do': name, 'aria-label': t(`do.${name}`), title: t(`do.${name}`), onclick: work}, icon(symbol));
    fill(this.parts.bar,
      button('previous', 'previous', () => { this.guide.previous(); this.guide.touch(); }),
      button('pause', 'pause', () => this.#toggle()),
      button('next', 'next', () => { this.guide.next(); this.guide.touch(); }),
      h('button.wl-hold', {type: 'button', 'data-do': 'base', onpointerdown: (event) => { event.currentTarget.setPointerCapture(event.pointerId); this.hold(true); }, onpointerup: () => this.hold(false), onpointercancel: () => this.hold(false)}, t('base')),
      button('remote', 'remote', () => this.remote()),
      button('full', 'full', () => this.#full()));
    this.parts.bar.setAttribute('aria-label', t('bar'));
  }

  #toggle() {
    const {guide} = this;
    if (guide.paused || guide.touched) guide.pause(false); else guide.pause(true);
  }

  #awake() {
    this.root.classList.remove('wl-idle');
    clearTimeout(this.#idle);
    this.#idle = setTimeout(() => this.root.classList.add('wl-idle'), IDLE_MS);
  }

  key(event) {
    if (event.ctrlKey || event.metaKey || event.altKey) return;
    const {guide} = this;
    const keys = {
      ' ': () => this.#toggle(), ArrowRight: () => { guide.next(); guide.touch(); }, ArrowLeft: () => { guide.previous(); guide.touch(); },
      ArrowDown: () => { guide.next(); guide.touch(); }, ArrowUp: () => { guide.previous(); guide.touch(); }, PageDown: () => { guide.next(); guide.touch(); }, PageUp: () => { guide.previous(); guide.touch(); },
      r: () => this.remote(), f: () => this.#full(), b: () => this.hold(true), Escape: () => { if (!closeEvidence()) this.remote(false); },
    };
    const inside = event.target.closest?.('.ev-box, button');
    if (inside && [' ', 'ArrowUp', 'ArrowDown', 'PageUp', 'PageDown'].includes(event.key)) { guide.touch(); return; }
    const work = keys[event.key.length === 1 ? event.key.toLowerCase() : event.key];
    if (work) { if (!event.repeat) work(); event.preventDefault(); } else if (event.key !== 'Tab' || this.guide.touched) guide.touch();
  }

  /** 原状: the base in place of the scenario while held. */
  hold(on) {
    if (this.base === on || !this.stage?.guide) return;
    this.base = on;
    this.guide.held = on;
    this.stage.base(on);
    note(this, this.parts.note);
    this.link?.tell();
  }

  #full() { if (document.fullscreenElement) document.exitFullscreen(); else document.documentElement.requestFullscreen?.().catch((error) => console.warn(error)); }

  #kept() { try { return sessionStorage.getItem('twin.wall.link'); } catch { return null; } }

  /** Be driven by phones from now on. */
  async #connect() {
    if (this.link) return this.link;
    const {WallLink} = await import('../remote/link.js');
    this.link ??= new WallLink({onCommand: (command) => this.command(command), state: () => this.told()});
    this.link.on('paired', () => setTimeout(() => this.remote(false), 1500));
    return this.link;
  }

  /** Show the code that a phone pairs by; false hides it. */
  async remote(on = this.parts.remote.hidden) {
    const {remote} = this.parts;
    if (!on) { remote.hidden = true; fill(remote); return; }
    const link = await this.#connect();
    fill(remote, link.card());
    remote.hidden = false;
  }

  /** What a phone is told of the wall. */
  told() {
    const layers = this.stage?.app?.store?.layers ?? {};
    const known = this.stage?.app?.layer ?? {};
    return {
      tour: this.source.board?.tour?.id ?? '', index: Math.max(0, this.guide.index), paused: this.guide.waiting, base: this.base, scenario: this.stage?.viewpoint?.scenario ?? '',
      layers: Object.fromEntries(Object.entries(layers).filter(([id]) => known[id]?.rows).map(([id, item]) => [id, item.on])), elapsed_s: this.guide.elapsed_s,
    };
  }

  command({do: what, index, layer, on}) {
    const {guide} = this;
    const works = {
      next: () => guide.next(), previous: () => guide.previous(), pause: () => guide.pause(true), resume: () => guide.pause(false), jump: () => guide.go(index),
      layer: () => { this.stage.layer(layer, on); this.legend(); }, base: () => this.hold(Boolean(on)),
    };
    works[what]?.();
    if (['next', 'previous', 'jump', 'layer'].includes(what) && !guide.paused) guide.touch();
    this.link?.tell();
  }
}

const asOf = (source, narrow) => {
  const date = source?.as_of ?? source?.indicators?.map((row) => row.as_of).filter(Boolean).sort().at(-1);
  const synthetic = source?.origin === 'synthetic' || source?.origin === 'mixed' || source?.indicators?.some((row) => row.origin === 'synthetic' || row.origin === 'mixed');
  return [synthetic && !narrow ? t('synthetic') : '', date ?? ''].filter(Boolean).join(' · ');
};

/** Take away the last lines of a card that has no room for them: long names take two. */
function trimmed(card) {
  const lines = card.querySelector('.wl-lines');
  const over = () => card.scrollHeight > card.clientHeight + 1 || (lines && lines.scrollHeight > lines.clientHeight + 1);
  while (lines?.lastElementChild && over()) lines.lastElementChild.remove();
}

const hour = (moment) => (moment ? new Date(moment).toLocaleTimeString('zh-CN', {hour: '2-digit', minute: '2-digit', hour12: false}) : '–');

new Wall(new URL(location.href).searchParams).start().catch((error) => console.error(error));
