// The card of a building: each category with its nearest facility, minutes against the limit, the way there, and what would help.

import {evidenceButton} from '../evidence/card.js';
import {get} from '../page/api.js';
import {Card} from '../map/card.js';
import {fill, h, icon} from '../map/dom.js';
import {length, number} from '../map/format.js';
import {say} from '../map/text.js';
import {minutes} from './figures.js';
import {sentence, t} from './text.js';

export class ExplainCard extends Card {
  #asked = 0;

  constructor(page) {
    super(page.app);
    Object.assign(this, {page, found: null, failure: null, pinned: ''});
    page.study.on('result', () => { if (!page.study.loading) this.ask(); });
  }

  /** Also called by the map when another object was selected. */
  render() {
    const card = this.app.selected;
    if (card?.layer !== 'building') {
      this.#forget();
      super.render();
      return;
    }
    if (this.shown !== card.fid) { this.#forget(); this.shown = card.fid; this.ask(); }
    this.#write(card);
  }

  #forget() {
    this.#asked += 1;
    Object.assign(this, {shown: null, found: null, failure: null, pinned: ''});
    this.page.route(null);
  }

  async ask() {
    const card = this.app.selected;
    if (card?.layer !== 'building' || !this.page.study.options) return;
    const asked = this.#asked += 1;
    try {
      const found = await this.page.study.work(get(`/api/life-circle/explain/${card.fid}?${this.page.study.query()}`));
      if (asked !== this.#asked) return;
      Object.assign(this, {found, failure: null});
    } catch (error) {
      if (asked !== this.#asked) return;
      Object.assign(this, {found: null, failure: error});
    }
    this.#write(card);
    if (this.pinned) this.#show(this.pinned);
  }

  #write(card) {
    const {found} = this;
    if (this.failure?.code === 'unknown_name') { super.render(); return; } // nobody lives here
    this.element.hidden = false;
    this.app.host.classList.add('tw-with-card');
    const name = card.name ? this.nameOf(card) : found?.name || this.nameOf(card);
    const held = this.element.contains(document.activeElement) ? document.activeElement?.dataset.category : '';
    this.element.setAttribute('aria-label', t('explain.title', {name}));
    fill(this.element,
      h('div.tw-head', {}, h('div', {}, h('div.tw-kind', {}, t('explain.kind'), card.town ? ` · ${card.town}` : ''), h('h2', {}, name)),
        h('button.tw-quiet', {type: 'button', 'aria-label': t('close'), onclick: () => this.app.select(null)}, icon('close'))),
      this.failure ? h('p.an-failure', {role: 'alert'}, sentence(this.failure)) : null,
      found ? this.#facts(found) : this.failure ? null : h('p.tw-note.an-indent', {role: 'status'}, t('loading')),
      found ? h('div.tw-scroll', {}, this.#categories(found), this.#access(found)) : null,
      h('div.tw-card-foot.an-foot', {}, h('button.tw-button', {type: 'button', onclick: () => this.app.engine.fly(this.app.selection.viewOf(card))}, icon('target'), t('fly')),
        found ? evidenceButton(this.page.app.host, t('explain.title', {name}), () => this.page.study.result?.evidence) : null));
    if (held) this.element.querySelector(`[data-category="${held}"]`)?.focus();
  }

  #facts(found) {
    const worst = found.categories.find((item) => item.id === found.bottleneck);
    const fact = (title, value) => h('div.tw-fact', {}, h('span', {}, title), h('b', {}, value));
    return [
      h('div.tw-facts', {}, fact(t('explain.reached'), `${found.reached} / ${found.required}`), fact(t('explain.people'), number(found.people)),
        fact(t('explain.circle'), found.complete ? h('span.an-good', {}, '✓ ', t('explain.complete')) : h('span.an-bad', {}, '✕ ', t('explain.incomplete')))),
      worst && !found.complete ? h('p.lc-worst', {}, found.minutes_short === null ? t('explain.worst.none', {category: say(worst.title)})
        : t('explain.worst', {category: say(worst.title), minutes: number(found.minutes_short, 1)})) : null,
    ];
  }

  #categories({categories}) {
    const [needed, other] = [true, false].map((required) => categories.filter((item) => item.required === required));
    const list = (items) => h('ul.lc-reach', {}, items.map((item) => this.#category(item)));
    return [list(needed), other.length ? h('details.tw-group', {open: other.some((item) => item.id === this.pinned)}, h('summary', {}, `${t('explain.optional')} (${other.length})`, icon('down')), list(other)) : null];
  }

  #category(item) {
    const far = Math.max(item.limit_min * 2, 1);
    const reach = item.minutes === null ? 100 : Math.min(100, (100 * item.minutes) / far);
    const facility = item.facility && (item.facility.name || say(item.title));
    const pinned = this.pinned === item.id;
    const show = () => this.#show(item.id);
    const hide = () => this.#show(this.pinned);
    return h('li', {'data-ok': String(item.ok)}, h('button.lc-reach-row', {
      type: 'button', 'data-category': item.id, 'aria-expanded': String(pinned),
      onmouseenter: show, onmouseleave: hide, onfocus: show, onblur: hide,
      onclick: () => { this.pinned = pinned ? '' : item.id; this.#write(this.app.selected); this.#show(item.id); },
    },
    h(`span.an-mark.${item.ok ? 'an-good' : 'an-bad'}`, {title: t(item.ok ? 'ok' : 'not_ok')}, item.ok ? '✓' : '✕', h('span.an-hidden', {}, t(item.ok ? 'ok' : 'not_ok'))),
    h('span.lc-reach-name', {}, h('i.tw-swatch', {'data-mark': 'point', style: `background:${item.color}`}), say(item.title)),
    h('span.lc-reach-time', {}, h('b', {}, minutes(item.minutes)), h('small', {}, ` / ${number(item.limit_min)}`)),
    h('span.lc-reach-bar', {}, h('i', {style: `width:${reach}%`}), h('em', {})),
    facility ? h('span.lc-reach-where', {}, facility) : null),
    pinned ? this.#details(item) : null);
  }

  #details(item) {
    return h('div.lc-details', {},
      item.route_m === null || item.route_m === undefined ? null : h('p', {}, t('explain.route', {length: length(item.route_m), straight: length(item.straight_m), detour: number(item.detour, 2)}), item.by ? `${t('explain.by', {by: say(item.by.title)})}` : null),
      item.fix ? h('p.lc-fix', {}, h('b', {}, t('explain.fix')), ' ', say(item.fix)) : null,
      item.facility ? h('button.tw-link', {type: 'button', onclick: () => this.page.flyTo(boxOf([...(item.route ?? []), [item.facility.lon, item.facility.lat]]))}, t('explain.see')) : null);
  }

  #access({snap}) {
    if (!snap) return null;
    return h('p.tw-note', {}, t(`snap.${snap.flag}`), snap.access_m ? ` (${length(snap.access_m)})` : '');
  }

  #show(id) {
    const item = this.found?.categories.find((one) => one.id === id);
    this.page.route(item?.facility ? item : null);
  }
}

/** The box around positions. */
export function boxOf(positions) {
  const lons = positions.map(([lon]) => lon);
  const lats = positions.map(([, lat]) => lat);
  return [Math.min(...lons), Math.min(...lats), Math.max(...lons), Math.max(...lats)];
}
