// What a stage makes of the map: nothing around it; a face that colours the city, a scenario's edits, models in view, one object named.

import {Scenarios} from '../analysis/scenarios.js';
import {Mode} from '../map/mode.js';
import {Standing} from '../map/standing.js';
import {language, rgb, say, tokens} from '../map/text.js';
import {Edits} from './edits.js';
import {OVERLAYS} from './face.js';

export class StageMode extends Mode {
  page = 'stage';
  rail = [];
  hint = false;
  needsCity = false;
  closest = 20.5;
  face = null;
  named = null; // card of the named object
  held = false; // whether the base is shown
  tools = {first: null};

  constructor(app) {
    super(app);
    this.scenarios = new Scenarios({scenario: ''});
  }

  open() {
    this.standing = new Standing(this.app, {changed: () => { this.app.engine.overlay('models', this.standing.layers()); this.edits?.draw(); }});
    this.edits = new Edits(this);
    this.standing.viewed();
  }

  /** Put another face on; null takes it off. */
  wear(face) {
    this.face?.vanish();
    this.face = face;
    if (face) face.appear();
    else for (const name of OVERLAYS) this.app.engine.overlay(name, []);
    this.app.engine.redraw();
    this.edits.draw();
  }

  /** Take a scenario up, '' for none, out of the server's list. */
  use(id, list) {
    this.scenarios.study.scenario = id;
    this.scenarios.list = list;
    Object.assign(this.edits, {gone: [], hidden: false});
    this.edits.draw();
    if (id) this.renew();
  }

  /** Ask again what the scenario takes away. */
  renew() { return this.edits.load().then(() => { if (!this.app.gone) this.edits.draw(); }).catch((error) => console.warn(error)); }

  /** Mark and name an object by its card; null marks nothing. */
  name(card) {
    this.named = card;
    this.app.labels?.draw(true);
    const {app} = this;
    app.selection.show(card);
    const D = window.deck;
    const scale = app.scale();
    app.engine.overlay('named', card ? [new D.TextLayer({
      id: 'stage-named', data: [card], getPosition: () => [card.lon, card.lat, app.layer[card.layer].mark === 'extrusion' ? app.selection.heightOf(card) : 0],
      getText: () => (language() === 'en' ? card.name_en || card.name : card.name) || say(card.layer_title), getSize: Math.max(15 * scale, app.data.leastText ?? 0), getColor: rgb('text_1'),
      getPixelOffset: [0, -24 * scale], fontFamily: tokens().font, fontWeight: 650, characterSet: 'auto', fontSettings: {sdf: true, fontSize: 44, buffer: 6, radius: 10, cutoff: 0.2},
      background: true, getBackgroundColor: rgb('panel_solid', 235), backgroundPadding: [10 * scale, 5 * scale], getBorderColor: rgb('accent'), getBorderWidth: 1.5 * scale,
      parameters: {depthCompare: 'always', depthWriteEnabled: false}, shadowEnabled: false, pickable: false, updateTriggers: {getText: language()},
    })] : []);
  }

  /** Whether a name of the map stands on the marked object already. */
  says(item) { return Boolean(this.named) && item.layer === this.named.layer && item.zh === this.named.name; }

  /** Show the base in place of the scenario while on. */
  base(on) {
    this.held = on;
    this.face?.base(on);
    this.edits?.base(on);
  }

  looks(id, level, layer) {
    const painted = this.face?.looks(id, level, layer);
    const standing = this.standing?.looks(id, level, layer);
    if (!painted || !standing) return painted ?? standing ?? null;
    return {...standing, ...painted, updateTriggers: {...standing.updateTriggers, ...painted.updateTriggers}};
  }

  legends() { return this.face?.legends() ?? []; }

  click(info) {
    this.app.stage?.tell('click', info);
    return true;
  }

  viewed() {
    this.standing?.viewed();
    this.face?.viewed();
    this.app.stage?.tell('view', this.app.engine.view);
  }

  render() {
    this.standing?.paint();
    this.face?.render();
    this.edits?.draw();
    if (this.named) this.name(this.named);
  }

  dispose() {
    this.face?.vanish();
    this.standing?.dispose();
  }
}
