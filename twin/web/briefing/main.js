// The Briefing page: tours, their viewpoints in order, a preview, and what is made of them: wall, link, report.
//
// ?tour=ID opens a tour. For tests, window.twinPage is the page: `draft`, `preview`, `editor`, saved().

import {copy as copied, fill, h, icon} from '../map/dom.js';
import {pageAddress} from '../map/pages.js';
import {language, say} from '../map/text.js';
import {get, send} from '../page/api.js';
import {confirm, note} from '../page/dialog.js';
import {moment} from '../page/figures.js';
import {Frame, mounting} from '../page/frame.js';
import {told} from '../page/text.js';
import {Draft} from './draft.js';
import {Editor} from './editor.js';
import {tourAddress, wallAddress} from './links.js';
import {Preview} from './preview.js';
import {ReportDialog} from './report_dialog.js';
import {t} from './text.js';

const TEXTS = {name: 80, author: 80, note: 2000};
const UNDO_MS = 15_000; // how long taking back is offered in a note

class Page extends Frame {
  name = 'briefing';
  scenarios = [];

  constructor(root) {
    super(root);
    this.preview = new Preview(this);
    this.editor = new Editor(this);
    this.report = new ReportDialog(this);
    this.listed = h('nav.br-tours');
    this.head = h('header.br-head');
  }

  title() { return t('title'); }

  async load() {
    const [{tours, indicators}, {scenarios}] = await Promise.all([get('/api/tours'), get('/api/scenarios')]);
    Object.assign(this, {tours, indicators, scenarios});
    const asked = new URL(location.href).searchParams.get('tour');
    const found = tours.find((item) => item.id === asked || item.name === asked);
    this.lost = asked && !found ? asked : '';
    this.take(found ?? tours[1] ?? tours[0]);
  }

  get points() { return this.draft.tour.viewpoints; }
  get layers() { return Object.fromEntries(this.twin.layers.map((layer) => [layer.id, say(layer.title)])); }

  address(path) { return pageAddress(path || '.'); }

  /** Make a tour the one that is edited. */
  take(tour) {
    this.draft?.leave();
    this.draft = new Draft(tour, (answer) => this.#told(answer));
    this.editor.open = -1;
    this.preview.index = -1;
    const address = new URL(location.href);
    address.searchParams.set('tour', tour.id);
    history.replaceState(history.state, '', address);
  }

  body() {
    return [h('main.br', {},
      h('section.br-side', {'aria-label': t('tours')}, h('div.br-side-head', {}, h('h2', {}, t('tours')), h('button', {type: 'button', 'data-do': 'new', onclick: () => this.create()}, icon('plus'), t('new'))), this.listed),
      h('div.br-middle', {}, this.head, this.editor.element),
      h('div.br-right', {}, this.preview.element, this.#out()))];
  }

  drawn() {
    this.#list();
    this.header();
    this.editor.draw();
    this.preview.draw();
    if (this.lost) { note(this.root, t('lost', {name: this.lost.slice(0, 40)}), 'bad'); this.lost = ''; }
  }

  async started() {
    window.addEventListener('pagehide', () => this.draft.leave());
    window.addEventListener('keydown', (event) => {
      const typing = event.target.matches?.('input, textarea, select');
      if ((event.ctrlKey || event.metaKey) && event.key.toLowerCase() === 'z' && !event.shiftKey && !typing) { event.preventDefault(); this.undo(); }
    });
    this.preview.show(0);
  }

  // -- the list of tours -------------------------------------------------------

  #list() {
    const {id} = this.draft.tour;
    fill(this.listed, h('ul', {}, this.tours.map((item) => {
      const tour = item.id === id ? this.draft.tour : item;
      const minutes = tour.viewpoints.reduce((sum, point) => sum + point.duration_s, 0) / 60;
      return h('li', {}, h('button.br-tour', {type: 'button', 'data-tour': item.id, 'aria-current': item.id === id && 'true', onclick: () => this.openTour(item.id)},
        h('b', {}, item.builtin && language() === 'en' ? t('standard') : tour.name),
        h('span.under', {}, [t('tour.length', {count: tour.viewpoints.length, minutes: minutes.toFixed(1)}), tour.author].filter(Boolean).join(' · ')),
        h('span.under', {}, item.builtin ? h('span.tag', {}, t('builtin')) : t('tour.changed', {when: moment(item.changed)}))));
    })));
  }

  async openTour(id) {
    if (id === this.draft.tour.id) return;
    await this.draft.save();
    try {
      this.#show(await get(`/api/tours/${id}`));
    } catch (error) {
      note(this.root, told(error), 'bad');
      this.tours = (await get('/api/tours')).tours;
      this.#list();
    }
  }

  #show(tour) {
    this.tours = this.tours.some((item) => item.id === tour.id) ? this.tours.map((item) => (item.id === tour.id ? tour : item)) : [this.tours[0], tour, ...this.tours.slice(1)];
    this.take(tour);
    this.changed();
    this.preview.stop();
    this.preview.show(0);
  }

  /** A name that no tour has yet: `first`, else numbered by `again(number)`. */
  #free(first, again) {
    const taken = new Set(this.tours.map((item) => item.name));
    let name = first;
    for (let number = 2; taken.has(name); number += 1) name = again(number);
    return name;
  }

  async create() {
    await this.#attempt(async () => {
      const name = this.#free(t('new.name'), (number) => t('new.name.again', {number}));
      await this.draft.save();
      this.#show(await send('POST', '/api/tours', {name}));
      const field = this.head.querySelector('[data-field=name]');
      field.focus();
      field.select();
    });
  }

  async copy() {
    await this.#attempt(async () => {
      await this.draft.save();
      const {tour, fixed} = this.draft;
      const old = (fixed ? t('standard') : tour.name).slice(0, 60);
      const name = this.#free(t('copy.name', {name: old}), (number) => t('copy.name.again', {name: old, number}));
      this.#show(await send('POST', '/api/tours', {copy: tour.id, name}));
    });
  }

  async delete() {
    const {tour} = this.draft;
    if (!(await confirm(this.root, t('delete.title', {name: tour.name}), t('delete.text'), t('delete')))) return;
    await this.#attempt(async () => {
      await this.draft.save();
      await send('DELETE', `/api/tours/${tour.id}`);
      this.draft.leave = () => {};
      this.tours = this.tours.filter((item) => item.id !== tour.id);
      this.#show(this.tours[1] ?? this.tours[0]);
      this.offerUndo(t('deleted', {title: tour.name}), () => this.#attempt(async () => {
        this.#show(await send('POST', '/api/tours', {name: tour.name, note: tour.note, author: tour.author, viewpoints: tour.viewpoints}));
      }));
    });
  }

  async #attempt(work) { try { await work(); } catch (error) { if (!error.text) console.warn(error); note(this.root, told(error), 'bad'); } }

  // -- the tour ----------------------------------------------------------------

  header() {
    const {draft} = this;
    const {tour, fixed} = draft;
    const seconds = tour.viewpoints.reduce((sum, point) => sum + point.duration_s, 0);
    const typed = (name) => (event) => { draft.change((item) => { item[name] = event.target.value; }, name); if (name !== 'note') this.#list(); };
    const field = (name, element, more = {}) => h(element, {type: element === 'input' ? 'text' : null, 'data-field': name, 'aria-label': t(`field.${name}`), placeholder: t(`field.${name}`), maxlength: TEXTS[name], value: tour[name], readonly: fixed, oninput: typed(name), ...more});
    const button = (name, symbol, work, more = {}) => h('button', {type: 'button', 'data-do': name, title: t(`do.${name}.help`), onclick: work, ...more}, icon(symbol), t(`do.${name}`));
    fill(this.head,
      h('div.br-names', {}, field('name', 'input'), field('author', 'input')),
      field('note', 'textarea', {rows: 2}),
      h('div.br-actions', {},
        h('span.hint', {'data-part': 'length'}, t('length', {count: tour.viewpoints.length, minutes: Math.floor(seconds / 60), seconds: seconds % 60})),
        this.status = h('span.br-status', {role: 'status', 'data-part': 'status'}),
        h('span.space'),
        fixed ? null : button('undo', 'undo', () => this.undo(), {disabled: !draft.undoable}),
        button('copy', 'copy', () => this.copy()),
        fixed ? null : button('delete-tour', 'trash', () => this.delete())));
    this.#status();
  }

  #status() {
    const {draft, status} = this;
    if (!status) return;
    status.dataset.state = draft.fixed ? 'fixed' : draft.status;
    if (draft.fixed) { fill(status); return; }
    const words = draft.status === 'failed' ? told(draft.failure) : t(`status.${draft.status}`);
    fill(status, words, draft.status === 'conflict' ? [
      h('button.link', {type: 'button', 'data-do': 'reload', onclick: () => this.#attempt(async () => { draft.leave = () => {}; this.#show(await get(`/api/tours/${draft.tour.id}`)); })}, t('conflict.theirs')),
      h('button.link', {type: 'button', 'data-do': 'fork', onclick: () => this.#fork()}, t('conflict.mine')),
    ] : null);
    const undo = this.head.querySelector('[data-do=undo]');
    if (undo) undo.disabled = !draft.undoable;
  }

  /** Keep what was typed as a tour of its own, beside what somebody else made of this one. */
  async #fork() {
    const {tour} = this.draft;
    await this.#attempt(async () => {
      this.tours = (await get('/api/tours')).tours;
      const old = tour.name.slice(0, 60);
      const name = this.#free(t('conflict.name', {name: old}), (number) => t('conflict.name.again', {name: old, number}));
      const made = await send('POST', '/api/tours', {name, note: tour.note, author: tour.author, viewpoints: tour.viewpoints});
      this.draft.leave = () => {};
      this.#show(made);
    });
  }

  #told(answer) {
    if (answer) {
      this.tours = this.tours.map((item) => (item.id === answer.id ? answer : item));
      this.#list();
    }
    this.#status();
  }

  /** Everything of the tour anew, after its structure changed. */
  changed() {
    const focused = this.root.contains(document.activeElement) ? document.activeElement.dataset.key : '';
    this.#list();
    this.header();
    this.editor.draw();
    this.preview.draw();
    this.#outgoing();
    if (focused) this.editor.element.querySelector(`[data-key="${focused}"]`)?.focus();
  }

  /** The preview shows this viewpoint now. */
  shown(index) { this.editor.mark(index); }

  undo() {
    if (!this.draft.undo()) return;
    this.editor.open = Math.min(this.editor.open, this.points.length - 1);
    this.preview.index = Math.min(this.preview.index, this.points.length - 1);
    this.changed();
    this.preview.show(Math.max(0, this.preview.index));
  }

  /** Whether the server holds what is here. */
  saved() { return this.draft.fixed ? Promise.resolve(true) : this.draft.save(); }

  note(words) { note(this.root, words); }

  offerUndo(words, work = () => this.undo()) {
    note(this.root, words, 'good', UNDO_MS);
    const bar = this.root.querySelector('.note');
    bar.append(' ', h('button.link.br-undo', {type: 'button', 'data-do': 'undo-note', onclick: () => { bar.classList.remove('shown'); work(); }}, t('do.undo')));
  }

  // -- what is made of it --------------------------------------------------------

  #out() {
    this.outgoing = h('section.br-out', {'aria-label': t('out')});
    this.#outgoing();
    return this.outgoing;
  }

  #outgoing() {
    const {tour} = this.draft;
    const before = (work) => async (event) => { if (!this.draft.fixed && this.draft.status !== 'saved') { event.preventDefault(); await this.saved(); work?.(); } };
    const wall = wallAddress(tour.id);
    const done = h('span.hint', {role: 'status'});
    fill(this.outgoing,
      h('div.buttons', {},
        h('a.button.primary', {href: wall, target: '_blank', rel: 'noopener', 'data-do': 'wall', onclick: before(() => window.open(wall, '_blank', 'noopener'))}, icon('full'), t('wall')),
        h('button', {type: 'button', 'data-do': 'report', onclick: () => this.report.open()}, icon('report'), t('report')),
        h('button', {type: 'button', 'data-do': 'share', onclick: async () => { await this.saved(); done.textContent = (await copied(tourAddress(tour.id))) ? t('shared') : t('shared.failed', {address: tourAddress(tour.id)}); }}, icon('link'), t('share')),
        done),
      h('p.hint', {}, icon('remote'), ' ', t('remote')));
  }
}

export const mount = mounting(Page, ['map/twin.css', 'stage/stage.css', 'briefing/page.css']);
