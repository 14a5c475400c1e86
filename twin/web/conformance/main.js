// The CIM conformance page: the functions that the platform standard names, clause by clause, and what fulfils each.

import {fill, h, icon} from '../map/dom.js';
import {language, say, theme} from '../map/text.js';
import {get, save} from '../page/api.js';
import {note} from '../page/dialog.js';
import {Frame, mounting} from '../page/frame.js';
import {told} from '../page/text.js';
import {t} from './text.js';

const MARKS = {met: 'check', partly: 'minus', missing: 'close'};
const TONES = {met: 'good', partly: 'warn', missing: 'bad'};

class Page extends Frame {
  name = 'conformance';
  state = ''; // the one that alone is listed

  title() { return t('title'); }

  async load() { this.table = await get('/api/conformance'); }

  body() {
    const {table} = this;
    this.list = h('div.cf-list');
    this.chosen = h('div.cf-states', {role: 'group', 'aria-label': t('state')});
    this.search = h('input', {type: 'search', placeholder: t('search'), 'aria-label': t('search'), oninput: () => this.write()});
    const body = h('main', {}, h('section', {'aria-labelledby': 'cf-title'},
      h('h2', {id: 'cf-title'}, t('title')),
      h('p.lead', {}, t('lead', {standard: say(table.standard)})),
      h('p.hint.cf-limits', {}, icon('warn'), h('span', {}, say(table.limits))),
      h('div.tools', {}, this.chosen, h('span.search', {}, icon('search'), this.search), h('span.space'),
        h('button', {type: 'button', 'data-test': 'csv', onclick: () => this.#save()}, icon('download'), t('csv')),
        h('button', {type: 'button', 'data-test': 'print', onclick: () => window.print()}, t('print'))),
      this.list));
    this.write();
    return [body];
  }

  async #save() {
    try { await save(`/api/conformance/export.csv?lang=${language()}`, `cim-functions-${language()}.csv`); } catch (error) { note(this.root, told(error), 'bad'); }
  }

  /** The functions that the choice lets through. */
  get shown() {
    const wanted = (this.search?.value ?? '').trim().toLowerCase();
    const fits = (item) => !wanted || [item.clause, ...['name', 'group', 'feature', 'lacks'].flatMap((key) => [item[key].zh, item[key].en])].some((words) => words.toLowerCase().includes(wanted));
    return this.table.functions.filter((item) => (!this.state || item.state === this.state) && fits(item));
  }

  write() {
    const {table} = this;
    const total = table.functions.length;
    const choice = (state, count, words) => h('button', {type: 'button', 'data-state': state, 'aria-pressed': String(this.state === state), onclick: () => { this.state = state; this.write(); this.chosen.querySelector('[aria-pressed=true]').focus(); }},
      state ? icon(MARKS[state]) : null, words, h('b', {}, String(count)));
    fill(this.chosen, choice('', total, t('all')), Object.entries(table.counts).map(([state, count]) => choice(state, count, say(table.states[state]))));
    const groups = new Map();
    for (const item of this.shown) {
      const key = `${item.clause} ${item.group.zh}`;
      groups.set(key, [...(groups.get(key) ?? []), item]);
    }
    fill(this.list, groups.size ? [...groups.values()].map((items) => this.#group(items)) : h('p.empty', {role: 'status'}, t('nothing')));
  }

  #group(items) {
    const [{clause, group}] = items;
    const all = this.table.functions.filter((item) => item.clause === clause && item.group.zh === group.zh);
    const met = all.filter((item) => item.state === 'met').length;
    return h('section.cf-group', {'aria-label': `${clause} ${say(group)}`},
      h('h3', {}, clause ? h('span.cf-clause', {}, t('clause', {clause})) : null, say(group), h('small', {}, t('met_of', {met, n: all.length}))),
      h('div.scroll', {}, h('table.lines', {},
        h('thead', {}, h('tr', {}, ['function', 'state', 'feature', 'where', 'test'].map((key) => h('th', {scope: 'col'}, t(`column.${key}`))))),
        h('tbody', {}, items.map((item) => this.#row(item))))));
  }

  #row(item) {
    const {links} = item;
    return h('tr', {'data-function': item.name.zh},
      h('th', {scope: 'row'}, say(item.name)),
      h('td', {}, h(`span.tag.${TONES[item.state]}`, {}, icon(MARKS[item.state]), say(this.table.states[item.state]))),
      h('td', {}, item.feature.zh ? h('span', {}, say(item.feature)) : null, item.lacks.zh ? h('span.under', {}, item.state === 'partly' ? t('lacks', {what: say(item.lacks)}) : say(item.lacks)) : null),
      h('td.cf-where', {},
        links.page ? h('a', {href: this.#address(links.page)}, t('open'), icon('link')) : null,
        links.route ? h('code', {}, links.route) : null,
        links.command ? h('code', {}, `twin ${links.command}`) : null),
      h('td.cf-test', {}, links.test ? h('code', {title: links.test}, links.test.split('/').at(-1).replace('::', ' ')) : null));
  }

  /** A page of the twin in the present language and look. */
  #address(page) {
    const address = new URL(page, document.baseURI);
    address.searchParams.set('lang', language());
    address.searchParams.set('theme', theme());
    return `${address.pathname}${address.search}${address.hash}`;
  }
}

export const mount = mounting(Page, ['conformance/page.css']);
