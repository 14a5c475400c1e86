// Sun and shadow by date and hour of the place.

import {daylight, sunAt, zoneOf} from './astronomy.js';
import {fill, h, icon, select, toggle} from './dom.js';
import {bearing, clock} from './format.js';
import {language, t, theme} from './text.js';

const MINUTES = 1440;
const two = (value) => String(value).padStart(2, '0');
const DATES = [['spring', '03-20'], ['summer', '06-21'], ['autumn', '09-23'], ['winter', '12-21'], ['greatcold', '01-20']];

export class Sun {
  #playing = 0;

  constructor(app) { this.app = app; }

  get title() { return t('sun'); }

  /** Where the sun stands over the middle of the view at the chosen moment. */
  position(state = this.app.store.sun) {
    const {longitude, latitude} = this.app.engine.view;
    const zone = this.zone();
    const instant = Date.parse(`${state.date}T00:00:00Z`) + (state.minutes - zone.minutes) * 60_000;
    return {...sunAt(instant, longitude, latitude), zone, instant};
  }

  /** The time kept at the place that is looked at; steady while one moves about the city. */
  zone() {
    const [w, s, e, n] = this.app.twin.bounds ?? [121.2, 31.3, 121.3, 31.4];
    return zoneOf((w + e) / 2, (s + n) / 2);
  }

  /** Light the map as the store says. */
  light() {
    const {sun} = this.app.store;
    const {altitude, azimuth} = this.position();
    this.app.engine.light(sun.on ? {altitude, azimuth, shadows: sun.shadows} : null, theme());
    this.write();
  }

  #set(change) { this.app.store.set('sun', {...this.app.store.sun, ...change}); }

  render(body) {
    const {sun} = this.app.store;
    const row = (title, control) => h('label.tw-row', {}, h('span', {}, title), control);
    this.on = toggle(t('sun.on'), sun.on, (on) => this.#set({on}));
    this.shadows = toggle(t('sun.shadows'), sun.shadows, (shadows) => this.#set({shadows, on: true}));
    this.date = h('div.tw-date', {role: 'group', 'aria-label': t('sun.date')});
    this.hour = h('input.tw-hour', {type: 'range', min: 0, max: MINUTES - 1, step: 5, value: sun.minutes, 'aria-label': t('sun.hour'),
      oninput: (event) => this.#set({minutes: Number(event.target.value), on: true})});
    this.play = h('button.tw-button.tw-square', {type: 'button', onclick: () => (this.#playing ? this.pause() : this.start())});
    this.clock = h('output.tw-clock');
    this.facts = h('div.tw-sun-facts', {'aria-live': 'polite'});
    this.track = h('div.tw-hour-track', {'aria-hidden': 'true'});
    const year = sun.date.slice(0, 4);
    fill(body,
      row(t('sun.on'), this.on), row(t('sun.shadows'), this.shadows),
      h('div.tw-hour-box', {}, this.play, h('div.tw-hour-slide', {}, this.track, this.hour), this.clock),
      h('div.tw-field', {}, h('span', {}, t('sun.date')), this.date),
      h('div.tw-chips', {}, DATES.map(([name, day]) => h('button.tw-chip', {type: 'button', onclick: () => this.#set({date: `${year}-${day}`, on: true})}, t(`sun.${name}`)))),
      this.facts, h('p.tw-note', {}, t('sun.note')));
    this.write();
  }

  write() {
    if (!this.facts?.isConnected) return;
    const {sun} = this.app.store;
    const {altitude, azimuth, zone} = this.position();
    const {longitude, latitude} = this.app.engine.view;
    const light = daylight(Date.parse(`${sun.date}T12:00:00Z`) - zone.minutes * 60_000, longitude, latitude);
    const local = (minutes) => clock((minutes + zone.minutes + 2 * MINUTES) % MINUTES);
    this.on.checked = sun.on;
    this.shadows.checked = sun.shadows;
    this.#writeDate(sun.date);
    this.hour.value = sun.minutes;
    this.hour.setAttribute('aria-valuetext', clock(sun.minutes));
    this.clock.textContent = clock(sun.minutes);
    fill(this.play, icon(this.#playing ? 'pause' : 'play'));
    this.play.setAttribute('aria-label', t(this.#playing ? 'sun.pause' : 'sun.play'));
    const part = (minutes) => `${(((minutes + zone.minutes + 2 * MINUTES) % MINUTES) / MINUTES) * 100}%`;
    this.track.style.setProperty('--rise', light ? part(light.sunrise) : '0%');
    this.track.style.setProperty('--set', light ? part(light.sunset) : '0%');
    const fact = (title, value) => h('div', {}, h('span', {}, title), h('b', {}, value));
    const hours = zone.minutes / 60;
    fill(this.facts,
      fact(t('sun.altitude'), `${altitude.toFixed(1)}°`), fact(t('sun.azimuth'), `${azimuth.toFixed(0)}° ${bearing(azimuth)}`),
      light ? fact(t('sun.rise'), `${local(light.sunrise)} – ${local(light.sunset)}`) : null,
      fact(t('sun.zone'), zone.china ? t('sun.zone.china') : t('sun.zone.longitude', {zone: `UTC${hours < 0 ? '−' : '+'}${Math.abs(hours)}`})),
      altitude <= 0 ? h('p.tw-warn', {}, icon('moon'), t('sun.below')) : null);
  }

  /** Year, month and day as three boxes: the browser's own date box speaks the browser's language, not the page's. */
  #writeDate(date) {
    if (this.date.dataset.date === date && this.date.lang === language()) return;
    Object.assign(this.date, {lang: language()}).dataset.date = date;
    const [year, month, day] = date.split('-').map(Number);
    const days = (y, m) => new Date(Date.UTC(y, m, 0)).getUTCDate();
    const change = (y, m, d) => this.#set({date: [y, two(m), two(Math.min(d, days(y, m)))].join('-'), on: true});
    const list = (first, last, name) => Array.from({length: last - first + 1}, (_, index) => [String(first + index), t(name, {n: first + index})]);
    const first = Math.min(year, new Date().getFullYear() - 5);
    fill(this.date,
      select(t('sun.year'), list(first, first + 15, 'sun.year.n'), String(year), (value) => change(value, month, day)),
      select(t('sun.month'), list(1, 12, 'sun.month.n'), String(month), (value) => change(year, value, day)),
      select(t('sun.day'), list(1, days(year, month), 'sun.day.n'), String(day), (value) => change(year, month, value)));
  }

  /** Let the day pass: ten minutes a step, as fast as frames come, at most eight a second. */
  start() {
    const step = () => {
      this.#set({on: true, minutes: (this.app.store.sun.minutes + 10) % MINUTES});
      this.#playing = setTimeout(() => requestAnimationFrame(step), 125);
    };
    this.#playing = 1;
    step();
  }

  pause() {
    clearTimeout(this.#playing);
    this.#playing = 0;
    this.write();
  }
}
