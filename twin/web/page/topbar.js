// The bar at the top, as on the map: title, pages, what the data are, language, theme.

import {madeUp} from '../map/bar.js';
import {fill, h, icon} from '../map/dom.js';
import {pageLinks} from '../map/pages.js';
import {chooseLanguage, chooseTheme, language, text, theme} from '../map/text.js';

const t = (key) => text(`map.${key}`);

/** The bar of the page called `name`; `redraw` runs after the language or the theme was changed. */
export function topbar(name, twin, redraw) {
  const opposite = theme() === 'dark' ? 'light' : 'dark';
  const change = (key, value, choose) => () => {
    const address = new URL(location.href);
    address.searchParams.set(key, value);
    history.replaceState(history.state, '', address);
    choose(value);
    redraw();
  };
  const other = language() === 'zh' ? 'en' : 'zh';
  return fill(h('header.topbar'),
    h('h1', {}, t('title')),
    h('nav', {'aria-label': t('pages')}, pageLinks(name)),
    h('span.space'),
    madeUp(twin, 'span.badge'),
    h('button.bare', {type: 'button', lang: other, 'aria-label': t('language'), title: t('language'), 'data-test': 'language',
      onclick: change('lang', other, chooseLanguage)}, t('language.other')),
    h('button.bare', {type: 'button', 'aria-label': t(`theme.${opposite}`), title: t(`theme.${opposite}`), 'data-test': 'theme',
      onclick: change('theme', opposite, chooseTheme)}, icon(theme() === 'dark' ? 'sun' : 'moon')));
}
