// The scenario: choose or make one, edit the city on the map, see what changes, compare with the base.

import {save} from '../page/api.js';
import {fill, h, icon, select} from '../map/dom.js';
import {headAreas, nameOf} from './areas.js';
import {change, percent} from './figures.js';
import {evidenceOf} from './headline.js';
import {refresh} from './refresh.js';
import {sentence, t} from './text.js';

const PARTS = ['chooser', 'tools', 'rates', 'edits', 'compare'];

export class ScenarioPanel {
  names = []; // of the tools; icons edit_<name>, texts tool.<name>, tool.<name>.help
  rate = 'people'; // which rate of an area is compared
  #naming = '';

  /** A tool by name; whether it can be used; fields that it needs; what an edit does, in words. */
  tool() { return null; }
  usable() { return true; }
  fields() { return null; }
  editText() { return ''; }

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
    if (!this.body?.isConnected || this.body.querySelector('.an-naming input') === document.activeElement) return;
    const {page} = this;
    const {current} = page.scenarios;
    const scrolled = this.body.scrollTop;
    refresh(this.parts.chooser, this.#chooser(), page.study.failure ? h('p.an-failure', {role: 'alert'}, sentence(page.study.failure)) : null);
    refresh(this.parts.tools, this.#tools());
    refresh(this.parts.rates, current ? this.#rates() : h('p.tw-note', {}, page.text('scenario.none')));
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
          button('rename', () => { this.#naming = 'rename'; this.write(); this.body.querySelector('.an-naming input')?.select(); }),
          button('copy', () => this.page.attempt(scenarios.create(scenarios.freeName(), {copy: current.id}))),
          button('delete', () => { this.#naming = 'delete'; this.write(); this.body.querySelector('.an-naming .tw-primary')?.focus(); }),
          button('file', () => this.page.attempt(save(`/api/scenarios/${current.id}/export`, `${current.name}.json`))),
        ] : null),
      current && this.#naming ? this.#question(current) : null,
    ];
  }

  #question(current) {
    const done = () => { this.#naming = ''; document.activeElement?.blur(); this.write(); this.body.querySelector('[data-key=choose]')?.focus(); };
    const cancel = h('button.tw-button', {type: 'button', onclick: done}, t('cancel'));
    if (this.#naming === 'delete') {
      return h('div.an-naming', {}, h('p', {}, t('scenario.delete.sure', {name: current.name})), h('div.tw-buttons', {},
        h('button.tw-button.tw-primary', {type: 'button', onclick: () => { done(); this.page.attempt(this.page.scenarios.remove()); }}, t('scenario.delete')), cancel));
    }
    const name = h('input.tw-input', {type: 'text', value: current.name, maxlength: 80, 'aria-label': t('scenario.rename')});
    return h('form.an-naming', {onsubmit: (event) => { event.preventDefault(); const text = name.value.trim(); done(); if (text) this.page.attempt(this.page.scenarios.rename(text)); }},
      name, h('div.tw-buttons', {}, h('button.tw-button.tw-primary', {type: 'submit'}, t('save')), cancel));
  }

  #tools() {
    const {page} = this;
    const {tools} = page;
    const active = tools.tool?.name ?? '';
    const help = active && this.names.includes(active) ? page.text(`tool.${active}.${tools.first ? 'second' : 'help'}`) : t('tool.choose');
    return [
      h('div.an-tools', {role: 'group', 'aria-label': t('tools'), style: `--columns:${this.names.length}`}, this.names.map((name) => h('button.tw-tool', {type: 'button', 'data-tool': name, 'data-key': name,
        'aria-pressed': String(active === name), disabled: !this.usable(name), onclick: () => tools.take(this.tool(name))}, icon(`edit_${name}`), h('span', {}, page.text(`tool.${name}`))))),
      this.fields(active),
      h('p.tw-note', {role: 'status'}, help, ' ',
        active ? h('button.tw-link', {type: 'button', 'data-key': 'here', onclick: () => tools.here()}, t('tool.here')) : null),
    ];
  }

  #rates() {
    const {result, loading} = this.page.study;
    if (!result) return null;
    const line = (area) => h('tr', {'data-area': area.id}, h('th', {scope: 'row'}, nameOf(area)), h('td', {}, percent(area.base?.[this.rate])), h('td', {}, percent(area.rates[this.rate], area.target)),
      h('td', {}, area.base ? change(area.rates[this.rate] - area.base[this.rate]) : '–'));
    const heads = headAreas(result);
    const moving = (area) => area.rates[this.rate] - area.base[this.rate];
    const moved = result.areas.filter((area) => area.kind === 'town' && area.base && Math.abs(moving(area)) > 5e-6)
      .sort((a, b) => Math.abs(moving(b)) - Math.abs(moving(a)));
    return h('div', {'aria-busy': String(loading), 'aria-live': 'polite'}, h('div.an-section-head', {}, h('h3', {}, t('before_after')), evidenceOf(this.page, t('before_after'))), h('table.an-table.an-before-after', {},
      h('thead', {}, h('tr', {}, ['name', 'before', 'after', 'change'].map((name, index) => h(`th${index ? '.an-number' : ''}`, {scope: 'col'}, t(`column.${name}`))))),
      h('tbody', {}, heads.map(line), moved.map(line))));
  }

  #edits() {
    const {page} = this;
    const {scenarios} = page;
    const {edits} = scenarios.current;
    return h('section.an-section', {}, h('h3', {}, t('edits', {n: edits.length})), edits.length ? h('ol.an-edits', {}, edits.map((edit) => h('li', {'data-edit': edit.id},
      h('button.an-row', {type: 'button', title: t('fly'), onclick: () => this.#fly(edit)}, this.editText(edit)),
      h('button.tw-quiet', {type: 'button', 'aria-label': t('edit.undo'), title: t('edit.undo'), onclick: () => page.attempt(scenarios.undo(edit))}, icon('undo'))))) : h('p.tw-note', {}, t('edits.none')));
  }

  async #fly(edit) {
    const place = edit.lon !== undefined ? [edit.lon, edit.lat] : edit.from ?? edit.footprint?.[0]?.[0];
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
    return h('section.an-section', {}, h('h3', {}, t('compare')), h('div.tw-buttons', {},
      h('button.tw-button', {type: 'button', 'data-key': 'swipe', 'aria-pressed': String(Boolean(page.swipe)), onclick: () => page.toggleSwipe()}, t('compare.swipe')), hold),
    h('p.tw-note', {}, t('compare.help')));
  }
}
