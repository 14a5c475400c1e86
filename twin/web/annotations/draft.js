// A new annotation: where it is pinned, by a click on the map or on the selected object, and what it says.

import {fill, h, icon, select} from '../map/dom.js';
import {place as placeText} from '../map/format.js';
import {say} from '../map/text.js';
import {get} from '../page/api.js';
import {authorField, field} from './fields.js';
import {t} from './text.js';

export class Draft {
  spot = null; // {lon, lat, height_m}
  object = null; // {layer, fid, name, title: {zh, en}} that was hit, with the pin on it
  #carried = true; // whether the pin goes with the object
  #words = {text: '', title: ''};

  /** @param panel what it stands in: notes, app, pins, objects(): those of the scenario under its hand */
  constructor(panel) { this.panel = panel; }

  /** Begin anew, on the selected object where there is one. */
  begin() {
    const {selected} = this.panel.app;
    Object.assign(this, {spot: null, object: null});
    this.#carried = true;
    this.#words = {text: '', title: ''};
    this.of = this.panel.notes.scenario;
    if (selected) this.on(selected);
  }

  /** Pin it to an object by its card. */
  on(card) {
    const extruded = this.panel.app.layer[card.layer]?.mark === 'extrusion';
    this.#put({lon: card.lon, lat: card.lat, height_m: extruded ? this.panel.app.selection.heightOf(card) : 0}, {layer: card.layer, fid: card.fid, name: this.panel.app.card.nameOf?.(card) ?? card.name ?? card.identifier, title: card.layer_title});
  }

  /** A click on the map. */
  async click(info) {
    const {panel} = this;
    const {engine} = panel.app;
    const [x, y] = [info.x, info.y];
    const ground = engine.unproject(x, y);
    const own = panel.objects().find((item) => Math.hypot(...difference(engine.project(item.lon, item.lat, item.z ?? 0), [x, y])) <= 12 * panel.app.scale());
    if (own) { this.#put({lon: own.lon, lat: own.lat, height_m: own.z ?? 0}, {layer: own.layer, fid: own.fid, name: own.name || t('object.added'), title: panel.app.layer[own.layer].title}); return; }
    const model = info.object?.building?.model;
    const found = model ? null : panel.app.selection.of(info);
    const card = model?.building ? await get(`/api/layers/building/features/${model.building.fid}`)
      : found && !found.cell ? await get(`/api/layers/${found.layer}/rows/${panel.app.layer[found.layer].generation}/${found.row}`) : null;
    if (card?.geometry.type === 'Point') { this.on(card); return; }
    // On a wall or a roof, the place is where the building was hit and not the ground behind it.
    const hit = info.object && (model || panel.app.layer[card?.layer]?.mark === 'extrusion') ? engine.deck.pickObject({x, y, radius: 0, unproject3D: true})?.coordinate : null;
    const [lon, lat, z = 0] = hit ?? ground;
    this.#put({lon, lat, height_m: Math.max(0, Math.round(z * 10) / 10)}, card && {layer: card.layer, fid: card.fid, name: panel.app.card.nameOf?.(card) ?? card.name ?? card.identifier, title: card.layer_title});
  }

  /** The middle of the view, for the keyboard. */
  here() {
    const {clientWidth, clientHeight} = this.panel.app.canvas;
    const [lon, lat] = this.panel.app.engine.unproject(clientWidth / 2, clientHeight / 2);
    this.#put({lon, lat, height_m: 0}, null);
  }

  #put(spot, object) {
    Object.assign(this, {spot, object});
    this.panel.pins.draft = spot;
    this.panel.pins.draw();
    this.write();
    this.text?.focus();
  }

  render(body) {
    const {panel} = this;
    const {limits, notes} = panel;
    this.where = h('div.am-spot', {role: 'status'});
    this.text = h('textarea.tw-input.am-text', {maxlength: limits.text, rows: 5, name: 'text', required: true, 'data-key': 'text', oninput: () => { this.#words.text = this.text.value; },
      onkeydown: (event) => { if (event.key === 'Enter' && (event.ctrlKey || event.metaKey)) { event.preventDefault(); this.form.requestSubmit(); } }});
    this.text.value = this.#words.text;
    const title = h('input.tw-input', {type: 'text', maxlength: limits.title, name: 'title', value: this.#words.title, oninput: () => { this.#words.title = title.value; }});
    const author = authorField(panel);
    this.save = h('button.tw-button.tw-primary', {type: 'submit', 'data-key': 'save'}, t('save'));
    this.form = h('form.am-form', {onsubmit: async (event) => {
      event.preventDefault();
      if (!this.spot) { panel.app.shell.say(t('spot.missing')); return; }
      notes.me = author.input.value;
      const {lon, lat, height_m} = this.spot;
      const object = this.object && this.#carried ? {layer: this.object.layer, fid: this.object.fid} : {};
      this.save.disabled = true;
      const made = await panel.attempt(notes.add({...this.#words, lon, lat, height_m, scenario: this.of, ...object}));
      this.save.disabled = false;
      if (made) panel.made();
    }}, this.where, field(t('text'), this.text), field(t('title'), title), field(t('author'), author),
    notes.scenario ? field(t('of'), select(t('of'), [[notes.scenario, panel.scenarioName(notes.scenario)], ['', t('city')]], this.of, (value) => { this.of = value; })) : null,
    h('div.tw-buttons', {}, this.save, h('button.tw-button', {type: 'button', 'data-key': 'cancel', onclick: () => panel.cancel()}, t('cancel'))));
    fill(body, this.form);
    this.write();
  }

  write() {
    if (!this.where?.isConnected) return;
    const {spot, object} = this;
    fill(this.where,
      h('p.tw-note', {}, spot ? t('spot.again') : t('spot.click'), ' ', spot ? null : h('button.tw-link', {type: 'button', 'data-key': 'here', onclick: () => this.here()}, t('spot.here'))),
      spot ? h('div.am-place', {}, icon('map'), h('span', {}, placeText(spot.lon, spot.lat))) : null,
      object ? h('label.tw-check', {}, h('input', {type: 'checkbox', name: 'carried', checked: this.#carried, onchange: (event) => { this.#carried = event.target.checked; }}),
        h('span', {}, t('spot.object', {title: say(object.title), name: object.name}))) : null);
    this.save.disabled = !spot;
  }
}

const difference = ([a, b], [x, y]) => [a - x, b - y];
