// The BIM page: building models received, placed, checked and opened up by storey.
//
// The map component loads this module for its mode bim. For tests,
// window.twin.guide is the page; `settled()` resolves when no question to the
// server is out and the open model is drawn.

import {AskingMode} from '../analysis/asking.js';
import {closeEvidence} from '../evidence/card.js';
import {LayersPanel} from '../map/layers_panel.js';
import {nameOf as layerOf} from '../map/engine.js';
import {Search} from '../map/search.js';
import {t as ofMap} from '../map/text.js';
import {Card} from './card.js';
import {CityPanel} from './city_panel.js';
import {Colours} from './colours.js';
import {Drop} from './drop.js';
import {Handles} from './handles.js';
import {Marks} from './marks.js';
import {ModelsPanel} from './models_panel.js';
import {PlacePanel} from './place_panel.js';
import {Queue} from './queue.js';
import {ReportPanel} from './report_panel.js';
import {Scene} from './scene.js';
import {placementOf, Session} from './session.js';
import {t} from './text.js';
import {TreePanel} from './tree_panel.js';
import {VersionsPanel} from './versions_panel.js';
import {viewOf} from './view.js';
import {ViewPanel} from './view_panel.js';

const LANDED_MS = 300;
const still = () => matchMedia('(prefers-reduced-motion: reduce)').matches;
const TURNS = [{bearing: 90}, {bearing: 90}, {bearing: 90}, {bearing: 0, pitch: 0}];
const NAME = /^[\w-]{1,64}$/;

export class Mode extends AskingMode {
  page = 'bim';
  rail = ['models', 'view', 'tree', 'place', 'report', 'versions', 'city', 'layers', 'search'];
  start = 'models';
  hint = false;
  closest = 22;
  needsCity = false;
  tool = null; // what the next click on the map does: {cursor, use(info)}

  constructor(app) {
    super(app);
    app.host.classList.add('an', 'bim');
    this.session = new Session((promise) => this.work(promise));
    this.queue = new Queue({changed: (job) => this.own?.models.jobs(job), done: (job) => this.arrived(job)});
  }

  read(query) {
    this.asked = NAME.test(query.get('model') ?? '') ? query.get('model') : '';
    this.element = query.get('element') ?? ''; // key of the element that the report's link is about
    this.stays = query.has('lon');
    if (this.rail.includes(query.get('panel'))) this.start = query.get('panel');
    else if (query.has('panel')) this.start = '';
  }

  write(query) {
    if (this.session.id) query.set('model', this.session.id);
    if (this.app.store.panel !== 'models') query.set('panel', this.app.store.panel);
  }

  layers() { return {site_5g: false, centre: false, facility: false, metro_station: false, pilot_area: false}; }

  panels() {
    const {app} = this;
    this.scene = new Scene(this);
    this.colours = new Colours(this);
    this.marks = new Marks(this);
    this.own = {
      models: new ModelsPanel(this), view: new ViewPanel(this), tree: new TreePanel(this), place: new PlacePanel(this),
      report: new ReportPanel(this), versions: new VersionsPanel(this), city: new CityPanel(this),
    };
    return {...this.own, layers: new LayersPanel(app), search: new Search(app), measure: app.measure};
  }

  label(panel) { return panel in this.own ? t(panel) : ofMap(panel); }

  card() { return new Card(this); }

  legends() { return this.colours?.legends() ?? []; }

  looks(id, level, layer) { return this.scene?.looks(id, level, layer) ?? null; }

  open() {
    const {session, app} = this;
    this.handles = new Handles(this);
    this.drop = new Drop(app.host, (files) => this.receive(files));
    for (const topic of ['model', 'building', 'look', 'draft', 'list', 'chosen', 'comparison']) session.on(topic, () => this.scene.draw());
    session.on('model', () => { this.take(null); app.later(); app.host.classList.toggle('bim-open', Boolean(session.model)); });
    session.on('chosen', () => app.card.choose(session.chosen));
    session.on('building', () => { this.colours.renew(); app.legend.render(); });
    this.loaded = this.attempt(Promise.all([session.refresh(), this.queue.resume()])).then(() => this.asked && this.attempt(this.follow()));
  }

  /** Open what the address names: a model and, as the report's links do, one element of it. */
  async follow() {
    const {session} = this;
    await this.show(this.asked, !this.stays && !this.element);
    if (!this.element || session.id !== this.asked || !session.elements) return;
    const row = session.elements.key.indexOf(this.element);
    if (row < 0) { this.fly(); this.app.shell.say(t('element_gone')); return; }
    const storey = session.elements.storey[row];
    if (session.building.storeys[storey]) this.own.view.show(storey); // else it may be hidden behind walls
    session.choose(session.elements.row[row]);
    this.fly([session.elements.row[row]], 0);
  }

  /** Open a model and go to it. */
  async show(id, fly = true, panel = '') {
    if (this.app.selected) this.app.select(null);
    const building = await this.session.open(id);
    if (!building) return;
    this.propose();
    if (fly) this.fly();
    if (panel || !this.session.model.placement) this.app.shell.open(panel || 'place', false);
  }

  /** Try the likeliest place of a model that has none. */
  propose() {
    const {building, model} = this.session;
    const [best] = model?.hypotheses ?? [];
    if (building && !building.placement) this.session.try(best ? placementOf(best) : this.here());
  }

  /** A place in the middle of what is seen. */
  here() {
    const {longitude: lon, latitude: lat} = this.app.engine.view;
    return {lon, lat, height_m: 0, rotation_deg: 0, scale: 1, source: 'by hand'};
  }

  /** Go to rows of the open model, or to all of it; what would stand before rows is gone around. */
  fly(rows = null, ms = 1400) {
    const {building} = this.session;
    if (building) this.goTo(building, rows && building.boxOf(rows), ms);
  }

  /** Go to a box of a building's drawn metres, or to all of it. */
  goTo(building, box, ms = 1400) {
    const view = viewOf(building, box, this.app);
    if (!view) return;
    this.app.engine.fly(view, ms);
    clearTimeout(this.landing);
    if (box) this.landing = setTimeout(() => this.#around(building, box, [...TURNS]), still() ? LANDED_MS : ms + LANDED_MS);
  }

  /** Look from another side while a block of the city hides the middle of a box; from above where every side is hidden. */
  #around(building, box, turns) {
    const {engine} = this.app;
    if (this.app.gone || !this.session.building || !building.anchor || !turns.length) return;
    const [x, y] = engine.viewport.project(building.spot([0, 1, 2].map((axis) => (box[axis] + box[axis + 3]) / 2)));
    const hit = engine.deck.pickObject({x, y, radius: 0});
    if (!hit || hit.object?.building || layerOf(hit.layer.id) !== 'building') return;
    const {bearing, ...change} = turns.shift();
    const view = viewOf(building, box, this.app, {bearing: engine.view.bearing + bearing, ...change});
    engine.fly(view, LANDED_MS);
    this.landing = setTimeout(() => this.#around(building, box, turns), still() ? LANDED_MS : 2 * LANDED_MS);
  }

  /** Files that were dropped or chosen. */
  receive(files, model = '') {
    this.app.shell.open('models', false);
    this.queue.add(files, model);
  }

  async arrived(job) {
    await this.attempt(this.session.refresh());
    this.app.shell.say(t('queue.done', {name: job.name}));
    // What somebody else sent, or was sent before this page was opened, does not take the model from under the user.
    if (job.own && job.server.model) await this.attempt(this.show(job.server.model, true));
  }

  /** Take up what the next click does; null, or the same again, puts it away. */
  take(tool) {
    this.tool = tool && tool.name !== this.tool?.name ? tool : null;
    this.app.host.classList.toggle('an-placing', Boolean(this.tool));
    this.marks?.draw();
    this.own?.[this.app.store.panel]?.write?.();
  }

  click(info) {
    if (this.tool) { this.attempt(Promise.resolve(this.tool.use(info))); return true; }
    const hit = info.object?.building;
    if (!hit) {
      if (this.session.chosen !== null) { this.session.choose(null); return true; }
      return false;
    }
    if (hit === this.session.building) {
      if (this.app.selected) this.app.select(null);
      this.session.choose(info.object.element);
    } else if (this.scene.earlier(hit)) this.app.shell.say(this.scene.removedText(info.object.element));
    else this.attempt(this.show(hit.id, false));
    return true;
  }

  cursor() { return this.tool ? 'crosshair' : null; }

  escape() {
    if (closeEvidence()) return true;
    if (this.tool) { this.take(null); return true; }
    if (this.app.store.panel || this.session.chosen === null) return false;
    this.session.choose(null);
    return true;
  }

  render() {
    if (!this.handles) return;
    this.session.building?.look();
    for (const other of this.session.beside.values()) other.look();
    this.scene.draw();
    this.colours.renew();
  }

  viewed() { this.scene?.viewed(); }

  opened(name) {
    if (this.tool) this.take(null);
    this.app.host.dataset.panel = name;
    this.marks?.draw();
    this.app.later?.();
  }

  dispose() {
    clearTimeout(this.landing);
    this.handles?.dispose();
    this.drop?.dispose();
    this.scene?.dispose();
  }
}
