// The texts of this page: `indicators.<key>` of the one catalogue of each language.

import {text} from '../map/text.js';

/** The text called `indicators.<key>`, with {names} filled in. */
export const t = (key, values) => text(`indicators.${key}`, values);
