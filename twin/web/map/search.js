// Offline search: Chinese, pinyin, initials, English or a city identifier.

import {debounced, fill, h, icon} from './dom.js';
import {language, say, t} from './text.js';

export class Search {
  #results = [];
  #at = -1;
  #asked = 0;
  #query = '';

  constructor(app) {
    this.app = app;
    this.ask = debounced(() => this.#search(), 160);
  }

  get title() { return t('search'); }

  render(body) {
    this.input = h('input.tw-input', {
      type: 'search', value: this.#query, placeholder: t('search.placeholder'), 'aria-label': t('search'), autocomplete: 'off', spellcheck: 'false',
      role: 'combobox', 'aria-expanded': 'false', 'aria-controls': 'tw-results', 'aria-autocomplete': 'list', maxlength: 100,
      oninput: () => { this.#query = this.input.value; this.ask(); },
      onkeydown: (event) => this.#key(event),
    });
    this.list = h('ul.tw-results', {id: 'tw-results', role: 'listbox', 'aria-label': t('search.results')});
    this.note = h('p.tw-note', {role: 'status'}, t('search.help'));
    fill(body, h('div.tw-search', {}, icon('search'), this.input), this.note, this.list);
    this.#write();
  }

  focus() { this.input?.focus(); this.input?.select(); }

  async #search() {
    const query = this.#query.trim();
    const asked = this.#asked += 1;
    if (!query) { this.#results = []; this.note.textContent = t('search.help'); this.#write(); return; }
    try {
      const reply = await fetch(`/api/search?limit=20&q=${encodeURIComponent(query)}`);
      const {results} = reply.ok ? await reply.json() : {results: []};
      if (asked !== this.#asked) return;
      const names = Object.fromEntries(this.app.twin.layers.map((layer) => [layer.id, say(layer.title)]));
      this.#results = results.map((item) => ({...item, kind: names[item.layer] ?? item.layer}));
      this.#at = results.length ? 0 : -1;
      this.note.textContent = results.length ? t('search.found', {n: results.length}) : t('search.nothing', {query});
      this.#write();
    } catch {
      if (asked === this.#asked) this.note.textContent = t('offline');
    }
  }

  #write() {
    if (!this.list) return;
    this.input.setAttribute('aria-expanded', String(this.#results.length > 0));
    fill(this.list, this.#results.map((item, index) => {
      const [first, second] = language() === 'en' && item.name_en ? [item.name_en, item.name] : [item.name, item.name_en];
      return h('li', {
        id: `tw-result-${index}`, role: 'option', 'aria-selected': String(index === this.#at),
        onclick: () => this.#go(index), onpointermove: () => { if (this.#at !== index) { this.#at = index; this.#mark(); } },
      }, h('b', {}, first || item.identifier), h('span', {}, item.kind, item.town_name ? ` · ${item.town_name}` : ''),
      second && second !== first ? h('small', {}, second) : null);
    }));
    this.#mark();
  }

  #mark() {
    [...this.list.children].forEach((item, index) => {
      item.setAttribute('aria-selected', String(index === this.#at));
      if (index === this.#at) item.scrollIntoView({block: 'nearest'});
    });
    this.input.setAttribute('aria-activedescendant', this.#at >= 0 ? `tw-result-${this.#at}` : '');
  }

  #key(event) {
    const last = this.#results.length - 1;
    if (event.key === 'ArrowDown') this.#at = Math.min(last, this.#at + 1);
    else if (event.key === 'ArrowUp') this.#at = Math.max(0, this.#at - 1);
    else if (event.key === 'Enter') { this.#go(this.#at); return; } else return;
    event.preventDefault();
    this.#mark();
  }

  #go(index) {
    const item = this.#results[index];
    if (item) this.app.select(item.layer, item.fid, {fly: true}).catch(() => this.app.shell.say(t('card.gone')));
  }
}
