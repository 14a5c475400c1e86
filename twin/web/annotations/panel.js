// The panel of annotations: the list of what is looked at, a new one, or one with its replies.

import {refresh} from '../analysis/refresh.js';
import {debounced, fill, h, icon, select, toggle} from '../map/dom.js';
import {language} from '../map/text.js';
import {get, save} from '../page/api.js';
import {told} from '../page/text.js';
import {Draft} from './draft.js';
import {t, when} from './text.js';
import {Thread} from './thread.js';

const STATUSES = ['open', 'resolved', ''];
/** Most characters of a text, as the server has them. */
const LIMITS = {title: 80, text: 2000, author: 40};

export class Panel {
  limits = LIMITS;
  mode = 'list'; // list, new, thread
  inView = false;
  scenarios = [];

  /**
   * @param app   the running map
   * @param pins  its pins; @param options {chooses: whether the reader picks whose annotations are looked at,
   *              objects(): objects of the scenario, address(note): what opens one, fly(note)}
   */
  constructor(app, pins, {chooses, objects, address, fly}) {
    Object.assign(this, {app, pins, notes: pins.notes, chooses, objects, address, fly});
    this.draft = new Draft(this);
    this.thread = new Thread(this);
    this.notes.on('list', () => this.write());
    this.notes.on('chosen', () => this.#chosen());
    this.moved = debounced(() => { if (this.inView && this.mode === 'list') this.write(); }, 200);
  }

  get title() { return t(this.mode === 'new' ? 'new' : 'panel'); }

  get placing() { return this.mode === 'new' && Boolean(this.body?.isConnected); }

  async attempt(promise) {
    try { return await this.app.shell.work(promise); } catch (error) {
      if (!error.text) console.warn(error);
      this.app.shell.say(told(error));
      return null;
    }
  }

  /** Do something that is signed, once there is a name to sign with. */
  asAuthor(work) {
    const input = this.body.querySelector('[name=author]');
    if (input?.value.trim()) this.notes.me = input.value;
    if (this.notes.me) this.attempt(work());
    else { this.app.shell.say(t('author.missing')); input?.focus(); }
  }

  scenarioName(id) { return id ? this.scenarios.find((item) => item.id === id)?.name ?? t('scenario') : ''; }

  /** The names of scenarios, for what belongs to one. */
  async named() {
    this.scenarios = (await get('/api/scenarios')).scenarios;
    this.write();
  }

  render(body) {
    this.body = body;
    if (this.mode === 'thread' && !this.notes.current) this.mode = 'list';
    if (this.mode === 'new') { this.draft.render(body); return; }
    if (this.mode === 'thread') { this.thread.render(body); return; }
    this.parts = Object.fromEntries(['top', 'filters', 'list', 'foot'].map((name) => [name, h('div', {'data-part': name})]));
    fill(body, Object.values(this.parts));
    this.write();
  }

  write() {
    if (!this.body?.isConnected) return;
    if (this.mode === 'thread') { if (this.notes.current) this.thread.write(); return; }
    if (this.mode !== 'list') return;
    refresh(this.parts.top, this.#top());
    refresh(this.parts.filters, this.#filters());
    refresh(this.parts.list, this.#list());
    refresh(this.parts.foot, this.#foot());
  }

  #again(mode, focus) {
    this.mode = mode;
    if (this.app.store.panel !== 'annotations') this.app.shell.open('annotations', false);
    else if (this.body?.isConnected) {
      this.app.shell.panel.querySelector('.tw-head h2').textContent = this.title;
      this.render(this.body);
    }
    this.app.host.classList.toggle('an-placing', this.placing);
    this.body?.querySelector(focus)?.focus({preventScroll: true});
  }

  #chosen() {
    const {chosen} = this.notes;
    if (chosen) this.#again('thread', '.am-said');
    else if (this.mode === 'thread') this.#again('list', '[data-key=new]');
  }

  /** Back to the list. */
  close() {
    const {chosen} = this.notes;
    this.notes.choose('');
    this.body?.querySelector(`[data-note="${chosen}"]`)?.focus();
  }

  begin() {
    this.notes.choose('');
    this.draft.begin();
    this.#again('new', this.draft.spot ? '[name=text]' : '[data-key=here]');
  }

  /** Put the new one away, unwritten. */
  cancel() {
    if (this.mode !== 'new') return false;
    this.#cleared();
    this.#again('list', '[data-key=new]');
    return true;
  }

  /** The new one was written. */
  made() {
    this.#cleared();
    this.#again('thread', '.am-said');
    this.app.shell.say(t('made'));
  }

  /** The panel was closed or left: nothing is placed any more. */
  left() {
    const {mode} = this;
    this.mode = 'list';
    if (mode === 'new') this.#cleared();
    if (mode === 'thread') this.notes.choose('');
    this.app.host.classList.remove('an-placing');
  }

  #cleared() { this.pins.draft = null; this.pins.draw(); }

  /** Open the card of what an annotation is pinned to. */
  open(note) { this.attempt(this.app.select(note.layer, note.fid)); }

  #top() {
    const {notes} = this;
    const scenarios = this.chooses && this.scenarios.length
      ? h('div.am-of', {}, select(t('of'), [['', t('city')], ...this.scenarios.map((item) => [item.id, item.name])], notes.scenario, (id) => this.attempt(notes.load(id)))) : null;
    if (scenarios) scenarios.firstChild.dataset.key = 'of';
    return [h('div.tw-buttons.am-top', {}, h('button.tw-button.tw-primary', {type: 'button', 'data-key': 'new', onclick: () => this.begin()}, icon('plus'), t('new')), scenarios)];
  }

  #filters() {
    const {notes} = this;
    const count = (status) => notes.list.filter((note) => !status || note.status === status).length;
    const authors = select(t('author'), [['', t('author.all')], ...notes.authors.map((name) => [name, name])], notes.author, (author) => notes.look({author}));
    authors.dataset.key = 'author';
    return [
      h('div.am-tabs', {role: 'group', 'aria-label': t('status')}, STATUSES.map((status) => h('button', {type: 'button', 'data-key': `status-${status}`, 'data-status': status, 'aria-pressed': String(notes.status === status),
        onclick: () => notes.look({status})}, t(`status.${status || 'all'}`), ' ', h('span', {}, String(count(status)))))),
      h('div.am-filters', {}, authors, h('label.tw-check', {}, h('input', {type: 'checkbox', name: 'in-view', 'data-key': 'in-view', checked: this.inView, onchange: (event) => { this.inView = event.target.checked; this.write(); }}), t('in_view')),
        h('label.tw-check', {}, toggle(t('on_map'), !this.pins.hidden, (on) => this.pins.show(on), {'data-key': 'on-map'}), h('span', {}, t('on_map')))),
    ];
  }

  get listed() {
    const {notes, app} = this;
    if (!this.inView) return notes.shown;
    const {viewport} = app.engine;
    return notes.shown.filter((note) => {
      const [x, y] = viewport.project([note.lon, note.lat]);
      return x >= 0 && y >= 0 && x <= viewport.width && y <= viewport.height;
    });
  }

  #list() {
    const {notes, listed} = this;
    if (!listed.length) return h('p.am-none', {}, t(notes.list.length ? 'none.here' : 'none'));
    return h('ul.am-list', {'aria-label': t('panel')}, listed.map((note) => h('li', {}, h('button.am-item', {type: 'button', 'data-note': note.id, 'data-key': note.id, onclick: () => this.show(note)},
      h('i.am-mark', {'data-status': note.status, 'aria-hidden': 'true'}),
      h('span.am-words', {}, h('b', {}, note.heading), h('span', {}, [note.author, when(note.created), note.object?.name].filter(Boolean).join(' · '))),
      h('span.am-more', {}, h('span.am-hidden', {}, t(`status.${note.status}`)), note.scenario ? h('span.am-tag', {}, t('scenario')) : null,
        note.replies.length ? h('span', {'aria-label': t('replies', {n: note.replies.length}), title: t('replies', {n: note.replies.length})}, icon('annotations'), String(note.replies.length)) : null,
        note.note ? h('span', {title: note.note[language()]}, icon('warn')) : null)))));
  }

  /** Open one and go there, where it is out of sight. */
  show(note) {
    this.notes.choose(note.id);
    const {viewport} = this.app.engine;
    const [x, y] = viewport.project([note.lon, note.lat, note.height_m]);
    const margin = 0.08;
    if (x < viewport.width * 0.3 || y < viewport.height * margin || x > viewport.width * (1 - margin) || y > viewport.height * (1 - margin) || this.app.engine.view.zoom < 14) this.fly(note);
  }

  #foot() {
    const {notes} = this;
    if (!notes.list.length) return null;
    const query = new URLSearchParams({city: '1', scenario: notes.scenario, ...(notes.status && {status: notes.status}), ...(notes.author && {author: notes.author})});
    const file = (format) => h('button.tw-link', {type: 'button', 'data-key': format, onclick: () => this.attempt(save(`/api/annotations/export.${format}?${query}`, `annotations.${format}`))}, format.toUpperCase());
    return h('p.tw-note.am-files', {}, t('export'), ' ', file('csv'), ' ', file('json'));
  }
}
