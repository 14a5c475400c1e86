// What a full-window page makes of the map: its rail, panels and card, what a click does, what its address holds.
//
// This is the Explore page. Another page extends it in a module of its own
// folder, named in MODES and loaded only where it is asked for.

import {Remarks} from '../annotations/remarks.js';
import {CapturePanel} from './capture.js';
import {Card} from './card.js';
import {LayersPanel} from './layers_panel.js';
import {Search} from './search.js';
import {Sharing} from './sharing.js';
import {Standing} from './standing.js';
import {t} from './text.js';

/** Modes that fill the window, and the module below the assets that holds their `Mode`; null: this one. */
export const MODES = {explore: null, 'life-circle': 'life_circle/main.js', coverage: 'coverage/main.js', bim: 'bim/main.js'};

export class Mode {
  page = 'explore'; // its name among the links of the top bar
  rail = ['layers', 'search', 'sun', 'measure', 'annotations', 'capture', 'share'];
  start = ''; // panel that is open at first
  hint = true; // whether the first visit is told how to move
  closest = 19.5; // zoom
  needsCity = true; // whether the page says nothing to a home without data
  standing = null; // placed building models in view
  remarks = null; // annotations, where the rail has them

  constructor(app) { this.app = app; }

  /** Layers that are on before anyone chose: {id: true|false}, where their styles are not followed. */
  layers() { return {}; }

  /** The panels of the rail by name, each with `title` and `render(body)`; made once. */
  panels() {
    const {app} = this;
    this.remarks = new Remarks(app);
    return {layers: new LayersPanel(app), search: new Search(app), sun: app.sun, measure: app.measure, annotations: this.remarks.panel, capture: new CapturePanel(app), share: new Sharing(app)};
  }

  /** The name of a panel on the rail. */
  label(panel) { return t(panel); }

  card() { return new Card(this.app); }

  /** Properties laid over a layer of the scene, null for none; see Engine.looks. */
  looks(id, level, layer) { return this.standing?.looks(id, level, layer) ?? null; }

  /** What the card of an object offers beside the way to it: elements. */
  links(card) { return this.standing?.links(card) ?? null; }

  /** Legends beside those of the layers: [{head: element | null, title, entries: [{color, zh, en, count}], mark}]; with `element`, that is shown instead, and the rest goes into pictures. */
  legends() { return []; }

  /** A click on the map; true when it was taken. */
  click(info) { return this.remarks?.click(info) || (this.standing?.click(info) ?? false); }
  cursor() { return this.remarks?.cursor() ?? null; }

  /** Keys and Escape before the map's own; true when they were taken. */
  key() { return false; }
  escape() { return this.remarks?.escape() ?? false; }

  /** Take from and put into the address what this page adds to the view. */
  read(query) { if (this.rail.includes(query.get('panel'))) this.start = query.get('panel'); }
  write(query) { this.remarks?.write(query); }

  /** After everything stands; after language or theme were changed; after the camera moved; after a panel was opened ('' closed). */
  open() {
    if (!this.app.full) return;
    this.standing = new Standing(this.app, {changed: () => this.app.engine.overlay('models', this.standing.layers())});
    this.standing.viewed();
    this.remarks.open();
  }

  render() { this.standing?.paint(); this.remarks?.render(); }
  viewed() { this.standing?.viewed(); this.remarks?.viewed(); }
  opened(name) { this.remarks?.opened(name); }
  dispose() { this.standing?.dispose(); this.remarks?.dispose(); }
}
