// Annotations as pins on the map: over the buildings, as one where they would cover each other.
//
//   const pins = new Pins(app, {scenario: () => id});   app: a running map
//   await pins.load();                                  asks the server and draws
//
// They are the overlay "annotations". Pages give `notes` of their own, which say
// what is looked at; without, the open ones are shown.

import {language, rgb, theme, tokens} from '../map/text.js';
import {APART, grouped} from './groups.js';
import {sheet} from './marks.js';
import {Notes} from './notes.js';

const SIZES = {open: 38, resolved: 34, group: 38, draft: 42}; // CSS pixels at a laptop's size
const REACH = 30; // within which pins become one
const LARGER = 1.2; // the chosen one
const ON_TOP = {parameters: {depthCompare: 'always', depthWriteEnabled: false}, shadowEnabled: false};

export class Pins {
  hidden = false;
  draft = null; // a pin that is being placed: {lon, lat, height_m}
  #level = null;

  /**
   * @param app     the running map
   * @param options {scenario(): id of the scenario in view or '', notes: what is looked at,
   *                 label(note): a text beside each pin, none where it is not given}
   */
  constructor(app, {scenario = () => '', notes = new Notes(), label = null} = {}) {
    Object.assign(this, {app, scenario, notes, label});
    this.off = notes.on('list', () => this.draw());
  }

  /** Ask for the annotations of the city and of the scenario in view. */
  load() { return this.notes.load(this.scenario()); }

  /** Leave out what belongs to a scenario, while its base is shown. */
  base(on) { if (this.notes.base !== on) this.notes.look({base: on}); }

  show(on) { this.hidden = !on; this.draw(); }

  /** Follow the camera: other groups at another zoom. */
  viewed() { if (this.#now !== this.#level) this.draw(); }

  get #now() { return Math.min(APART, Math.round(this.app.engine.view.zoom * 2) / 2); }

  draw() {
    const {app} = this;
    if (app.gone || !app.engine) return;
    const D = window.deck;
    const scale = app.scale();
    const {chosen} = this.notes;
    this.#level = this.#now;
    const groups = this.hidden ? [] : grouped(this.notes.shown, this.#level, REACH, chosen);
    const data = groups.map((group) => ({...group, ...look(group, chosen)}));
    if (this.draft) data.push({...this.draft, notes: [], shift: 0, icon: 'draft', size: SIZES.draft});
    if (!data.length) { app.engine.overlay('annotations', []); return; }
    const place = (item) => [item.lon, item.lat, item.height_m];
    const {atlas, mapping} = sheet(theme());
    const text = {getPosition: place, fontFamily: tokens().font, characterSet: 'auto', ...ON_TOP};
    const counted = data.filter((item) => item.notes.length > 1);
    const answered = data.filter((item) => item.notes.length === 1 && item.notes[0].replies.length);
    const named = this.label ? data.filter((item) => item.notes.length === 1) : [];
    const least = app.data.leastText ?? 0;
    const colors = {getColor: theme(), getBackgroundColor: theme()};
    app.engine.overlay('annotations', [
      new D.IconLayer({
        id: 'annotations', data, pickable: true, iconAtlas: atlas, iconMapping: mapping, getIcon: (item) => item.icon, getPosition: place, getSize: (item) => item.size * scale,
        getPixelOffset: (item) => [item.shift * scale, 0], alphaCutoff: 0.1, updateTriggers: {getIcon: [chosen, theme()], getSize: [chosen, scale]}, ...ON_TOP,
      }),
      counted.length ? new D.TextLayer({...text, id: 'annotations-counts', data: counted, getText: (item) => String(item.notes.length), getSize: Math.max(13.5 * scale, least), getColor: rgb('text_1'), fontWeight: 700, updateTriggers: colors}) : null,
      answered.length ? new D.TextLayer({
        ...text, id: 'annotations-replies', data: answered, getText: (item) => String(item.notes[0].replies.length), getSize: Math.max(11 * scale, least), getColor: rgb('ground'), fontWeight: 700,
        getPixelOffset: (item) => [(item.shift + item.size * 0.34) * scale, -item.size * 0.82 * scale], background: true, getBackgroundColor: rgb('text_1'), backgroundPadding: [4 * scale, 1.5 * scale], backgroundBorderRadius: 6 * scale,
        updateTriggers: {...colors, getPixelOffset: [chosen, scale]},
      }) : null,
      named.length ? new D.TextLayer({
        ...text, id: 'annotations-names', data: named, getText: (item) => this.label(item.notes[0]), getSize: Math.max(13 * scale, least), getColor: rgb('text_1'), fontWeight: 600, getTextAnchor: 'start',
        getPixelOffset: (item) => [(item.shift + item.size * 0.5) * scale, -item.size * 0.55 * scale], background: true, getBackgroundColor: rgb('panel_solid', 235), backgroundPadding: [6 * scale, 3 * scale],
        updateTriggers: {...colors, getText: language()},
      }) : null,
    ].filter(Boolean));
  }

  /** The annotations that a click hit, several where they are drawn as one; null for none. */
  hit(info) { return info?.layer?.id === 'annotations' && info.object?.notes.length ? info.object.notes : null; }

  dispose() { this.off(); this.app.engine?.overlay('annotations', []); }
}

function look({notes}, chosen) {
  if (notes.length > 1) return {icon: notes.some((note) => note.status === 'open') ? 'group' : 'group-resolved', size: SIZES.group};
  const [note] = notes;
  const own = note.id === chosen;
  return {icon: own ? `${note.status}-chosen` : note.status, size: SIZES[note.status] * (own ? LARGER : 1)};
}
