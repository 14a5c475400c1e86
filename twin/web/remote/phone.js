// The page of the presenter's phone: pairs with a wall by its code, shows where the tour is, and drives it.
//
// One stream tells what the wall shows; every tap is one request. The token
// lives as long as the browser's tab; a reload goes on where it was.

import {fill, h, icon} from '../map/dom.js';
import {chooseLanguage, language, loadTexts, say, t as ofMap, tokens} from '../map/text.js';
import {t} from './text.js';

const KEPT = 'twin.remote.token';
const AGAIN_MS = [300, 700, 1500, 3000, 5000];
const SILENT_MS = 12_000;
const HOLD_MS = 2000;

class Remote {
  #source = null;
  #failed = 0;
  #timer = 0;
  #watch = 0;
  #clock = 0;
  #hold = 0;
  #note = 0;

  constructor(root) {
    Object.assign(this, {root, token: sessionStorage.getItem(KEPT) ?? '', wall: null, tour: null, names: {}, online: false, sheet: '', message: '', at: 0});
  }

  start() {
    const asked = new URL(location.href).searchParams;
    for (const [name, value] of Object.entries(tokens().dark)) document.documentElement.style.setProperty(`--${name.replaceAll('_', '-')}`, value);
    document.documentElement.style.background = tokens().dark.ground;
    document.body.style.fontFamily = tokens().font;
    document.addEventListener('visibilitychange', () => { if (!document.hidden && this.token && !this.#source) this.#connect(); });
    window.addEventListener('online', () => { if (this.token && !this.#source) this.#connect(); });
    window.addEventListener('blur', () => this.#base(false));
    const code = /^\d{6}$/.test(asked.get('code') ?? '') ? asked.get('code') : '';
    // The code works once: it must not be tried again when the page is loaded again.
    if (asked.has('code')) history.replaceState(null, '', location.pathname);
    this.draw();
    if (code) this.pair(code);
    else if (this.token) this.#connect();
  }

  draw() {
    document.documentElement.lang = language() === 'en' ? 'en' : 'zh-CN';
    document.title = t('title');
    this.root.dataset.view = this.token ? 'remote' : 'code';
    if (this.token) this.#panel(); else this.#entry();
  }

  #languageButton() {
    const other = language() === 'zh' ? 'en' : 'zh';
    return h('button.quiet', {type: 'button', lang: other, 'aria-label': ofMap('language'), 'data-do': 'language',
      onclick: () => { chooseLanguage(other); this.draw(); }}, ofMap('language.other'));
  }

  // -- pairing ---------------------------------------------------------------

  #entry() {
    const field = h('input', {id: 'code', name: 'code', type: 'text', inputmode: 'numeric', autocomplete: 'one-time-code', maxlength: 6, pattern: '[0-9]{6}',
      'aria-describedby': 'say', placeholder: '······', oninput: () => {
        field.value = field.value.replace(/\D/g, '').slice(0, 6);
        if (field.value.length === 6) this.pair(field.value);
      }});
    fill(this.root,
      h('header', {}, h('h1', {}, t('title')), this.#languageButton()),
      h('form.entry', {onsubmit: (event) => { event.preventDefault(); this.pair(field.value); }},
        h('label', {for: 'code'}, t('code')),
        field,
        h('p.say', {id: 'say', role: 'alert', 'data-kind': this.kind ?? ''}, this.message || t('code.help')),
        h('button.primary', {type: 'submit', disabled: this.pairing}, t(this.pairing ? 'pairing' : 'pair'))));
    if (!this.pairing) field.focus();
  }

  async pair(code) {
    if (this.pairing) return;
    if (!/^\d{6}$/.test(code)) { this.#entrySays(t('code.six'), 'bad'); return; }
    this.pairing = true;
    this.token = '';
    this.#entrySays(t('pairing'));
    const reply = await post('/api/remote/pair', {code});
    this.pairing = false;
    if (!reply.ok) { this.#entrySays(reply.sentence, 'bad'); return; }
    this.#paired(reply.body.token);
    this.message = '';
    this.draw();
    this.#connect();
  }

  #entrySays(message, kind = '') { Object.assign(this, {message, kind}); this.draw(); }

  #paired(token) {
    this.token = token;
    try { if (token) sessionStorage.setItem(KEPT, token); else sessionStorage.removeItem(KEPT); } catch { /* private window */ }
  }

  /** The pairing is over: back to the code, with the reason. */
  #ended(message) {
    this.#close();
    this.#paired('');
    Object.assign(this, {wall: null, tour: null, sheet: ''});
    this.#entrySays(message, 'bad');
  }

  // -- what the wall shows ---------------------------------------------------

  #connect() {
    clearTimeout(this.#timer);
    this.#source?.close();
    const source = this.#source = new EventSource(`/api/remote/state?token=${encodeURIComponent(this.token)}`);
    const alive = () => { clearTimeout(this.#watch); this.#watch = setTimeout(() => source.onerror(), SILENT_MS); };
    source.addEventListener('alive', alive);
    source.onopen = () => { this.#failed = 0; this.online = true; alive(); this.#status(); };
    source.onmessage = (event) => { alive(); this.#heard(JSON.parse(event.data)); };
    source.onerror = async () => {
      if (source !== this.#source) return;
      this.#close();
      this.#status();
      // A stream does not say why it failed: an unpaired phone is told so, any other tries again.
      const reply = await post('/api/remote/command', {token: this.token, do: 'none'});
      if (reply.status === 404) { this.#ended(reply.sentence); return; }
      this.#timer = setTimeout(() => this.#connect(), AGAIN_MS[Math.min(this.#failed++, AGAIN_MS.length - 1)]);
    };
  }

  #close() {
    clearTimeout(this.#timer);
    clearTimeout(this.#watch);
    this.#source?.close();
    this.#source = null;
    this.online = false;
  }

  #heard({kind, ...told}) {
    if (kind === 'end') { this.#ended(t('ended')); return; }
    if (kind === 'tour') this.tour = told;
    else if (kind === 'layers') this.names = told.names;
    else if (kind === 'wall') this.wall = {...this.wall, connected: told.connected};
    else if (kind === 'state') {
      this.wall = {connected: true, ...this.wall, ...told};
      this.at = performance.now() - this.wall.elapsed_s * 1000;
    }
    if (!this.root.querySelector('[data-part=now]')) this.draw(); else this.#write();
  }

  get points() { return this.tour?.viewpoints ?? []; }
  get point() { return this.points[this.wall?.index ?? 0] ?? null; }
  #title(point) { return point ? (language() === 'en' && point.title_en) || point.title : ''; }
  #caption(point) { return point ? (language() === 'en' && point.caption_en) || point.caption : ''; }

  // -- the panel ---------------------------------------------------------------

  #panel() {
    const button = (name, symbol, label, work, more = {}) =>
      h(`button.${more.kind ?? 'key'}`, {type: 'button', 'data-do': name, 'aria-label': label, onclick: work, ...more.attributes}, icon(symbol), h('span', {}, label));
    const hold = (on) => (event) => {
      if (on) event.target.closest('button').setPointerCapture?.(event.pointerId);
      this.#base(on);
    };
    this.holding = button('base', 'undo', t('base'), null, {attributes: {'aria-pressed': 'false',
      onpointerdown: hold(true), onpointerup: hold(false), onpointercancel: hold(false), oncontextmenu: (event) => event.preventDefault(),
      onkeydown: (event) => { if ([' ', 'Enter'].includes(event.key) && !event.repeat) { event.preventDefault(); this.#base(true); } },
      onkeyup: (event) => { if ([' ', 'Enter'].includes(event.key)) this.#base(false); }}});
    fill(this.root,
      h('header', {},
        h('p.status', {'data-part': 'status', role: 'status'}),
        this.#languageButton(),
        h('button.quiet', {type: 'button', 'data-do': 'end', onclick: () => this.#end()}, t('end'))),
      h('section.now', {'data-part': 'now', 'aria-live': 'polite'},
        h('p.count', {'data-part': 'count'}), h('h1', {'data-part': 'title'}), h('p.caption', {'data-part': 'caption'}),
        h('div.bar', {'data-part': 'bar', role: 'progressbar', 'aria-label': t('progress'), 'aria-valuemin': 0, 'aria-valuemax': 100}, h('i')),
        h('p.next', {'data-part': 'next'})),
      h('section.sheet', {'data-part': 'sheet', hidden: true}),
      h('nav.keys', {'aria-label': t('keys')},
        h('div.row', {},
          button('sheet-jump', 'list', t('jump'), () => this.#open('jump'), {attributes: {'aria-expanded': 'false'}}),
          button('sheet-layers', 'layers', t('layers'), () => this.#open('layers'), {attributes: {'aria-expanded': 'false'}}),
          this.holding),
        h('div.row.main', {},
          button('previous', 'back', t('previous'), () => this.#send({do: 'previous'})),
          button('pause', 'pause', t('pause'), () => this.#send({do: this.wall?.paused ? 'resume' : 'pause'})),
          button('next', 'forward', t('next'), () => this.#send({do: 'next'}), {kind: 'key.primary'}))),
      h('p.note', {'data-part': 'note', role: 'alert'}));
    clearInterval(this.#clock);
    this.#clock = setInterval(() => this.#bar(), 250);
    this.#write();
  }

  #part(name) { return this.root.querySelector(`[data-part=${name}]`); }

  #write() {
    if (!this.#part('now')) return;
    const {wall, point, points} = this;
    const index = wall?.index ?? 0;
    this.#status();
    this.#part('count').textContent = points.length ? t('count', {number: index + 1, count: points.length, tour: this.tour.name}) : '';
    this.#part('title').textContent = this.#title(point) || t(wall ? 'nothing' : 'waiting');
    this.#part('caption').textContent = this.#caption(point);
    const next = points[(index + 1) % points.length];
    this.#part('next').textContent = points.length > 1 ? t('after', {title: this.#title(next)}) : '';
    const pause = this.root.querySelector('[data-do=pause]');
    pause.querySelector('span').textContent = t(wall?.paused ? 'resume' : 'pause');
    pause.setAttribute('aria-label', t(wall?.paused ? 'resume' : 'pause'));
    pause.querySelector('svg').replaceWith(icon(wall?.paused ? 'play' : 'pause'));
    this.root.dataset.index = index;
    this.root.dataset.paused = Boolean(wall?.paused);
    this.holding.setAttribute('aria-pressed', String(Boolean(wall?.base)));
    this.holding.disabled = Boolean(wall) && !wall.scenario;
    this.holding.title = wall && !wall.scenario ? t('base.none') : t('base.help');
    this.root.querySelector('[data-do=sheet-layers]').disabled = !Object.keys(wall?.layers ?? {}).length;
    this.#bar();
    this.#sheet();
  }

  #status() {
    const status = this.#part('status');
    if (!status) return;
    const state = !this.online ? 'offline' : this.wall && !this.wall.connected ? 'gone' : 'online';
    status.dataset.state = state;
    this.root.dataset.state = state;
    status.textContent = t(`state.${state}`);
  }

  #bar() {
    const bar = this.#part('bar');
    if (!bar) return;
    const seconds = this.wall?.paused ? this.wall.elapsed_s : (performance.now() - this.at) / 1000;
    const share = this.point && this.wall ? Math.min(100, (100 * seconds) / this.point.duration_s) : 0;
    bar.firstChild.style.width = `${share}%`;
    bar.setAttribute('aria-valuenow', Math.round(share));
  }

  // -- sheets ------------------------------------------------------------------

  #open(name) {
    this.sheet = this.sheet === name ? '' : name;
    this.#sheet(true);
  }

  #sheet(fresh = false) {
    const sheet = this.#part('sheet');
    for (const key of ['jump', 'layers']) this.root.querySelector(`[data-do=sheet-${key}]`).setAttribute('aria-expanded', String(this.sheet === key));
    sheet.hidden = !this.sheet;
    this.root.dataset.sheet = this.sheet;
    if (!this.sheet) { fill(sheet); return; }
    const scrolled = fresh ? 0 : sheet.scrollTop;
    fill(sheet, this.sheet === 'jump' ? this.#jumps() : this.#layers());
    sheet.scrollTop = scrolled;
    if (fresh) (sheet.querySelector('[aria-current=step]') ?? sheet.querySelector('button'))?.scrollIntoView({block: 'nearest'});
  }

  #jumps() {
    return h('ol', {}, this.points.map((point, index) => h('li', {}, h('button', {
      type: 'button', 'data-jump': index, 'aria-current': index === this.wall?.index && 'step',
      onclick: () => { this.#open(''); this.#send({do: 'jump', index, viewpoint: point.id}); },
    }, h('b', {}, String(index + 1)), h('span', {}, this.#title(point))))));
  }

  #layers() {
    return h('ul', {}, Object.entries(this.wall?.layers ?? {}).map(([layer, on]) => h('li', {}, h('button', {
      type: 'button', role: 'switch', 'aria-checked': String(on), 'data-layer': layer,
      onclick: () => this.#send({do: 'layer', layer, on: !on}),
    }, h('span', {}, say(this.names[layer]) || layer), h('i.switch')))));
  }

  // -- commands ----------------------------------------------------------------

  async #send(command) {
    navigator.vibrate?.(12);
    const reply = await post('/api/remote/command', {token: this.token, ...command});
    if (reply.ok) { this.#tell(''); return; }
    if (reply.status === 404 && !(await this.#known())) { this.#ended(reply.sentence); return; }
    this.#tell(reply.sentence);
  }

  /** Whether this phone is still paired: the wall may be gone while the phone is not. */
  async #known() { return (await post('/api/remote/command', {token: this.token, do: 'none'})).status !== 404; }

  /** 原状 while it is held, said again and again so that a lost phone does not leave it on. */
  #base(on) {
    if (on === Boolean(this.#hold)) return;
    clearInterval(this.#hold);
    this.#hold = on ? setInterval(() => this.#send({do: 'base', on: true}), HOLD_MS) : 0;
    this.#send({do: 'base', on});
  }

  async #end() {
    const token = this.token;
    this.#ended('');
    await post('/api/remote/end', {token});
  }

  #tell(message) {
    const note = this.#part('note');
    if (!note) return;
    note.textContent = message;
    clearTimeout(this.#note);
    if (message) this.#note = setTimeout(() => { note.textContent = ''; }, 6000);
  }
}

/** A request and how it went; a failure has its sentence. */
async function post(address, body) {
  let reply;
  try {
    reply = await fetch(address, {method: 'POST', headers: {'Content-Type': 'application/json'}, body: JSON.stringify(body)});
  } catch {
    return {ok: false, status: 0, sentence: t('offline')};
  }
  const told = await reply.json().catch(() => ({}));
  return {ok: reply.ok, status: reply.status, body: told, sentence: say(told.detail) || t('offline')};
}

await loadTexts('/assets/');
window.remote = new Remote(document.getElementById('remote'));
window.remote.start();
