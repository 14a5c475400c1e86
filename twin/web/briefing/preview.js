// The preview: one stage that shows a viewpoint, or plays the tour through as the wall does.

import {fill, h, icon} from '../map/dom.js';
import {language, say, theme} from '../map/text.js';
import {Stage} from '../stage/stage.js';
import {t} from './text.js';

const FLIGHT_MS = 1000;

export class Preview {
  #stage = null;
  #turn = 0;
  #clock = 0;
  #until = 0;

  /** @param page gives `points`, hears `shown(index)` */
  constructor(page) {
    Object.assign(this, {page, index: -1, playing: false, showing: false});
    this.host = h('div.br-stage');
    this.words = h('div.br-words');
    this.state = h('p.br-missing', {role: 'status'});
    this.bar = h('div.br-player');
    this.element = h('section.br-preview', {}, h('div.br-screen', {}, this.host, this.words), this.bar, this.state);
  }

  get stage() { return this.#stage; }

  /** Texts and colours anew. */
  draw() {
    this.element.setAttribute('aria-label', t('preview'));
    this.#stage?.look({theme: theme(), language: language()});
    this.#write();
  }

  #write() {
    const {points} = this.page;
    const point = points[this.index];
    const button = (name, symbol, work, more = {}) => h('button.round', {type: 'button', 'data-do': name, 'aria-label': t(`player.${name}`), title: t(`player.${name}`), disabled: !points.length, onclick: work, ...more}, icon(symbol));
    const focused = this.bar.contains(document.activeElement) && document.activeElement.dataset.do;
    this.line = h('i');
    fill(this.bar,
      button('back', 'back', () => this.step(-1)),
      this.playing ? button('stop', 'pause', () => this.stop()) : button('play', 'play', () => this.play()),
      button('forward', 'forward', () => this.step(1)),
      h('div.br-line', {role: 'progressbar', 'aria-label': t('player.progress'), 'aria-valuemin': 0, 'aria-valuemax': 100}, this.line),
      h('span.hint', {}, points.length ? t('player.at', {number: Math.max(0, this.index) + 1, count: points.length}) : ''));
    if (focused) this.bar.querySelector(`[data-do=${focused}]`)?.focus() ?? this.bar.querySelector('[data-do=play], [data-do=stop]')?.focus();
    const english = language() === 'en';
    fill(this.words, point ? [h('b', {}, (english && point.title_en) || point.title), h('span', {}, (english && point.caption_en) || point.caption)] : null);
    this.words.hidden = !point;
    this.host.hidden = !point; // nothing of the tour before stays up
    fill(this.state, this.showing ? t('preview.drawing') : (this.#stage?.missing ?? []).map(say).join(' '));
    this.element.dataset.shown = this.showing ? '' : point?.id ?? '';
    this.element.dataset.playing = String(this.playing);
    this.element.setAttribute('aria-busy', String(this.showing));
  }

  async #standing(point) {
    if (!this.#stage) {
      this.#stage = new Stage(this.host, {theme: theme(), language: language(), controls: true, viewpoint: point});
      // What is shown for the first time appears at once, without a flight from nowhere.
      await this.#stage.ready;
    }
    return this.#stage;
  }

  /** Show the viewpoint with this number; resolves to true when it stands and nothing else was asked for. */
  async show(index) {
    const point = this.page.points[index];
    const turn = this.#turn += 1;
    this.index = point ? index : -1;
    this.#tick(0);
    if (!point) { this.#write(); return false; }
    this.showing = true;
    this.#write();
    try {
      const stage = await this.#standing(point);
      if (turn !== this.#turn) return false;
      await stage.show(structuredClone(point), {ms: FLIGHT_MS});
    } catch (error) {
      console.warn(error);
      if (turn === this.#turn) fill(this.state, t('preview.failed'));
      return false;
    }
    if (turn !== this.#turn) return false;
    this.showing = false;
    this.#write();
    this.page.shown(index);
    return true;
  }

  step(by) {
    const {points} = this.page;
    if (!points.length) return;
    this.show((Math.max(0, this.index) + by + points.length) % points.length).then((stands) => { if (stands && this.playing) this.#wait(); });
  }

  /** Play through from the present viewpoint, and begin again at the end. */
  async play() {
    this.playing = true;
    this.#write();
    if (await this.show(Math.max(0, this.index))) this.#wait();
  }

  #wait() {
    const {points} = this.page;
    const seconds = points[this.index]?.duration_s;
    if (!seconds || !this.playing) return;
    this.#tick(seconds);
    if (points.length > 1) this.#stage.prepare(structuredClone(points[(this.index + 1) % points.length]));
  }

  #tick(seconds) {
    clearInterval(this.#clock);
    if (this.line) this.line.style.width = '0';
    if (!seconds) return;
    this.#until = performance.now() + seconds * 1000;
    this.#clock = setInterval(() => {
      const left = (this.#until - performance.now()) / 1000;
      const share = Math.min(100, 100 * (1 - left / seconds));
      this.line.style.width = `${share}%`;
      this.line.parentElement.setAttribute('aria-valuenow', Math.round(share));
      if (left <= 0) { clearInterval(this.#clock); this.step(1); }
    }, 100);
  }

  stop() {
    this.playing = false;
    this.#tick(0);
    this.#write();
  }

  /** The camera as it was moved to by hand, for the viewpoint that is shown; null while none stands. */
  get camera() {
    if (!this.#stage || this.showing || this.index < 0) return null;
    const {longitude, latitude, zoom, pitch, bearing} = this.#stage.view;
    const round = (value, digits) => Number(value.toFixed(digits));
    return {
      longitude: round(longitude, 6), latitude: round(latitude, 6), zoom: round(Math.min(20.5, Math.max(7, zoom)), 2),
      pitch: round(Math.min(60, Math.max(0, pitch)), 1), bearing: round(((bearing + 540) % 360 + 360) % 360 - 180, 1),
    };
  }
}
