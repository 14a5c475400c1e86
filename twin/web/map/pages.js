// The pages there are, and the links that lead from one to the others.

import {h} from './dom.js';
import {language, t, theme} from './text.js';

const PAGES = [
  ['explore', '.'], ['life', 'life-circle'], ['coverage', 'coverage'], ['bim', 'bim'],
  ['scenarios', 'scenarios'], ['indicators', 'indicators'], ['briefing', 'briefing'], ['data', 'data'],
];

/** The address of a page below where the twin is served, with language and theme kept. */
export const pageAddress = (path) => `${new URL(path, document.baseURI).pathname}?lang=${language()}&theme=${theme()}`;

/** Links to every page, the present one marked. */
export const pageLinks = (present) => PAGES.map(([name, path]) =>
  h('a', {href: pageAddress(path), 'data-page': name, 'aria-current': name === present && 'page'}, t(`page.${name}`)));
