// Texts that these pages share, `page.<key>`, and how they write a sentence of the server.

import {say, text} from '../map/text.js';

/** The text called `page.<key>`, with {names} filled in. */
export const t = (key, values) => text(`page.${key}`, values);

/** Names one after another, as the language separates them. */
export const listed = (names) => names.join(text('map.comma'));

/** A sentence of the server in the page's language, with a capital letter at its start. */
export const sentence = (texts) => say(texts).replace(/^[a-z]/, (letter) => letter.toUpperCase());

/** What a failure says: the server's sentence where it sent one. */
export const told = (error) => (error.text ? sentence(error.text) : t('error.fault'));
