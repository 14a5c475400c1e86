// Where the next sites go; see analysis/siting_panel.js.

import {SitingPanel as Base} from '../analysis/siting_panel.js';
import {newSite} from './sites.js';
import {t} from './text.js';

const CANDIDATES = ['roofs', 'poles', 'planned', 'points'];
const OBJECTIVES = ['people', 'cells', 'road'];

export class SitingPanel extends Base {
  asked = {p: 5, objective: 'people', candidates: 'roofs'};

  choices() {
    return [
      ['objective', t('siting.objective'), OBJECTIVES.map((id) => [id, t(`objective.${id}`)])],
      ['candidates', t('siting.candidates'), CANDIDATES.map((id) => [id, t(`candidates.${id}`)])],
    ];
  }

  addition(item) { return newSite(this.page.study, item.lon, item.lat, item.mount || 'mast', item.name ?? '', item.height_m ?? null); }
}
