// What the pages of analyses have in common: a study, scenarios and the tools that edit them, the base to compare with.
//
// A page extends this with `text(key, values)` of its own, `study`, its panels
// in `own`, and `painting` with paint(), viewed(), compare(base). For tests,
// window.twin.guide is the page; `settled()` resolves when no question to the
// server is out.

import {Remarks} from '../annotations/remarks.js';
import {debounced} from '../map/dom.js';
import {CapturePanel} from '../map/capture.js';
import {LayersPanel} from '../map/layers_panel.js';
import {Search} from '../map/search.js';
import {Swipe} from '../map/swipe.js';
import {t as ofMap} from '../map/text.js';
import {AskingMode} from './asking.js';
import {closeEvidence} from '../evidence/card.js';
import {Handles} from './handles.js';
import {Scenarios} from './scenarios.js';
import {t} from './text.js';
import {Tools} from './tools.js';

export class AnalysisMode extends AskingMode {
  start = 'result';
  hint = false;
  #noted = null; // scenario and revision whose annotations were asked for
  swipe = null;
  own = {};
  address = {}; // parameters of the study by their short names in the address

  constructor(app) {
    super(app);
    app.host.classList.add('an');
  }

  /** Take the study on: everything else hangs on it. */
  studies(study) {
    this.study = study;
    this.scenarios = new Scenarios(study);
  }

  read(query) {
    this.study.read(query, this.address);
    if (this.rail.includes(query.get('panel'))) this.start = query.get('panel');
    else if (query.has('panel')) this.start = '';
    this.swipeAt = /^\d{1,2}$/.test(query.get('swipe') ?? '') ? Number(query.get('swipe')) : null;
  }

  write(query) {
    for (const [name, short] of Object.entries(this.address)) {
      const value = this.study[name];
      if (value !== '' && value !== null && value !== this.usual(name)) query.set(short, value);
    }
    if (this.app.store.panel !== 'result') query.set('panel', this.app.store.panel);
    if (this.swipe) query.set('swipe', String(Math.round(this.swipe.at)));
    super.write(query);
  }

  /** What a parameter is where nobody chose. */
  usual(name) { return this.study.options?.defaults[name] ?? ''; }

  /** The page's marks, painting and panels; called once. */
  build() { return {}; }

  panels() {
    const {app} = this;
    this.tools = new Tools(this);
    this.own = this.build();
    this.remarks = new Remarks(app, {
      scenario: () => this.study.scenario, use: (id) => this.scenarios.use(id), ready: () => this.loaded,
      objects: () => this.marks.placed.map((item) => ({...item, name: item.name || item.edit?.values?.name || this.marks.name(item.layer, item.fid)})),
    });
    return {...this.own, layers: new LayersPanel(app), search: new Search(app), annotations: this.remarks.panel, measure: app.measure, capture: new CapturePanel(app)};
  }

  label(panel) { return panel in this.own ? this.text(panel) : ofMap(panel); }

  legends() { return this.painting?.legends() ?? []; }

  looks(id, level, layer) { return this.painting?.looks(id, level, layer) ?? null; }

  open() {
    if (!this.app.twin.bounds) return;
    const {study, app} = this;
    this.handles = new Handles(this);
    this.painting.paint();
    this.scenarios.on('list', () => this.marks.draw());
    this.scenarios.on('list', debounced(() => this.#annotated(), 300));
    study.on('result', () => { app.later(); app.host.classList.toggle('an-loading', study.loading); });
    study.on('look', () => { app.legend.render(); app.later(); });
    study.on('options', () => app.legend.render());
    study.on('result', () => { if (!study.scenario && this.swipe) this.toggleSwipe(); });
    this.remarks.open();
    this.opening();
    this.loaded = this.attempt(this.scenarios.load()).then(() => study.open()).then(() => {
      if (this.swipeAt !== null && study.scenario) this.toggleSwipe(this.swipeAt);
    });
  }

  /** Annotations follow the scenario in use and the objects it moves. */
  #annotated() {
    const {current} = this.scenarios;
    const state = current ? `${current.id} ${current.revision}` : '';
    if (state === this.#noted || this.app.gone) return;
    this.#noted = state;
    this.remarks.follow();
    this.remarks.panel.named();
  }

  /** What the page does before its first questions. */
  opening() {}

  /** Texts and colours of the page anew. */
  render() {
    if (!this.handles) return;
    closeEvidence();
    this.painting.paint();
    this.marks.draw();
    this.remarks.render();
    if (this.swipe) { const {at} = this.swipe; this.toggleSwipe(); this.toggleSwipe(at); }
  }

  viewed() {
    if (!this.handles) return;
    this.painting.viewed();
    this.remarks.viewed();
    this.swipe?.follow();
  }

  opened(name) {
    if (this.tools?.tool) this.tools.take(null);
    closeEvidence();
    this.app.host.dataset.panel = name;
    if (this.handles) this.marks.draw();
    super.opened(name);
    this.app.later?.();
  }

  click(info) { return this.tools.click(info) || this.remarks.click(info); }

  cursor() { return this.tools?.tool?.cursor ?? super.cursor(); }

  escape() { return closeEvidence() || (this.tools?.escape() ?? false) || super.escape(); }

  key(event) {
    if (event.key.toLowerCase() === 'b' && this.study.scenario && !event.repeat) {
      this.hold(true);
      window.addEventListener('keyup', () => this.hold(false), {once: true});
      return true;
    }
    return false;
  }

  /** Parameters of an export beside those of the study. */
  exported() { return {}; }

  /** Objects that can be dragged now: {layer, fid, lon, lat[, z]}. */
  draggable() { return this.app.store.panel === 'scenario' ? this.marks.placed : []; }

  /** A tool was taken, put away, or is half way. */
  tool() {
    this.app.host.classList.toggle('an-placing', Boolean(this.tools.tool));
    this.app.engine.doubleClickZoom = !this.tools.tool;
    this.marks.draw();
    this.own[this.app.store.panel]?.write?.();
  }

  /** Show the base while something is held. */
  hold(on) {
    if (on && !this.study.before) return;
    this.painting.compare(on);
    this.marks.hidden = on;
    this.remarks.base(on);
    this.marks.draw();
    if (on) this.app.shell.say(t('compare.base'));
  }

  /** Base on the left, scenario on the right; again: only the scenario. */
  toggleSwipe(at = 50) {
    if (this.swipe) {
      this.swipe.dispose();
      this.swipe = null;
    } else {
      this.swipe = new Swipe(this.app, {
        left: t('base'), right: this.scenarios.current?.name ?? t('scenario'), label: t('compare.swipe'), at,
        looks: (id, level, layer) => this.painting.looks(id, level, layer, true),
        moved: () => this.app.later(),
      });
    }
    this.painting.swiped?.();
    this.own.scenario.write();
    this.app.later();
  }

  flyTo(bounds, padding = 0.12) {
    const {engine} = this.app;
    if (bounds) engine.fly(engine.viewOf(bounds, {pitch: engine.view.pitch, bearing: engine.view.bearing, padding, maxZoom: 16.5}));
  }

  dispose() {
    super.dispose();
    this.handles?.dispose();
    this.swipe?.dispose();
  }
}
