// The texts of this page, over those of all analyses.

import {textsOf} from '../analysis/text.js';

export {sentence} from '../analysis/text.js';

/** The text called `scenarios.<key>`, else `analysis.<key>`, with {names} filled in. */
export const t = textsOf('scenarios');
