// The texts of this page: `life.<key>` of the one catalogue of each language.

import {say, text} from '../map/text.js';

/** The text called `life.<key>`, with {names} filled in. */
export const t = (key, values) => text(`life.${key}`, values);

/** A sentence of a failure: the server's own where it sent one. */
export const sentence = (error) => (error.text ? say(error.text).replace(/^[a-z]/, (letter) => letter.toUpperCase()) : t('failed'));
