// The Life circle page: who reaches what on foot, how far from the target, and what would change it.
//
// The map component loads this module for its mode life-circle.

import {ExportPanel} from '../analysis/export_panel.js';
import {AnalysisMode} from '../analysis/mode.js';
import {ExplainCard} from './explain.js';
import {LinksPanel} from './links_panel.js';
import {Marks} from './marks.js';
import {Painting} from './painting.js';
import {ReachPanel} from './reach_panel.js';
import {ResultPanel} from './result_panel.js';
import {ScenarioPanel} from './scenario_panel.js';
import {SitingPanel} from './siting_panel.js';
import {ADDRESS, LAYERS, Study} from './study.js';
import {t} from './text.js';

export class Mode extends AnalysisMode {
  page = 'life';
  text = t;
  rail = ['result', 'scenario', 'siting', 'links', 'reach', 'layers', 'search', 'annotations', 'capture', 'export'];
  address = ADDRESS;

  constructor(app) {
    super(app);
    this.studies(new Study((promise) => this.work(promise)));
  }

  layers() { return LAYERS; }

  usual(name) { return name === 'value' ? 'minutes' : super.usual(name); }

  build() {
    this.marks = new Marks(this);
    this.painting = new Painting(this);
    const files = new ExportPanel(this, 'life-circle', ['csv', 'parquet', 'md']);
    return {result: new ResultPanel(this), scenario: new ScenarioPanel(this), siting: new SitingPanel(this), links: new LinksPanel(this), reach: new ReachPanel(this), export: files};
  }

  card() { return new ExplainCard(this); }

  opening() {
    this.study.far = !this.painting.near;
    this.study.on('values', () => this.swipe?.engine.redraw());
  }

  click(info) {
    if (super.click(info)) return true;
    if (info.layer?.id === 'life-cells' && info.object) {
      this.app.shell.say(this.painting.cellText(info.object));
      return true;
    }
    return false;
  }

  /** Draw the way to a category's facility; null draws none. */
  route(item) {
    if (!this.marks) return;
    this.marks.route = item;
    this.marks.draw();
  }
}
