// What the bar at the top holds on pages with a map: title, pages, places, what the data are, language, theme.

import {fill, h, icon} from './dom.js';
import {pageLinks} from './pages.js';
import {places} from './places.js';
import {language, t, theme} from './text.js';

/** What the data are, where they are made up: in full where there is room, else in short; null for real data. */
export function madeUp(twin, name) {
  if (twin.origin !== 'synthetic' && twin.origin !== 'mixed') return null;
  const mixed = twin.origin === 'mixed';
  return h(name, {title: t('synthetic.why')}, icon('warn'), h('span.tw-long', {}, t(mixed ? 'mixed' : 'synthetic')),
    h('span.tw-brief', {}, t(mixed ? 'synthetic.mixed' : 'synthetic.short')));
}

/**
 * Fill the bar `top`.
 *
 * @param page name of the present page among the links
 * @param items places to fly to, see places.js
 * @param choose {language(value), theme(value)}
 */
export function fillBar(top, {page, twin, items, choose}) {
  const other = language() === 'zh' ? 'en' : 'zh';
  const opposite = theme() === 'dark' ? 'light' : 'dark';
  return fill(top,
    h('h1', {}, t('title')),
    h('nav.tw-pages', {'aria-label': t('pages')}, pageLinks(page)),
    places(items),
    h('div.tw-top-end', {},
      madeUp(twin, 'span.tw-badge.tw-badge-large'),
      h('button.tw-quiet', {type: 'button', lang: other, 'aria-label': t('language'), title: t('language'), 'data-action': 'language', onclick: () => choose.language(other)}, t('language.other')),
      h('button.tw-quiet', {type: 'button', 'aria-label': t(`theme.${opposite}`), title: t(`theme.${opposite}`), 'data-action': 'theme', onclick: () => choose.theme(opposite)}, icon(theme() === 'dark' ? 'sun' : 'moon'))));
}
