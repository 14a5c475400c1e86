// The texts that the pages of analyses share, `analysis.<key>`, and those of a page over them.

import {hasText, say, text} from '../map/text.js';

/** The text called `analysis.<key>`, with {names} filled in. */
export const t = (key, values) => text(`analysis.${key}`, values);

/** The texts of a page: `<page>.<key>` where there is one, else the shared one. */
export const textsOf = (page) => (key, values) => text(hasText(`${page}.${key}`) ? `${page}.${key}` : `analysis.${key}`, values);

/** A sentence of a failure: the server's own where it sent one. */
export const sentence = (error) => (error.text ? say(error.text).replace(/^[a-z]/, (letter) => letter.toUpperCase()) : t('failed'));
