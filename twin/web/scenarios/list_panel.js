// The scenarios there are: make, copy, import, name, export, delete, and choose which two are compared.

import {fill, h, icon} from '../map/dom.js';
import {language, theme} from '../map/text.js';
import {ago, moment} from '../page/figures.js';
import {save} from '../page/api.js';
import {refresh} from '../analysis/refresh.js';
import {t} from './text.js';

const FIELDS = [['name', 80], ['author', 80], ['note', 4000]];

export class ListPanel {
  #open = null; // id of the scenario whose details are shown
  #sure = false; // whether the deletion waits for its confirmation

  constructor(page) {
    this.page = page;
    page.records.on('list', () => this.write());
  }

  get title() { return t('list'); }

  render(body) {
    this.body = body;
    this.write();
  }

  write() {
    if (!this.body?.isConnected || this.body.querySelector('input:focus, textarea:focus')) return;
    const {page} = this;
    const {list} = page.records;
    const file = h('input', {type: 'file', accept: '.json,application/json', 'aria-label': t('import'), onchange: (event) => this.#import(event.target)});
    refresh(this.body,
      h('p.tw-note', {}, t('list.lead')),
      h('div.tw-buttons', {},
        h('button.tw-button.tw-primary', {type: 'button', 'data-key': 'new', onclick: () => this.#create({name: page.records.freeName()})}, icon('plus'), t('new')),
        h('label.tw-button.sc-file', {'data-key': 'import'}, icon('upload'), t('import'), file)),
      h('ul.sc-list', {'aria-label': t('list')}, this.#base(), list.map((item) => this.#row(item))),
      list.length ? null : h('p.tw-note', {}, t('list.none')));
  }

  #base() {
    return h('li', {'data-scenario': ''}, h('div.sc-item', {}, h('div.sc-title', {}, h('b', {}, t('base')), h('small', {}, t('base.what'))), this.#sides('')));
  }

  #row(item) {
    const open = this.#open === item.id;
    return h('li', {'data-scenario': item.id, 'data-open': String(open)},
      h('div.sc-item', {},
        h('button.sc-title', {type: 'button', 'data-key': `open-${item.id}`, 'aria-expanded': String(open), onclick: () => { this.#open = open ? null : item.id; this.#sure = false; this.write(); }},
          h('b', {}, item.name),
          h('small', {title: moment(item.updated_at)}, [item.author, t('edits.count', {n: item.edits.length}), ago(item.updated_at)].filter(Boolean).join(' · '))),
        this.#sides(item.id)),
      open ? this.#details(item) : null);
  }

  #sides(id) {
    const {state} = this.page;
    return h('span.an-tabs', {role: 'group', 'aria-label': t('sides')}, ['a', 'b'].map((side) => h('button', {
      type: 'button', 'data-key': `${side}-${id}`, 'data-side': side, 'aria-pressed': String(state[side] === id), title: t(`side.${side}`), 'aria-label': t(`side.${side}`),
      onclick: () => this.page.choose(side, id),
    }, side.toUpperCase())));
  }

  #details(item) {
    const {page} = this;
    const button = (key, symbol, work) => h('button.tw-button', {type: 'button', 'data-key': key, onclick: work}, icon(symbol), t(`action.${key}`));
    const link = (path, key) => h('a.tw-button', {href: page.linkTo(path, item.id), 'data-link': path}, t(`open.${key}`));
    const field = ([name, most]) => {
      const change = (event) => { const value = event.target.value.trim(); if (value !== item[name] && (value || name !== 'name')) page.attempt(page.records.rename(item.id, {[name]: value})).then(() => page.named()); };
      const attributes = {'data-field': name, 'aria-label': t(`field.${name}`), maxlength: most, value: item[name], onchange: change, placeholder: t(`field.${name}.none`)};
      return h('label.tw-field', {}, h('span', {}, t(`field.${name}`)), name === 'note' ? h('textarea.tw-input', {rows: 2, ...attributes}) : h('input.tw-input', {type: 'text', ...attributes}));
    };
    return h('div.sc-details', {}, FIELDS.map(field),
      h('div.tw-buttons', {},
        button('copy', 'copy', () => this.#create({name: t('copy.name', {name: item.name}).slice(0, 80), copy: item.id})),
        button('export', 'download', () => page.attempt(save(`/api/scenarios/${item.id}/export`, `${item.name}.json`))),
        button('delete', 'trash', () => { this.#sure = true; this.write(); this.body.querySelector('[data-key=sure]')?.focus(); })),
      this.#sure ? h('div.an-naming', {role: 'alertdialog', 'aria-label': t('scenario.delete')}, h('p', {}, t('delete.sure', {name: item.name})), h('div.tw-buttons', {},
        h('button.tw-button.tw-primary', {type: 'button', 'data-key': 'sure', onclick: () => { this.#sure = false; page.remove(item.id); }}, t('scenario.delete')),
        h('button.tw-button', {type: 'button', 'data-key': 'unsure', onclick: () => { this.#sure = false; this.write(); }}, t('cancel')))) : null,
      h('h3', {}, t('open')), h('div.tw-buttons', {}, link('life-circle', 'life'), link('coverage', 'coverage'), link('bim', 'bim')));
  }

  async #create(body) {
    const made = await this.page.attempt(this.page.records.create(body));
    if (!made) return;
    this.#open = made.id;
    this.page.choose('b', made.id);
    this.write();
  }

  async #import(input) {
    const [file] = input.files;
    input.value = '';
    if (!file) return;
    let document = null;
    try { document = JSON.parse(await file.text()); } catch { /* told below */ }
    if (document === null || typeof document !== 'object' || !('format' in document)) { this.page.say(t('import.not')); return; }
    await this.#create(document);
  }
}
