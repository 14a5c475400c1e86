// The scenario: choose or make one, edit the city on the map, see what changes, compare with the base.

import {fill, h, icon, select} from '../map/dom.js';
import {save} from '../data_page/api.js';
import {say} from '../map/text.js';
import {editText, editTool, TOOLS} from './edit_tools.js';
import {change, percent} from './figures.js';
import {refresh} from './refresh.js';
import {headAreas, nameOf} from './result_panel.js';
import {sentence, t} from './text.js';

const LINKS = ['bridge', 'crossing', 'path'];
const PARTS = ['chooser', 'tools', 'rates', 'edits', 'compare'];

export class ScenarioPanel {
  #chosen = {category: 'centre', type: 'bridge'};
  #naming = '';

  constructor(page) {
    this.page = page;
    const write = () => this.write();
    for (const topic of ['options', 'result']) page.study.on(topic, write);
    page.scenarios.on('list', write);
  }

  get title() { return t('scenario'); }

  render(body) {
    this.body = body;
    this.parts = Object.fromEntries(PARTS.map((name) => [name, h('div', {'data-part': name})]));
    fill(body, Object.values(this.parts));
    this.write();
  }

  write() {
    if (!this.body?.isConnected || this.body.querySelector('.lc-naming input') === document.activeElement) return;
    const {page} = this;
    const {current} = page.scenarios;
    const scrolled = this.body.scrollTop;
    refresh(this.parts.chooser, this.#chooser(), page.study.failure ? h('p.lc-failure', {role: 'alert'}, sentence(page.study.failure)) : null);
    refresh(this.parts.tools, this.#tools());
    refresh(this.parts.rates, current ? this.#rates() : h('p.tw-note', {}, t('scenario.none')));
    refresh(this.parts.edits, current ? this.#edits() : null);
    refresh(this.parts.compare, current ? this.#compare() : null);
    this.body.scrollTop = scrolled;
  }

  #chooser() {
    const {scenarios} = this.page;
    const {current} = scenarios;
    const choose = select(t('scenario'), [['', t('base')], ...scenarios.list.map((item) => [item.id, item.name])], current?.id ?? '', (id) => scenarios.use(id));
    choose.dataset.key = 'choose';
    const button = (key, work) => h('button.tw-button', {type: 'button', 'data-key': key, onclick: work}, t(`scenario.${key}`));
    return [
      choose,
      h('div.tw-buttons', {},
        button('new', () => this.page.attempt(scenarios.create())),
        current ? [
          button('rename', () => { this.#naming = 'rename'; this.write(); this.body.querySelector('.lc-naming input')?.select(); }),
          button('copy', () => this.page.attempt(scenarios.create(scenarios.freeName(), {copy: current.id}))),
          button('delete', () => { this.#naming = 'delete'; this.write(); this.body.querySelector('.lc-naming .tw-primary')?.focus(); }),
          button('file', () => this.page.attempt(save(`/api/scenarios/${current.id}/export`, `${current.name}.json`))),
        ] : null),
      current && this.#naming ? this.#question(current) : null,
    ];
  }

  #question(current) {
    const done = () => { this.#naming = ''; document.activeElement?.blur(); this.write(); this.body.querySelector('[data-key=choose]')?.focus(); };
    const cancel = h('button.tw-button', {type: 'button', onclick: done}, t('cancel'));
    if (this.#naming === 'delete') {
      return h('div.lc-naming', {}, h('p', {}, t('scenario.delete.sure', {name: current.name})), h('div.tw-buttons', {},
        h('button.tw-button.tw-primary', {type: 'button', onclick: () => { done(); this.page.attempt(this.page.scenarios.remove()); }}, t('scenario.delete')), cancel));
    }
    const name = h('input.tw-input', {type: 'text', value: current.name, maxlength: 80, 'aria-label': t('scenario.rename')});
    return h('form.lc-naming', {onsubmit: (event) => { event.preventDefault(); const text = name.value.trim(); done(); if (text) this.page.attempt(this.page.scenarios.rename(text)); }},
      name, h('div.tw-buttons', {}, h('button.tw-button.tw-primary', {type: 'submit'}, t('save')), cancel));
  }

  #tools() {
    const {page} = this;
    const {tools, app} = page;
    const active = tools.tool?.name ?? '';
    const usable = {gate: app.layer.estate.rows > 0, close: app.layer.road.rows > 0};
    const choices = new Set(app.layer.facility.columns.find((column) => column.name === 'category').choices.map((choice) => choice.value));
    const places = (page.study.options?.categories ?? []).filter((item) => item.id === 'centre' || choices.has(item.id));
    const help = active && TOOLS.includes(active) ? t(`tool.${active}.${tools.first ? 'second' : 'help'}`) : t('tool.choose');
    return [
      h('div.lc-tools', {role: 'group', 'aria-label': t('tools')}, TOOLS.map((name) => h('button.tw-tool', {type: 'button', 'data-tool': name, 'data-key': name,
        'aria-pressed': String(active === name), disabled: usable[name] === false, onclick: () => tools.take(editTool(page, name, () => this.#chosen))}, icon(`life_${name}`), h('span', {}, t(`tool.${name}`))))),
      active === 'add' ? h('label.tw-field', {}, h('span', {}, t('category')),
        select(t('category'), places.map((item) => [item.id, say(item.title)]), this.#chosen.category, (value) => { this.#chosen.category = value; })) : null,
      active === 'link' ? h('label.tw-field', {}, h('span', {}, t('link')),
        select(t('link'), LINKS.map((type) => [type, t(`link.${type}`)]), this.#chosen.type, (value) => { this.#chosen.type = value; })) : null,
      h('p.tw-note', {role: 'status'}, help, ' ',
        active ? h('button.tw-link', {type: 'button', 'data-key': 'here', onclick: () => tools.here()}, t('tool.here')) : null),
    ];
  }

  #rates() {
    const {result, loading} = this.page.study;
    if (!result) return null;
    const line = (area) => h('tr', {'data-area': area.id}, h('th', {scope: 'row'}, nameOf(area)), h('td', {}, percent(area.base?.people)), h('td', {}, percent(area.rates.people, area.target)),
      h('td', {}, area.base ? change(area.rates.people - area.base.people) : '–'));
    const heads = headAreas(result);
    const moved = result.areas.filter((area) => area.kind === 'town' && area.base && Math.abs(area.rates.people - area.base.people) > 5e-6)
      .sort((a, b) => Math.abs(b.rates.people - b.base.people) - Math.abs(a.rates.people - a.base.people));
    return h('div', {'aria-busy': String(loading), 'aria-live': 'polite'}, h('table.lc-table.lc-before-after', {},
      h('thead', {}, h('tr', {}, ['name', 'before', 'after', 'change'].map((name, index) => h(`th${index ? '.lc-number' : ''}`, {scope: 'col'}, t(`column.${name}`))))),
      h('tbody', {}, heads.map(line), moved.map(line))));
  }

  #edits() {
    const {page} = this;
    const {scenarios} = page;
    const {edits} = scenarios.current;
    return h('section.lc-section', {}, h('h3', {}, t('edits', {n: edits.length})), edits.length ? h('ol.lc-edits', {}, edits.map((edit) => h('li', {'data-edit': edit.id},
      h('button.lc-row', {type: 'button', title: t('fly'), onclick: () => this.#fly(edit)}, editText(page, edit, (layer, fid) => page.marks.name(layer, fid))),
      h('button.tw-quiet', {type: 'button', 'aria-label': t('edit.undo'), title: t('edit.undo'), onclick: () => page.attempt(scenarios.undo(edit))}, icon('undo'))))) : h('p.tw-note', {}, t('edits.none')));
  }

  async #fly(edit) {
    const place = edit.lon !== undefined ? [edit.lon, edit.lat] : edit.from;
    const object = place ? null : await this.page.scenarios.object(edit.layer, edit.fid).catch(() => null);
    const [longitude, latitude] = place ?? [object?.lon, object?.lat];
    if (longitude !== undefined) this.page.app.fly({longitude, latitude, zoom: Math.max(15.5, this.page.app.engine.view.zoom)});
  }

  #compare() {
    const {page} = this;
    const hold = h('button.tw-button', {type: 'button', 'data-key': 'hold', 'aria-pressed': String(page.painting.base),
      onpointerdown: () => page.hold(true), onpointerup: () => page.hold(false), onpointerleave: () => page.hold(false),
      onkeydown: (event) => { if (event.key === ' ' || event.key === 'Enter') { event.preventDefault(); page.hold(true); } },
      onkeyup: () => page.hold(false), onblur: () => page.hold(false)}, t('compare.hold'));
    return h('section.lc-section', {}, h('h3', {}, t('compare')), h('div.tw-buttons', {},
      h('button.tw-button', {type: 'button', 'data-key': 'swipe', 'aria-pressed': String(Boolean(page.swipe)), onclick: () => page.toggleSwipe()}, t('compare.swipe')), hold),
    h('p.tw-note', {}, t('compare.help')));
  }
}
