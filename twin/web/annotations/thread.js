// One annotation: what it says, where it is pinned, its replies, and what can be done to it.

import {copy, fill, h, icon} from '../map/dom.js';
import {say} from '../map/text.js';
import {authorField, field} from './fields.js';
import {t, when} from './text.js';

export class Thread {
  #doing = ''; // change, delete
  #answer = '';
  #of = '';

  /** @param panel what it stands in: notes, app, page things (attempt, fly, select, address) */
  constructor(panel) { this.panel = panel; }

  render(body) {
    this.body = body;
    const {notes} = this.panel;
    if (this.#of !== notes.chosen) { this.#of = notes.chosen; this.#doing = ''; this.#answer = ''; }
    this.head = h('div');
    this.foot = h('div');
    fill(body,
      h('button.tw-link.am-back', {type: 'button', 'data-key': 'back', onclick: () => this.panel.close()}, t('back')),
      this.head, this.foot);
    this.write();
    this.#form();
  }

  /** What may have changed on the server; the reply being written stays. */
  write() {
    const note = this.panel.notes.current;
    if (!note || !this.head?.isConnected) return;
    if (this.#doing === 'change' && this.head.contains(document.activeElement)) return;
    fill(this.head,
      h('div.am-state', {'data-status': note.status}, h('i.am-mark', {'data-status': note.status, 'aria-hidden': 'true'}), t(`status.${note.status}`),
        note.resolved ? h('span', {}, t('resolved.by', {name: note.resolved.by, when: when(note.resolved.at)})) : null),
      this.#doing === 'change' ? this.#changing(note) : h('article.am-said', {tabindex: '-1', 'aria-label': note.heading},
        note.title ? h('h3', {}, note.title) : null, h('p', {}, note.text), this.#by(note)),
      this.#where(note),
      note.replies.length ? h('ol.am-replies', {'aria-label': t('replies', {n: note.replies.length})}, note.replies.map((reply) => h('li', {}, h('p', {}, reply.text), this.#by(reply)))) : null);
    this.#buttons(note);
  }

  #by({author, created}) { return h('div.am-by', {}, h('b', {}, author), h('time', {datetime: created}, when(created))); }

  #where(note) {
    const {panel} = this;
    const of = panel.scenarioName(note.scenario);
    return h('div.am-where', {},
      note.object ? h('div', {}, h('span', {}, say(note.object.layer_title)),
        note.object.there && note.fid >= 0 ? h('button.tw-link', {type: 'button', 'data-key': 'object', onclick: () => panel.open(note)}, note.object.name) : h('b', {}, note.object.name)) : null,
      of ? h('div', {}, h('span', {}, t('of')), h('b', {}, of)) : null,
      note.note ? h('p.am-gone', {}, icon('warn'), say(note.note)) : null);
  }

  #buttons(note) {
    const {panel} = this;
    const {notes} = panel;
    const done = h('span.tw-done', {role: 'status'});
    const button = (key, work, attributes = {}) => h('button.tw-button', {type: 'button', 'data-key': key, onclick: work, ...attributes}, t(key));
    const next = note.status === 'open' ? 'resolve' : 'reopen';
    this.tools?.remove();
    this.tools = h('div.am-tools', {}, h('div.tw-buttons', {},
      button(next, () => panel.asAuthor(() => notes.settle(note.id, note.status === 'open' ? 'resolved' : 'open')), {'data-status': note.status}),
      button('fly', () => panel.fly(note)),
      button('link', async () => {
        done.textContent = t((await copy(panel.address(note))) ? 'copied' : 'copy.failed');
        setTimeout(() => { done.textContent = ''; }, 2500);
      }),
      note.author === notes.me && this.#doing !== 'change' ? button('change', () => { this.#doing = 'change'; this.write(); this.head.querySelector('textarea')?.focus(); }) : null,
      button('delete', () => { this.#doing = 'delete'; this.write(); this.tools.querySelector('[data-key=delete-yes]')?.focus(); }), done),
    this.#doing === 'delete' ? h('div.am-question', {role: 'group', 'aria-label': t('delete')}, h('p', {}, t(note.replies.length ? 'delete.sure.replies' : 'delete.sure', {n: note.replies.length})), h('div.tw-buttons', {},
      h('button.tw-button.tw-primary', {type: 'button', 'data-key': 'delete-yes', onclick: () => panel.attempt(notes.remove(note.id).then(() => panel.app.shell.say(t('deleted'))))}, t('delete')),
      h('button.tw-button', {type: 'button', onclick: () => { this.#doing = ''; this.write(); this.tools.querySelector('[data-key=delete]')?.focus(); }}, t('cancel')))) : null);
    this.head.after(this.tools);
  }

  #changing(note) {
    const {panel} = this;
    const {limits} = panel;
    const title = h('input.tw-input', {type: 'text', value: note.title, maxlength: limits.title, name: 'title'});
    const text = h('textarea.tw-input.am-text', {maxlength: limits.text, rows: 5, name: 'text', required: true});
    text.value = note.text;
    const done = () => { this.#doing = ''; document.activeElement?.blur(); this.write(); };
    return h('form.am-form', {onsubmit: async (event) => {
      event.preventDefault();
      const changed = {title: title.value, text: text.value};
      if (await panel.attempt(panel.notes.change(note.id, changed).then(() => true))) done();
    }}, field(t('title'), title), field(t('text'), text),
    h('div.tw-buttons', {}, h('button.tw-button.tw-primary', {type: 'submit'}, t('save')), h('button.tw-button', {type: 'button', onclick: done}, t('cancel'))));
  }

  #form() {
    const {panel} = this;
    const text = h('textarea.tw-input.am-text', {maxlength: panel.limits.text, rows: 3, name: 'reply', required: true, placeholder: t('reply.placeholder'), 'aria-label': t('reply'), 'data-key': 'reply',
      oninput: () => { this.#answer = text.value; },
      onkeydown: (event) => { if (event.key === 'Enter' && (event.ctrlKey || event.metaKey)) { event.preventDefault(); form.requestSubmit(); } }});
    text.value = this.#answer;
    const author = authorField(panel);
    const form = h('form.am-form.am-answer', {onsubmit: async (event) => {
      event.preventDefault();
      panel.notes.me = author.input.value;
      const {chosen} = panel.notes;
      if (await panel.attempt(panel.notes.reply(chosen, text.value).then(() => true))) { this.#answer = text.value = ''; text.focus(); }
    }}, text, h('div.am-send', {}, author, h('button.tw-button.tw-primary', {type: 'submit'}, t('reply'))));
    fill(this.foot, form);
  }
}
