// How this page writes times.

import {t} from './text.js';

const THIN = '\u2009';

/** Minutes with one decimal, or that there is no way. */
export const minutes = (value) => (value === null || value === undefined ? t('unreachable') : `${value.toFixed(1)}${THIN}${t('minute')}`);
