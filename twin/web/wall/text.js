// The texts of the wall, `wall.<key>`.

import {text} from '../map/text.js';

/** The text called `wall.<key>`, with {names} filled in. */
export const t = (key, values) => text(`wall.${key}`, values);
