// The texts of the Briefing page.

import {text} from '../map/text.js';

/** The text `briefing.<key>`. */
export const t = (key, values) => text(`briefing.${key}`, values);
