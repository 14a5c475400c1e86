// The Data page: import, catalogue, layers, backup, in the languages and looks of the map.

import {get} from './api.js';
import {h, icon} from '../map/dom.js';
import {language, loadTexts, say, theme, tokens} from '../map/text.js';
import {Catalogue} from './catalogue.js';
import {Health} from './health.js';
import {Importing, saving} from './importing.js';
import {topbar} from './topbar.js';
import {has, sentence, t} from './text.js';

const ASSETS = '/assets/';
const SECTIONS = ['import', 'catalogue', 'layers', 'backup'];

class Page {
  constructor(root) {
    this.root = root;
    this.twin = null;
    this.importing = new Importing(this);
    this.catalogue = new Catalogue(this);
    this.health = new Health(this);
  }

  async load() {
    [this.twin] = await Promise.all([get('/api/twin'), this.catalogue.load(), this.health.load()]);
  }

  /** After an import or an undo: what the server holds now, drawn in place. */
  async refresh() {
    await this.load();
    this.catalogue.draw();
    this.health.draw();
    this.importing.refresh();
    this.root.querySelector('.topbar').replaceWith(topbar(this.twin, () => this.draw()));
  }

  layerName(id) {
    const layer = this.twin.layers.find((item) => item.id === id);
    return layer ? say(layer.title) : has(`raster.${id}`) ? t(`raster.${id}`) : id;
  }

  /** The box (west, south, east, north) of every layer that holds data. */
  get extents() { return Object.fromEntries(this.health.rows.map((row) => [row.id, row.bounds])); }

  boxOf(id) { return this.extents[id] || this.twin.bounds; }

  draw() {
    document.documentElement.lang = language() === 'en' ? 'en' : 'zh-CN';
    document.title = t('title');
    for (const [name, value] of Object.entries(tokens()[theme()])) this.root.style.setProperty(`--${name}`, value);
    this.root.style.fontFamily = tokens().font;
    this.root.style.colorScheme = theme();
    this.root.dataset.theme = theme();
    const scrolled = this.root.querySelector('.page-body')?.scrollTop || 0;
    const body = h('div.page-body', {},
      h('nav.sections', {'aria-label': t('sections')},
        SECTIONS.map((name) => h('a', {href: `#${name}`, onclick: (event) => this.jump(event, name)}, t(`section.${name}`)))),
      h('main', {}, this.importing.element(), this.catalogue.element(), this.health.element(), this.backup()));
    this.root.replaceChildren(h('a.skip', {href: '#import', onclick: (event) => this.jump(event, 'import')}, t('skip')),
      topbar(this.twin, () => this.draw()), body);
    body.scrollTop = scrolled;
  }

  jump(event, name) {
    event.preventDefault();
    const section = this.root.querySelector(`#${name}`);
    section.scrollIntoView({behavior: matchMedia('(prefers-reduced-motion: reduce)').matches ? 'auto' : 'smooth', block: 'start'});
    const title = section.querySelector('h2');
    title.tabIndex = -1;
    title.focus({preventScroll: true});
  }

  backup() {
    const day = new Date().toISOString().slice(0, 10);
    return h('section', {id: 'backup', 'aria-labelledby': 'backup-title'},
      h('h2', {id: 'backup-title'}, t('backup.title')), h('p.lead', {}, t('backup.lead')),
      h('div.buttons', {}, saving(this, [icon('download'), t('backup.button')], '/api/backup', `twin-backup-${day}.zip`, 'POST',
        {'data-test': 'backup'})),
      h('p.hint', {}, t('backup.restore'), ' ', h('code', {}, 'python -m twin restore twin-backup.zip --home DIR')));
  }
}

/** Load a style sheet once. */
function stylesheet(address) {
  if (document.querySelector(`link[href="${address}"]`)) return Promise.resolve();
  return new Promise((resolve, reject) => {
    const link = h('link', {rel: 'stylesheet', href: address, onload: resolve, onerror: reject});
    document.head.append(link);
  });
}

/** Mount the page where Streamlit put the component; runs again with every rerun of the script. */
export async function mount(component) {
  const root = component.parentElement.querySelector('.twin-data-root');
  if (root.dataset.mounted) return;
  root.dataset.mounted = '1';
  const page = new Page(root);
  await Promise.all([stylesheet(`${ASSETS}data_page/page.css`), loadTexts(ASSETS)]);
  try {
    await page.load();
  } catch (error) {
    root.replaceChildren(h('p.failure.alone', {role: 'alert'}, error.text ? sentence(error.text) : String(error)));
    return;
  }
  page.draw();
  await page.importing.start();
  root.dataset.ready = '1';
}
