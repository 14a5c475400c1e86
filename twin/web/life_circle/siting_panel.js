// Where the next facilities of a category go; see analysis/siting_panel.js.

import {SitingPanel as Base} from '../analysis/siting_panel.js';
import {say} from '../map/text.js';
import {addition} from './edit_tools.js';
import {t} from './text.js';

const CANDIDATES = ['land_use', 'buildings', 'points'];
const OBJECTIVES = ['people', 'fair', 'target'];

export class SitingPanel extends Base {
  asked = {category: 'centre', p: 5, candidates: 'land_use', objective: 'people'};

  choices() {
    return [
      ['category', t('category'), (this.page.study.options?.categories ?? []).map((item) => [item.id, say(item.title)])],
      ['objective', t('siting.objective'), OBJECTIVES.map((id) => [id, t(`objective.${id}`)])],
      ['candidates', t('siting.candidates'), CANDIDATES.map((id) => [id, t(`candidates.${id}`)])],
    ];
  }

  numbered() { return this.asked.objective !== 'target'; }

  addition(item) { return addition(this.asked.category, item.lon, item.lat, item.name ?? ''); }

  more() { return {exact: true}; }
}
