// The Life circle page: who reaches what on foot, how far from the target, and what would change it.
//
// The map component loads this module for its mode life-circle. For tests,
// window.twin.guide is the page: study (parameters and answers), scenarios,
// marks, tools, painting; `settled()` resolves when no question to the server is out.

import {LayersPanel} from '../map/layers_panel.js';
import {Mode as Explore} from '../map/mode.js';
import {Search} from '../map/search.js';
import {Swipe} from '../map/swipe.js';
import {t as ofMap} from '../map/text.js';
import {closeEvidence} from './evidence.js';
import {ExplainCard} from './explain.js';
import {ExportPanel} from './export_panel.js';
import {Handles} from './handles.js';
import {LinksPanel} from './links_panel.js';
import {Marks} from './marks.js';
import {Painting} from './painting.js';
import {ReachPanel} from './reach_panel.js';
import {ResultPanel} from './result_panel.js';
import {ScenarioPanel} from './scenario_panel.js';
import {Scenarios} from './scenarios.js';
import {SitingPanel} from './siting_panel.js';
import {ADDRESS, Study, VALUES} from './study.js';
import {sentence, t} from './text.js';
import {Tools} from './tools.js';

const OWN = ['result', 'scenario', 'siting', 'links', 'reach', 'export'];
const NAME = /^[\w:.-]{1,64}$/;

export class Mode extends Explore {
  page = 'life';
  rail = ['result', 'scenario', 'siting', 'links', 'reach', 'layers', 'search', 'export'];
  start = 'result';
  hint = false;
  swipe = null;
  #works = new Set();

  constructor(app) {
    super(app);
    this.study = new Study((promise) => this.work(promise));
    this.scenarios = new Scenarios(this.study);
    app.host.classList.add('lc');
  }

  layers() { return {building: true, centre: true, facility: false, pilot_area: false, metro_line: false, metro_station: false}; }

  read(query) {
    for (const [name, short] of Object.entries(ADDRESS)) if (NAME.test(query.get(short) ?? '')) this.study[name] = query.get(short);
    if (!VALUES.includes(this.study.value)) this.study.value = 'minutes';
    if (this.rail.includes(query.get('panel'))) this.start = query.get('panel');
    else if (query.has('panel')) this.start = '';
    this.swipeAt = /^\d{1,2}$/.test(query.get('swipe') ?? '') ? Number(query.get('swipe')) : null;
  }

  write(query) {
    const defaults = this.study.options?.defaults ?? {};
    for (const [name, short] of Object.entries(ADDRESS)) {
      const value = this.study[name];
      if (value && value !== (defaults[name] ?? (name === 'value' ? 'minutes' : ''))) query.set(short, value);
    }
    if (this.app.store.panel !== 'result') query.set('panel', this.app.store.panel);
    if (this.swipe) query.set('swipe', String(Math.round(this.swipe.at)));
  }

  panels() {
    const {app} = this;
    this.tools = new Tools(this);
    this.marks = new Marks(this);
    this.painting = new Painting(this);
    this.own = {result: new ResultPanel(this), scenario: new ScenarioPanel(this), siting: new SitingPanel(this), links: new LinksPanel(this), reach: new ReachPanel(this), export: new ExportPanel(this)};
    return {...this.own, layers: new LayersPanel(app), search: new Search(app), measure: app.measure};
  }

  label(panel) { return OWN.includes(panel) ? t(panel) : ofMap(panel); }

  card() { return new ExplainCard(this); }

  legends() { return this.painting?.legends() ?? []; }

  looks(id, level, layer) { return this.painting?.looks(id, level, layer) ?? null; }

  open() {
    if (!this.app.twin.bounds) return;
    this.handles = new Handles(this);
    this.study.far = !this.painting.near;
    this.painting.paint();
    this.scenarios.on('list', () => this.marks.draw());
    this.study.on('result', () => this.app.later());
    this.study.on('result', () => this.app.host.classList.toggle('lc-loading', this.study.loading));
    this.study.on('look', () => { this.app.legend.render(); this.app.later(); });
    this.study.on('options', () => this.app.legend.render());
    this.study.on('values', () => this.swipe?.engine.redraw());
    this.study.on('result', () => { if (!this.study.scenario && this.swipe) this.toggleSwipe(); });
    this.loaded = this.attempt(this.scenarios.load()).then(() => this.study.open()).then(() => {
      if (this.swipeAt !== null && this.study.scenario) this.toggleSwipe(this.swipeAt);
    });
  }

  /** Texts and colours of the page anew. */
  render() {
    if (!this.handles) return;
    closeEvidence();
    this.painting.paint();
    this.marks.draw();
    if (this.swipe) { const {at} = this.swipe; this.toggleSwipe(); this.toggleSwipe(at); }
  }

  viewed() {
    if (!this.handles) return;
    this.painting.viewed();
    this.swipe?.follow();
  }

  opened(name) {
    if (this.tools?.tool) this.tools.take(null);
    closeEvidence();
    this.app.host.dataset.panel = name;
    if (this.handles) this.marks.draw();
    this.app.later?.();
  }

  click(info) {
    if (this.tools.click(info)) return true;
    if (info.layer?.id === 'life-cells' && info.object) {
      this.app.shell.say(this.painting.cellText(info.object));
      return true;
    }
    return false;
  }

  cursor() { return this.tools?.tool?.cursor ?? null; }

  escape() { return closeEvidence() || (this.tools?.escape() ?? false); }

  key(event) {
    if (event.key.toLowerCase() === 'b' && this.study.scenario && !event.repeat) {
      this.hold(true);
      window.addEventListener('keyup', () => this.hold(false), {once: true});
      return true;
    }
    return false;
  }

  /** A tool was taken, put away, or is half way. */
  tool() {
    this.app.host.classList.toggle('lc-placing', Boolean(this.tools.tool));
    this.app.engine.doubleClickZoom = !this.tools.tool;
    this.marks.draw();
    this.own[this.app.store.panel]?.write?.();
  }

  /** Show the base while something is held. */
  hold(on) {
    if (on && !this.study.before) return;
    this.painting.compare(on);
    this.marks.hidden = on;
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
        looks: (id, level, layer) => this.painting.looks(id, level, layer, () => this.study.before),
        moved: () => this.app.later(),
      });
    }
    this.own.scenario.write();
    this.app.later();
  }

  /** Draw the way to a category's facility; null draws none. */
  route(item) {
    if (!this.marks) return;
    this.marks.route = item;
    this.marks.draw();
  }

  flyTo(bounds, padding = 0.12) {
    const {engine} = this.app;
    if (bounds) engine.fly(engine.viewOf(bounds, {pitch: engine.view.pitch, bearing: engine.view.bearing, padding, maxZoom: 16.5}));
  }

  /** Wait for a request with the thin bar. */
  work(promise) {
    const done = this.app.shell ? this.app.shell.work(promise) : promise;
    this.#works.add(done);
    const end = () => this.#works.delete(done);
    done.then(end, end);
    return done;
  }

  /** Do something that may fail; failures become one sentence. */
  async attempt(promise) {
    try {
      return await this.work(promise);
    } catch (error) {
      console.warn(error);
      this.app.shell.say(sentence(error));
      return null;
    }
  }

  async settled() {
    await this.loaded;
    while (this.#works.size) await Promise.allSettled([...this.#works]);
  }

  dispose() {
    this.handles?.dispose();
    this.swipe?.dispose();
  }
}
