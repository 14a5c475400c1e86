// Areas of a result: towns, pilot areas, the district, and how their rates are told.

import {language} from '../map/text.js';

export const nameOf = (area) => (language() === 'en' ? area.name_en || area.name : area.name);

/** The areas that the target is reported for, the central urban area first. */
export const headAreas = (result) => ['central', 'district'].flatMap((kind) => result.areas.filter((area) => area.kind === kind));
