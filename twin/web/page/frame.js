// A page that is not a map: its bar, its body, its language and look, from load to redraw.
//
// A page extends this in a main.js of its own folder and mounts it:
//   class Page extends Frame { name = 'data'; title() {…} async load() {…} body() {…} }
//   export const mount = mounting(Page, ['data_page/page.css']);

import {h} from '../map/dom.js';
import {language, loadTexts, theme, tokens} from '../map/text.js';
import {closeEvidence} from '../evidence/card.js';
import {get} from './api.js';
import {t, told} from './text.js';
import {topbar} from './topbar.js';

const ASSETS = '/assets/';

export class Frame {
  name = ''; // among the links of the top bar
  twin = null; // what /api/twin says

  constructor(root) { this.root = root; }

  /** The document's title. */
  title() { return ''; }

  /** Ask the server for what the page shows; a failure is told instead of the page. */
  async load() {}

  /** What stands below the bar: elements. Runs again when language or theme were changed. */
  body() { return []; }

  /** After the first drawing. */
  async started() {}

  /** After every drawing. */
  drawn() {}

  /** Everything anew in the present language and theme. */
  draw() {
    closeEvidence();
    this.wear();
    document.title = this.title();
    const scrolled = this.scroller?.scrollTop ?? 0;
    this.scroller = h('div.page-body', {}, this.body());
    this.root.replaceChildren(
      h('a.skip', {href: '#page', onclick: (event) => { event.preventDefault(); this.toContent(); }}, t('skip')),
      topbar(this.name, this.twin, () => this.draw()), this.scroller);
    this.scroller.scrollTop = scrolled;
    this.drawn();
  }

  /** The bar anew, after the data changed. */
  drawBar() { this.root.querySelector('.topbar').replaceWith(topbar(this.name, this.twin, () => this.draw())); }

  /** Take on language and theme. */
  wear() {
    document.documentElement.lang = language() === 'en' ? 'en' : 'zh-CN';
    for (const [name, value] of Object.entries(tokens()[theme()])) this.root.style.setProperty(`--${name.replaceAll('_', '-')}`, value);
    Object.assign(this.root.style, {fontFamily: tokens().font, colorScheme: theme()});
    this.root.dataset.theme = theme();
  }

  /** Put the focus on the first title of the body. */
  toContent() { this.focus(this.scroller.querySelector('h2')); }

  focus(title) {
    if (!title) return;
    title.tabIndex = -1;
    title.focus({preventScroll: true});
  }

  /** Go to the section with this id. */
  jump(name) {
    const section = this.root.querySelector(`#${name}`);
    section.scrollIntoView({behavior: matchMedia('(prefers-reduced-motion: reduce)').matches ? 'auto' : 'smooth', block: 'start'});
    this.focus(section.querySelector('h2'));
  }
}

/** Load a style sheet below the assets, once. */
export function styled(name) {
  const address = ASSETS + name;
  if (document.querySelector(`link[href="${address}"]`)) return Promise.resolve();
  return new Promise((resolve, reject) => {
    document.head.append(h('link', {rel: 'stylesheet', href: address, onload: resolve, onerror: reject}));
  });
}

/**
 * The `mount` that Streamlit calls, again with every rerun of its script; the running page is kept.
 *
 * When the page stands, its root has `data-ready`, and window.twinPage is the page, for tests.
 */
export function mounting(Page, styles = []) {
  return async (component) => {
    const root = component.parentElement.querySelector('.twin-page');
    if (root.dataset.mounted) return;
    root.dataset.mounted = '1';
    const page = new Page(root);
    window.twinPage = page;
    await Promise.all([...['page/page.css', 'evidence/card.css', ...styles].map(styled), loadTexts(ASSETS)]);
    page.wear();
    try {
      [page.twin] = await Promise.all([get('/api/twin'), page.load()]);
    } catch (error) {
      if (!error.text) console.warn(error);
      root.replaceChildren(h('p.failure.alone', {role: 'alert'}, told(error)));
      return;
    }
    page.draw();
    await page.started();
    const named = location.hash.slice(1); // a link may lead to a section
    if (/^[a-z][a-z-]*$/.test(named) && root.querySelector(`section#${named}`)) page.jump(named);
    root.dataset.ready = '1';
  };
}
