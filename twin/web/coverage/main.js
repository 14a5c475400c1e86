// The 5G coverage page: where the signal reaches, why not, and what another site or tilt would change.
//
// The map component loads this module for its mode coverage.

import {ExportPanel} from '../analysis/export_panel.js';
import {AnalysisMode} from '../analysis/mode.js';
import {nameOf} from '../map/engine.js';
import {Card} from './card.js';
import {DrivePanel, pointText} from './drive_panel.js';
import {Marks} from './marks.js';
import {OutagePanel} from './outage_panel.js';
import {boxOf, Painting} from './painting.js';
import {ResultPanel} from './result_panel.js';
import {ScenarioPanel} from './scenario_panel.js';
import {SitingPanel} from './siting_panel.js';
import {ADDRESS, LAYERS, Study} from './study.js';
import {t} from './text.js';

const PLACE = /^(-?\d+\.\d+),(-?\d+\.\d+)$/;
const USUAL = {metric: 'rsrp_dbm', floor: '', threshold: ''};
const HEAD = 12; // how near to the head of a site a click must be, CSS pixels at a laptop's size

export class Mode extends AnalysisMode {
  page = 'coverage';
  text = t;
  rail = ['result', 'scenario', 'siting', 'outage', 'drive', 'layers', 'search', 'annotations', 'capture', 'export'];
  address = ADDRESS;

  constructor(app) {
    super(app);
    this.studies(new Study((promise) => this.work(promise)));
  }

  layers() { return LAYERS; }

  read(query) {
    super.read(query);
    const at = PLACE.exec(query.get('at') ?? '');
    this.at = at ? [Number(at[1]), Number(at[2])] : null;
  }

  write(query) {
    super.write(query);
    const {place} = this.app.card;
    if (place) query.set('at', place.map((value) => value.toFixed(6)).join());
  }

  usual(name) { return USUAL[name] ?? super.usual(name); }

  build() {
    this.marks = new Marks(this);
    this.painting = new Painting(this);
    const files = new ExportPanel(this, 'coverage', ['tif', 'csv', 'md']);
    return {result: new ResultPanel(this), scenario: new ScenarioPanel(this), siting: new SitingPanel(this), outage: new OutagePanel(this), drive: new DrivePanel(this), export: files};
  }

  card() { return new Card(this); }

  exported(kind) { return kind === 'tif' ? {metric: this.study.metric, floor: this.study.floor || ''} : {}; }

  opening() {
    const {study} = this;
    study.on('sites', () => this.marks.draw());
    study.on('result', () => this.marks.draw());
    study.on('options', () => {
      study.look(this.painting.near ? boxOf(this.app.engine) : null);
      if (this.at) { this.explain(this.at); this.at = null; }
    });
  }

  viewed() {
    if (!this.handles) return;
    super.viewed();
    this.marks.viewed();
  }

  render() {
    super.render();
    if (this.handles) this.app.card.render();
  }

  /** In the scenario panel any site in view can be dragged, else the one whose card is open. */
  draggable() {
    if (this.app.store.panel === 'scenario') return this.marks.placed;
    return this.marks.placed.filter((site) => site.fid === this.marks.site);
  }

  /** A handle was pressed and let go where it was. */
  pressed(site) { this.openSite(site.fid); }

  click(info) {
    if (super.click(info)) return true;
    if (info.layer?.id === 'coverage-residuals' && info.object) { this.app.shell.say(pointText(info.object)); return true; }
    const site = this.#siteAt(info);
    if (site) { this.openSite(site.fid); return true; }
    const layer = info.layer && this.app.layer[nameOf(info.layer.id)];
    if (layer?.geometry === 'point') return false;
    if (!this.study.options) return true;
    const place = this.#ground(info, layer);
    if (place) this.explain(place);
    return true;
  }

  #siteAt({x, y}) {
    const {engine} = this.app;
    const reach = HEAD * this.app.scale();
    let [nearest, least] = [null, reach];
    for (const site of this.marks.placed) {
      const [left, top] = engine.project(site.lon, site.lat, site.z);
      const off = Math.hypot(left - x, top - y);
      if (off <= least) [nearest, least] = [site, off];
    }
    return nearest;
  }

  /** What was clicked: the spot on the building that was hit, else the ground. */
  #ground({x, y}, layer) {
    const {engine} = this.app;
    const ground = engine.unproject(x, y);
    if (layer?.id !== 'building') return ground;
    const hit = engine.deck.pickObject({x, y, radius: 0, unproject3D: true});
    return hit?.coordinate?.length > 1 ? hit.coordinate.slice(0, 2) : ground;
  }

  /** Open the card that explains a place [lon, lat]; null closes it. */
  explain(place) {
    if (place && this.app.selected) this.app.select(null);
    this.app.card.explain(place);
    this.app.later();
  }

  /** Open the card of a site; null closes it. */
  openSite(fid) {
    if (fid !== null && this.app.selected) this.app.select(null);
    this.app.card.show(fid);
    this.app.later();
  }

  escape() {
    if (super.escape()) return true;
    if (this.app.store.panel || !this.app.card.open) return false;
    if (this.app.card.place) this.explain(null); else this.openSite(null);
    return true;
  }
}
