// The scenario panel of this page: sites are added, moved, closed by click; the rest on their cards.

import {placeTool} from '../analysis/edit_tools.js';
import {ScenarioPanel as Base} from '../analysis/scenario_panel.js';
import {h, select} from '../map/dom.js';
import {say} from '../map/text.js';
import {editText} from './edit_text.js';
import {newSite} from './sites.js';
import {t} from './text.js';

export class ScenarioPanel extends Base {
  names = ['add', 'move', 'remove'];
  #kind = 'mast';

  tool(name) { return placeTool(this.page, name, ['site_5g'], (lon, lat) => newSite(this.page.study, lon, lat, this.#kind)); }

  fields(active) {
    if (active !== 'add') return null;
    const mounts = this.page.app.layer.site_5g.columns.find((column) => column.name === 'mount')?.choices ?? [];
    return h('label.tw-field', {}, h('span', {}, t('mount')), select(t('mount'), mounts.map((item) => [item.value, say(item)]), this.#kind, (value) => { this.#kind = value; }));
  }

  editText(edit) {
    const {marks, scenarios, app} = this.page;
    return editText(edit, {layers: app.layer, edits: scenarios.current?.edits ?? [], name: edit.fid > 0 ? marks.name('site_5g', edit.fid) : ''});
  }
}
