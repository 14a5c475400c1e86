// The texts of this page: `data.<key>` of the one catalogue of each language.

import {hasText, text} from '../map/text.js';

/** The text called `data.<key>`, with {names} filled in. */
export const t = (key, values) => text(`data.${key}`, values);

/** Whether there is such a text. */
export const has = (key) => hasText(`data.${key}`);
