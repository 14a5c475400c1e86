// The texts of the remote, on the phone and on the wall.

import {text} from '../map/text.js';

/** The text `remote.<key>`. */
export const t = (key, values) => text(`remote.${key}`, values);
