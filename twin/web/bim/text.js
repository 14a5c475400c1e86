// The texts of this page, over those of all analyses.

import {textsOf} from '../analysis/text.js';
import {hasText} from '../map/text.js';

export {sentence} from '../analysis/text.js';

/** The text called `bim.<key>`, else `analysis.<key>`, with {names} filled in. */
export const t = textsOf('bim');

/** An IFC class as people say it; its own name where there is no other. */
export const className = (name) => {
  const plain = name.replace(/(StandardCase|ElementedCase)$/, '');
  return hasText(`bim.class.${plain}`) ? t(`class.${plain}`) : plain.replace(/^Ifc/, '');
};
