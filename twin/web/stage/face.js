// What colours the city in a viewpoint: the study and the painting of the life-circle or the coverage page.
//
// A face is to them what their page is. Until it appears, what they draw is kept
// aside: the face before stays on the map until the new one has what it shows.

import {Scenarios} from '../analysis/scenarios.js';
import * as coverageStudy from '../coverage/study.js';
import {Marks as CoverageMarks} from '../coverage/marks.js';
import {boxOf, Painting as CoveragePainting} from '../coverage/painting.js';
import * as lifeStudy from '../life_circle/study.js';
import {Marks as LifeMarks} from '../life_circle/marks.js';
import {Painting as LifePainting} from '../life_circle/painting.js';

/** Overlays that a face fills. */
export const OVERLAYS = ['field', 'reach', 'plane', 'marks'];

const KINDS = {
  'life-circle': {page: 'life', from: lifeStudy, Marks: LifeMarks, Painting: LifePainting, marked: ['centre', 'facility'], ways: true},
  coverage: {page: 'coverage', from: coverageStudy, Marks: CoverageMarks, Painting: CoveragePainting, marked: ['site_5g'], ways: false},
};

/** Layers that are on or off where a viewpoint leaves it to what it shows. */
export const layersOf = (kind) => KINDS[kind]?.from.LAYERS ?? {};

/** An engine as a painting knows it. Behind the scene it stands at another view, and what is drawn waits. */
class Backdrop {
  drawn = new Map();
  shown = false;

  constructor(engine, view) { Object.assign(this, {engine, own: view}); }

  get view() { return this.shown ? this.engine.view : {...this.engine.view, ...this.own}; }
  get level() { return this.shown ? this.engine.level : Math.round(this.own.zoom) + this.engine.zoomOffset; }
  get deck() { return this.engine.deck; }

  get viewport() {
    const {clientWidth: width, clientHeight: height} = this.engine.parent;
    return this.shown ? this.engine.viewport : new window.deck.WebMercatorViewport({...this.view, width: Math.max(1, width), height: Math.max(1, height)});
  }

  overlay(name, layers) {
    this.drawn.set(name, layers);
    if (this.shown) this.engine.overlay(name, layers);
  }

  redraw() { if (this.shown) this.engine.redraw(); }
}

export class Face {
  swipe = null;
  tools = {first: null};

  /**
   * @param app   the running map
   * @param kind  'life-circle' or 'coverage'
   * @param options {options: of the study by their short names, scenario: id or '', view, work(promise), changed(): told when the legend does}
   */
  constructor(app, kind, {options, scenario, view, work, changed}) {
    const {page, from, Marks, Painting, marked, ways} = KINDS[kind];
    this.backdrop = new Backdrop(app.engine, view);
    this.app = Object.assign(Object.create(app), {engine: this.backdrop, legend: {render: changed}, shell: {say: () => {}, work: (promise) => promise}, later: () => {}});
    Object.assign(this, {kind, page, marked, ways, study: new from.Study(work)});
    this.study.read(new URLSearchParams(options), from.ADDRESS);
    this.study.scenario = scenario;
    this.scenarios = new Scenarios(this.study);
    this.marks = new Marks(this);
    this.painting = new Painting(this);
    this.study.far = !this.painting.near;
    this.scenarios.on('list', () => this.marks.draw());
    for (const topic of ['sites', 'result']) this.study.on(topic, () => this.marks.draw());
    if (this.study.look) this.study.on('options', () => this.study.look(this.painting.near ? boxOf(this.backdrop) : null));
  }

  /** Ask for all that is shown; resolves also where that failed, see `failure`. */
  async load() {
    await this.scenarios.load();
    await this.study.open();
  }

  get failure() { return this.study.failure; }

  /** Lay what was drawn over the map, in place of the face before. */
  appear() {
    this.backdrop.shown = true;
    for (const name of OVERLAYS) this.backdrop.engine.overlay(name, this.backdrop.drawn.get(name) ?? []);
    this.painting.paint();
    this.marks.draw();
  }

  /** Leave the map to another face. */
  vanish() { this.backdrop.shown = false; }

  looks(id, level, layer) { return this.painting.looks(id, level, layer); }

  legends() { return this.painting.legends(); }

  viewed() {
    this.painting.viewed();
    this.marks.viewed?.();
  }

  /** Show the base (true) or the scenario. */
  base(on) {
    if (on && !this.study.before && this.study.scenario) return;
    this.painting.compare(on);
    this.marks.hidden = on;
    this.marks.draw();
  }

  /** Colours and texts anew. */
  render() {
    this.painting.paint();
    this.marks.draw();
  }

  renew() { return this.study.renew(); }
}
