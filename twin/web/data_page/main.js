// The Data page: import, catalogue, layers, backup, in the languages and looks of the map.

import {h, icon} from '../map/dom.js';
import {pageAddress} from '../map/pages.js';
import {say} from '../map/text.js';
import {get} from '../page/api.js';
import {Frame, mounting} from '../page/frame.js';
import {Catalogue} from './catalogue.js';
import {Health} from './health.js';
import {Importing, saving} from './importing.js';
import {has, t} from './text.js';

const SECTIONS = ['import', 'catalogue', 'layers', 'backup'];

class Page extends Frame {
  name = 'data';

  constructor(root) {
    super(root);
    this.importing = new Importing(this);
    this.catalogue = new Catalogue(this);
    this.health = new Health(this);
  }

  title() { return t('title'); }

  async load() { await Promise.all([this.catalogue.load(), this.health.load()]); }

  /** After an import or an undo: what the server holds now, drawn in place. */
  async refresh() {
    [this.twin] = await Promise.all([get('/api/twin'), this.load()]);
    this.catalogue.draw();
    this.health.draw();
    this.importing.refresh();
    this.drawBar();
  }

  async started() {
    await this.importing.start();
    // A link of an evidence card names a dataset.
    const id = Number(new URL(location.href).searchParams.get('dataset'));
    if (id) this.catalogue.reveal(id);
  }

  layerName(id) {
    const layer = this.twin.layers.find((item) => item.id === id);
    return layer ? say(layer.title) : has(`raster.${id}`) ? t(`raster.${id}`) : id;
  }

  /** The box (west, south, east, north) of every layer that holds data. */
  get extents() { return Object.fromEntries(this.health.rows.map((row) => [row.id, row.bounds])); }

  boxOf(id) { return this.extents[id] || this.twin.bounds; }

  body() {
    return [
      h('nav.sections', {'aria-label': t('sections')},
        SECTIONS.map((name) => h('a', {href: `#${name}`, onclick: (event) => { event.preventDefault(); this.jump(name); }}, t(`section.${name}`))),
        h('span.space'), h('a', {href: pageAddress('conformance'), 'data-test': 'conformance'}, t('conformance'))),
      h('main', {}, this.importing.element(), this.catalogue.element(), this.health.element(), this.backup()),
    ];
  }

  toContent() { this.jump('import'); }

  backup() {
    const day = new Date().toISOString().slice(0, 10);
    return h('section', {id: 'backup', 'aria-labelledby': 'backup-title'},
      h('h2', {id: 'backup-title'}, t('backup.title')), h('p.lead', {}, t('backup.lead')),
      h('div.buttons', {}, saving(this, [icon('download'), t('backup.button')], '/api/backup', `twin-backup-${day}.zip`, 'POST',
        {'data-test': 'backup'})),
      h('p.hint', {}, t('backup.restore'), ' ', h('code', {}, 'python -m twin restore twin-backup.zip --home DIR')));
  }
}

export const mount = mounting(Page, ['data_page/page.css']);
