// The texts of this page: `data.<key>` of the one catalogue of each language.

import {hasText, say, text} from '../map/text.js';

/** The text called `data.<key>`, with {names} filled in. */
export const t = (key, values) => text(`data.${key}`, values);

/** Whether there is such a text. */
export const has = (key) => hasText(`data.${key}`);

/** Names one after another, as the language separates them. */
export const listed = (names) => names.join(text('map.comma'));

/** A sentence of the server in the page's language, with a capital letter at its start. */
export const sentence = (texts) => say(texts).replace(/^[a-z]/, (letter) => letter.toUpperCase());
