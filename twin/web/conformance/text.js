// The texts of this page: `conformance.<key>` of the one catalogue of each language.

import {text} from '../map/text.js';

/** The text called `conformance.<key>`, with {names} filled in. */
export const t = (key, values) => text(`conformance.${key}`, values);
