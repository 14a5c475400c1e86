// The scenario panel of this page: its tools, their fields, and its edits in words.

import {ScenarioPanel as Base} from '../analysis/scenario_panel.js';
import {h, select} from '../map/dom.js';
import {say} from '../map/text.js';
import {editText, editTool, TOOLS} from './edit_tools.js';
import {t} from './text.js';

const LINKS = ['bridge', 'crossing', 'path'];

export class ScenarioPanel extends Base {
  names = TOOLS;
  #chosen = {category: 'centre', type: 'bridge'};

  tool(name) { return editTool(this.page, name, () => this.#chosen); }

  usable(name) {
    const {layer} = this.page.app;
    return {gate: layer.estate.rows > 0, close: layer.road.rows > 0}[name] ?? true;
  }

  fields(active) {
    const {study, app} = this.page;
    const choices = new Set(app.layer.facility.columns.find((column) => column.name === 'category').choices.map((choice) => choice.value));
    const places = (study.options?.categories ?? []).filter((item) => item.id === 'centre' || choices.has(item.id));
    const field = (name, options, key) => h('label.tw-field', {}, h('span', {}, t(name)), select(t(name), options, this.#chosen[key], (value) => { this.#chosen[key] = value; }));
    if (active === 'add') return field('category', places.map((item) => [item.id, say(item.title)]), 'category');
    return active === 'link' ? field('link', LINKS.map((type) => [type, t(`link.${type}`)]), 'type') : null;
  }

  editText(edit) { return editText(this.page, edit, (layer, fid) => this.page.marks.name(layer, fid)); }
}
