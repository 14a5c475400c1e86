// The elements as a tree of storeys or classes, and the search among them. Only the lines in view are elements of the page.

import {debounced, fill, h, icon, select} from '../map/dom.js';
import {number} from '../map/format.js';
import {className, t} from './text.js';

const LINE_EM = 1.95;
const BEYOND = 8; // lines drawn above and below what is seen

export class TreePanel {
  #open = new Set();
  #by = 'storey';
  #lines = [];
  #found = null; // rows that the search found, null: no search
  #text = '';

  constructor(page) {
    Object.assign(this, {page, session: page.session});
    page.session.on('model', () => { if (!page.session.model) { this.#open.clear(); this.#found = null; this.#text = ''; } });
    page.session.on('building', () => this.write());
    page.session.on('chosen', () => this.#draw());
    this.ask = debounced(() => this.#search(), 250);
  }

  get title() { return t('tree'); }

  render(body) {
    this.body = body;
    this.input = h('input.tw-input', {type: 'search', value: this.#text, placeholder: t('tree.search'), 'aria-label': t('tree.search'), 'data-key': 'search',
      oninput: (event) => { this.#text = event.target.value; this.ask(); }});
    this.count = h('span.tw-note', {role: 'status'});
    this.space = h('div.bim-tree-space', {});
    this.scroll = h('div.bim-tree', {role: 'tree', tabindex: '0', 'aria-label': t('tree'), onscroll: () => this.#draw(), onkeydown: (event) => this.#key(event)}, this.space);
    fill(body, h('div.tw-search', {}, icon('search'), this.input),
      h('div.bim-tree-head', {}, this.count, select(t('tree.by'), [['storey', t('tree.by_storey')], ['class', t('tree.by_class')]], this.#by, (value) => { this.#by = value; this.#open.clear(); this.write(); })),
      this.scroll);
    this.write();
  }

  async #search() {
    const text = this.#text.trim();
    if (!text) { this.#found = null; this.write(); return; }
    const found = await this.page.attempt(this.session.search(text));
    if (!found || text !== this.#text.trim()) return;
    Object.assign(this, {total: found.total});
    this.#found = found.hits.map(({row}) => row);
    this.write();
  }

  /** Lay out the lines that are open. */
  write() {
    if (!this.body?.isConnected) return;
    const {elements} = this.session;
    if (!elements) {
      this.#lines = [];
      this.count.textContent = t(this.session.model && !this.session.failure ? 'loading' : 'open_first');
      this.#draw();
      return;
    }
    const rows = this.#found ?? elements.row;
    this.count.textContent = this.#found ? t(this.total > rows.length ? 'tree.found_first' : 'tree.found', {n: number(this.total), first: number(rows.length)}) : t('tree.count', {n: number(rows.length)});
    const lines = [];
    const add = (key, depth, name, members, children) => {
      const open = this.#open.has(key) || Boolean(this.#found && members.length <= 60);
      lines.push({key, depth, name, members, open});
      if (open) children(members, depth + 1, key);
    };
    const leaves = (members, depth) => members.forEach((row) => lines.push({row, depth, name: elements.name[row] || className(elements.class[row]), leaf: true}));
    const byClass = (members, depth, above) => grouped(members, (row) => elements.class[row]).forEach(([name, own]) => add(`${above}/${name}`, depth, className(name), own, leaves));
    if (this.#by === 'class') byClass(rows, 0, '');
    else {
      const {storeys} = this.session.building;
      const groups = new Map(grouped(rows, (row) => elements.storey[row]));
      for (let index = storeys.length - 1; index >= -1; index -= 1) {
        const own = groups.get(index);
        if (own) add(`s${index}`, 0, index < 0 ? t('tree.none') : storeys[index].name || storeys[index].long_name || t('view.storey', {n: index + 1}), own, byClass);
      }
    }
    this.#lines = lines;
    this.#draw();
  }

  #draw() {
    if (!this.body?.isConnected) return;
    const em = parseFloat(getComputedStyle(this.scroll).fontSize);
    const high = LINE_EM * em;
    this.space.style.height = `${this.#lines.length * high}px`;
    const first = Math.max(0, Math.floor(this.scroll.scrollTop / high) - BEYOND);
    const last = Math.min(this.#lines.length, Math.ceil((this.scroll.scrollTop + (this.scroll.clientHeight || 600)) / high) + BEYOND);
    fill(this.space, this.#lines.slice(first, last).map((line, index) => this.#line(line, (first + index) * high)));
  }

  #line(line, top) {
    const chosen = line.leaf && this.session.chosen === line.row;
    const style = `top:${top}px;padding-left:${0.3 + line.depth * 1.05}em`;
    if (line.leaf) {
      return h('button.bim-line', {type: 'button', role: 'treeitem', 'aria-level': line.depth + 1, 'aria-selected': String(chosen), 'data-row': line.row, style, title: line.name, tabindex: '-1',
        onclick: () => { this.session.choose(line.row); this.page.fly([line.row]); }}, h('span', {}, line.name));
    }
    return h('div.bim-line', {role: 'treeitem', 'aria-level': line.depth + 1, 'aria-expanded': String(line.open), style, 'data-key': line.key},
      h('button.bim-fold', {type: 'button', tabindex: '-1', onclick: () => this.#toggle(line)}, icon('down'), h('span', {}, line.name), h('small', {}, number(line.members.length))),
      h('button.bim-solo', {type: 'button', tabindex: '-1', title: t('tree.only'), 'aria-label': t('tree.only_of', {name: line.name}), onclick: () => { const own = new Set(line.members); this.page.own.view.only((row) => own.has(row)); this.page.fly(line.members); }}, icon('target')));
  }

  #toggle(line) {
    if (!this.#open.delete(line.key)) this.#open.add(line.key);
    this.write();
  }

  #key(event) {
    const step = {ArrowDown: 1, ArrowUp: -1}[event.key];
    if (!step) return;
    const rows = this.#lines.filter((line) => line.leaf);
    const at = rows.findIndex((line) => line.row === this.session.chosen);
    const next = rows[Math.max(0, Math.min(rows.length - 1, at + step))];
    if (!next) return;
    event.preventDefault();
    this.session.choose(next.row);
    this.#into(this.#lines.indexOf(next));
  }

  /** Open the tree down to a row and bring it into view. */
  reveal(row) {
    const {elements} = this.session;
    this.#found = null;
    this.#text = '';
    if (this.input) this.input.value = '';
    const above = this.#by === 'class' ? '' : `s${elements.storey[row]}`;
    this.#open.add(above).add(`${above}/${elements.class[row]}`);
    this.write();
    this.#into(this.#lines.findIndex((line) => line.row === row));
  }

  #into(index) {
    const high = LINE_EM * parseFloat(getComputedStyle(this.scroll).fontSize);
    const top = index * high;
    if (top < this.scroll.scrollTop || top > this.scroll.scrollTop + this.scroll.clientHeight - high) this.scroll.scrollTop = top - this.scroll.clientHeight / 2;
    this.#draw();
  }
}

function grouped(rows, of) {
  const groups = new Map();
  for (const row of rows) {
    const key = of(row);
    if (!groups.has(key)) groups.set(key, []);
    groups.get(key).push(row);
  }
  return [...groups].sort((a, b) => b[1].length - a[1].length);
}
