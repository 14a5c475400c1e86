// The texts of the map in two languages, and which language and theme are chosen.
//
// Both come from the address, else from what was chosen before, else from the
// system; the data page keeps them under the same names.

const LANGUAGE = 'twin.lang';
const THEME = 'twin.theme';
const chosen = {language: 'zh', theme: 'dark', texts: {zh: {}, en: {}}, tokens: null};

const stored = (name) => { try { return localStorage.getItem(name); } catch { return null; } };
const keep = (name, value) => { try { localStorage.setItem(name, value); } catch { /* private window */ } };
const one = (values, ...candidates) => candidates.find((candidate) => values.includes(candidate));

/** Load the texts of both languages and the design tokens, and decide language and theme; `given` is what is not left to address, memory and system. */
export async function loadTexts(assets, given = {}) {
  const asked = new URL(location.href).searchParams;
  const system = matchMedia('(prefers-color-scheme: light)').matches ? 'light' : 'dark';
  chosen.language = one(['zh', 'en'], given.language, asked.get('lang'), stored(LANGUAGE), 'zh');
  chosen.theme = one(['dark', 'light'], given.theme, asked.get('theme'), stored(THEME), system);
  const [zh, en, tokens] = await Promise.all(
    ['text/zh.json', 'text/en.json', 'tokens.json'].map(async (name) => (await fetch(assets + name)).json()));
  Object.assign(chosen, {texts: {zh, en}, tokens});
}

export const language = () => chosen.language;
export const theme = () => chosen.theme;
export const tokens = () => chosen.tokens;

/** A colour token of the present theme, "#rrggbb" or "#rrggbbaa". */
export const token = (name) => chosen.tokens[chosen.theme][name] ?? name;

/** A colour token as [r, g, b, alpha]. */
export function rgb(name, alpha = 255) {
  const hex = token(name);
  return [...[1, 3, 5].map((start) => parseInt(hex.slice(start, start + 2), 16)), alpha];
}

export function chooseLanguage(value) { chosen.language = value; keep(LANGUAGE, value); }
export function chooseTheme(value) { chosen.theme = value; keep(THEME, value); }

/** The text called `key`, with {names} filled in. */
export function text(key, values = {}) {
  return filled(chosen.texts[chosen.language][key] ?? key, values);
}

const filled = (words, values = {}) => words.replace(/\{(\w+)\}/g, (whole, name) => (name in values ? values[name] : whole));

/** The text called `key` in both languages. */
export const both = (key, values) => Object.fromEntries(['zh', 'en'].map((name) => [name, filled(chosen.texts[name][key] ?? key, values)]));

/** Whether there is a text called `key`. */
export const hasText = (key) => key in chosen.texts.zh;

/** The text `map.<key>`. */
export const t = (key, values) => text(`map.${key}`, values);

/** A text of the server, {zh, en}, in the present language. */
export const say = (texts) => (texts ? texts[chosen.language] || texts.zh || texts.en || '' : '');
