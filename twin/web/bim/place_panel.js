// Where the open model stands: what the file says, what that means, and the user's own hand.

import {refresh} from '../analysis/refresh.js';
import {fill, h, icon, toggle} from '../map/dom.js';
import {percent} from '../analysis/figures.js';
import {confirm} from '../page/dialog.js';
import {number, place} from '../map/format.js';
import {say} from '../map/text.js';
import {ControlPoints} from './control_points.js';
import {placementOf} from './session.js';
import {t} from './text.js';

const PARTS = ['state', 'proposals', 'hand', 'points', 'foot'];
const FIELDS = [['lon', 1e-6, 6, -180, 180], ['lat', 1e-6, 6, -85, 85], ['height_m', 0.1, 2, -1000, 9000], ['rotation_deg', 0.1, 2, -360, 360]]; // step, digits, least, most
const NEAR_M = 0.02;
const FIRST = 3; // proposals shown before the others are asked for

export class PlacePanel {
  #all = false;

  constructor(page) {
    Object.assign(this, {page, session: page.session, points: new ControlPoints(page)});
    page.session.on('model', () => { if (!page.session.model) this.#all = false; });
    for (const topic of ['model', 'building', 'draft']) page.session.on(topic, () => this.write());
  }

  get title() { return t('place'); }

  render(body) {
    this.body = body;
    this.parts = Object.fromEntries(PARTS.map((name) => [name, h('div', {'data-part': name})]));
    fill(body, Object.values(this.parts));
    this.write();
  }

  write() {
    if (!this.body?.isConnected) return;
    const {model, draft} = this.session;
    if (!model) {
      for (const part of Object.values(this.parts)) fill(part);
      fill(this.parts.state, h('p.tw-note', {}, t('open_first')));
      return;
    }
    refresh(this.parts.state, this.#state(model, draft));
    refresh(this.parts.proposals, this.#proposals(model, draft));
    this.#hand();
    refresh(this.parts.points, this.#details('points', t('points'), this.points.element()));
    refresh(this.parts.foot, draft ? h('div.tw-buttons.bim-sticky', {},
      h('button.tw-button.tw-primary', {type: 'button', 'data-key': 'accept', onclick: () => this.accept()}, icon('check'), t('place.accept')),
      model.placement ? h('button.tw-button', {type: 'button', 'data-key': 'discard', onclick: () => { this.session.try(null); this.page.fly(); }}, t('place.discard')) : null) : null);
  }

  #state({placement, hypotheses, doubt}, draft) {
    const line = (kind, symbol, text) => h('p.bim-place-state', {'data-kind': kind}, icon(symbol), h('span', {}, text));
    const tried = draft && (hypotheses ?? []).find((item) => item.name === draft.source);
    if (draft) return line('draft', 'target', [t('place.draft', {source: this.#source(draft.source)}), tried?.sure === false ? ` ${t('place.unsure')}` : '']);
    if (placement) return [doubt ? line('bad', 'warn', say(doubt)) : null, line('good', 'check', t('place.placed', {source: this.#source(placement.source), at: place(placement.lon, placement.lat)})), this.#leave()];
    return line('bad', 'warn', t(hypotheses?.length ? 'place.none' : 'place.nothing'));
  }

  /** The way back to having no place. */
  #leave() {
    const leave = async () => {
      const {page, session} = this;
      if (!await confirm(page.app.host, t('place.leave.title'), t('place.leave.text'), t('place.leave'))) return;
      await page.attempt(session.change({placement: null}));
      page.scene.standing.renew();
      page.propose();
    };
    return h('button.tw-link.bim-leave', {type: 'button', 'data-key': 'leave', onclick: leave}, t('place.leave'));
  }

  #source(name) {
    if (name === 'by hand') return t('place.by_hand');
    if (name === 'control points') return t('place.by_points');
    const found = (this.session.model.hypotheses ?? []).find((item) => item.name === name);
    return found ? say(found.title) : name;
  }

  #proposals({hypotheses = [], placement}, draft) {
    if (!hypotheses.length) return h('p.tw-note', {}, t('place.no_proposals'));
    const chosen = draft?.source ?? placement?.source;
    const shown = this.#all ? hypotheses : hypotheses.filter((item, index) => index < FIRST || item.name === chosen);
    return [h('div.an-section-head', {}, h('h3', {}, t('place.proposals')), h('span.tw-count', {}, number(hypotheses.length))),
      h('ol.bim-proposals', {}, shown.map((item) => this.#proposal(item, hypotheses.indexOf(item), item.name === chosen))),
      shown.length < hypotheses.length ? h('button.tw-link', {type: 'button', 'data-key': 'all', onclick: () => { this.#all = true; this.write(); }}, t('place.others', {n: hypotheses.length - shown.length})) : null];
  }

  #proposal(item, index, on) {
    const {page} = this;
    const hover = (name) => { page.marks.hovered = name; page.marks.draw(); };
    const overlap = item.overlap === null || item.overlap === undefined ? null : t('place.overlap', {share: percent(item.overlap)});
    return h('li', {'data-hypothesis': item.name, 'data-on': String(on), onmouseenter: () => hover(item.name), onmouseleave: () => hover(null)},
      h('button.bim-proposal', {type: 'button', 'aria-pressed': String(on), 'data-key': `h-${item.name}`, onclick: () => { this.session.try(placementOf(item)); page.fly(); }},
        h('i.bim-rank', {}, String(index + 1)), h('b', {}, say(item.title)),
        h('small', {}, [t('place.score', {share: `${Math.round(100 * item.score)}\u2009%`}), overlap].filter(Boolean).join(' · ')),
        h('span.bim-score', {'aria-hidden': 'true'}, h('i', {style: `width:${Math.round(100 * item.score)}%`}))),
      on ? h('div.bim-evidence', {},
        h('ul', {}, (item.why ?? []).map((text) => h('li', {}, icon('check'), h('span', {}, say(text))))),
        item.faults?.length ? h('ul.bim-faults', {}, item.faults.map((fault) => h('li', {'data-severity': fault.severity}, icon('warn'), h('span', {}, say(fault.text))))) : null) : item.faults?.length ? h('small.bim-fault-count', {}, icon('warn'), t('place.faults', {n: item.faults.length})) : null);
  }

  #details(key, title, content) {
    return h('details.tw-group', {open: this[`${key}Open`] ?? false, ontoggle: (event) => { this[`${key}Open`] = event.target.open; }}, h('summary', {}, title, icon('down')), content);
  }

  /** The fields follow what is dragged; one that is being typed into stays. */
  #hand() {
    const {building} = this.session;
    const placement = building?.placement;
    if (!this.parts.hand.firstChild || !this.fields) this.#buildHand();
    const {handles} = this.page;
    this.dragSwitch.checked = handles.on;
    for (const [name, , digits] of FIELDS) {
      const input = this.fields[name];
      input.disabled = !placement;
      if (document.activeElement !== input) input.value = placement ? Number(placement[name] ?? 0).toFixed(digits) : '';
    }
  }

  #buildHand() {
    const {page, session} = this;
    this.fields = Object.fromEntries(FIELDS.map(([name, step, digits, min, max]) => [name, h('input.tw-input', {type: 'number', step, min, max, 'data-field': name, 'aria-label': t(`place.${name}`), onchange: (event) => {
      const value = Number(event.target.value);
      if (value < min || value > max) { page.app.shell.say(t('place.range', {name: t(`place.${name}`), min: number(min), max: number(max)})); event.target.value = Number(session.building.placement[name] ?? 0).toFixed(digits); return; }
      if (event.target.value !== '' && Number.isFinite(value)) session.try({...session.building.placement, [name]: value, source: 'by hand'});
    }})]));
    const drag = (on) => { page.handles.on = on; page.marks.draw(); if (on) page.app.engine.fly({pitch: Math.min(page.app.engine.view.pitch, 30)}, 500); };
    this.dragSwitch = toggle(t('place.drag'), page.handles.on, drag, {'data-key': 'drag'});
    fill(this.parts.hand, this.#details('hand', t('place.hand'), [
      h('label.tw-row', {}, h('span', {}, t('place.drag')), this.dragSwitch),
      h('p.tw-note', {}, t('place.drag.text')),
      h('div.bim-fields', {}, FIELDS.map(([name]) => h('label', {}, h('span', {}, t(`place.${name}`)), this.fields[name]))),
      h('div.tw-buttons', {}, h('button.tw-button', {type: 'button', 'data-key': 'here', onclick: () => { session.try({...(session.building.placement ?? page.here()), lon: page.here().lon, lat: page.here().lat, source: 'by hand'}); }}, t('place.here'))),
    ]));
  }

  /** Keep the place that is tried. */
  async accept() {
    const {draft, model} = this.session;
    const hypothesis = (model.hypotheses ?? []).find((item) => item.name === draft.source);
    const as = hypothesis && placementOf(hypothesis);
    const untouched = as && Math.hypot(as.lon - draft.lon, as.lat - draft.lat) * 111_000 < NEAR_M && as.rotation_deg === draft.rotation_deg;
    const {lon, lat, height_m, rotation_deg, scale, source} = draft;
    await this.page.attempt(this.session.change(untouched ? {hypothesis: hypothesis.name} : {placement: {lon, lat, height_m, rotation_deg, scale: scale ?? 1, source}}));
    this.page.handles.on = false;
    this.page.scene.standing.renew();
    this.page.marks.draw();
    this.write();
    this.page.app.shell.say(t('place.kept'));
  }
}
