// The scenario panel of this page: sites are added, moved, closed by click; the rest on their cards.

import {placeTool} from '../analysis/edit_tools.js';
import {ScenarioPanel as Base} from '../analysis/scenario_panel.js';
import {h, select} from '../map/dom.js';
import {say} from '../map/text.js';
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
    const {page} = this;
    const name = edit.fid > 0 ? page.marks.name('site_5g', edit.fid) : '';
    const added = edit.fid < 0 && page.scenarios.current?.edits.find((item) => item.id === -edit.fid)?.values?.name;
    const site = name || added || say(page.app.layer[edit.layer]?.title) || edit.layer;
    const values = edit.values ?? {};
    if (edit.kind === 'add') return t('edit.add', {site: values.name || site});
    if (edit.kind === 'move') return t('edit.move', {site});
    if (edit.kind === 'remove') return t('edit.remove', {site});
    if (edit.kind === 'build') return t('edit.build', {name: edit.name || say(page.app.layer.building?.title)});
    if (edit.kind !== 'change') return t('edit.other');
    if (values.status) return t(values.status === 'off' ? 'edit.off' : 'edit.on', {site});
    return t('edit.sectors', {site});
  }
}
