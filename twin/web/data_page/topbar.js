// The bar at the top: title, pages, what the data are, language, theme.

import {h, icon} from '../map/dom.js';
import {chooseLanguage, chooseTheme, language, theme} from '../map/text.js';
import {t} from './text.js';

const LANGUAGES = {zh: '中文', en: 'English'};

/** The bar; `redraw` runs after the language or the theme was changed. */
export function topbar(twin, redraw) {
  const other = language() === 'zh' ? 'en' : 'zh';
  const look = theme() === 'dark' ? 'light' : 'dark';
  const change = (name, value, choose) => () => {
    const address = new URL(location.href);
    address.searchParams.set(name, value);
    history.replaceState(history.state, '', address);
    choose(value);
    redraw();
  };
  const page = (name, path) => h('a.page', {href: `${path}?lang=${language()}&theme=${theme()}`, 'aria-current': name === 'data' ? 'page' : null}, t(`bar.${name}`));
  return h('header.topbar', {},
    h('a.title', {href: `/?lang=${language()}&theme=${theme()}`}, t('bar.title')),
    h('nav', {'aria-label': t('bar.pages')}, page('explore', '/'), page('data', '/data')),
    h('span.space'),
    twin.origin && twin.origin !== 'real' ? h('span.tag.warn', {title: t(`origin.${twin.origin}.long`)}, t(`origin.${twin.origin}`)) : null,
    h('button.quiet', {type: 'button', 'data-test': 'language', lang: other === 'en' ? 'en' : 'zh-CN', onclick: change('lang', other, chooseLanguage)}, LANGUAGES[other]),
    h('button.quiet.round', {type: 'button', 'data-test': 'theme', 'aria-label': t(`bar.${look}`), title: t(`bar.${look}`), onclick: change('theme', look, chooseTheme)}, icon(look === 'light' ? 'sun' : 'moon')));
}
