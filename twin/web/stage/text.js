// The texts of the stage, `stage.<key>`, in both languages at once.

import {both} from '../map/text.js';

/** The text called `stage.<key>` as {zh, en}. */
export const t = (key, values) => both(`stage.${key}`, values);
