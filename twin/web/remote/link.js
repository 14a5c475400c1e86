// What a wall needs to be driven by phones: it registers, hears commands, tells what it shows, and offers a code.
//
//   const link = new WallLink({onCommand, state: () => ({tour, index, paused, base, scenario, layers: {id: on}, elapsed_s})});
//   link.tell();             after anything of the state changed
//   host.append(link.card()) QR code, digits and how long they hold; keeps itself up to date while it is in the page
//   link.dispose();
//
// onCommand gets {do: 'next' | 'previous' | 'pause' | 'resume'}, {do: 'jump', index, viewpoint}, {do: 'layer', layer, on},
// {do: 'base', on} and {do: 'paired', phones}. Who the wall is survives a reload of its page; when the
// server was started anew it registers again. `link.on('state' | 'offer' | 'paired', fn)`: connected or not, another code, a phone.

import {fill, h} from '../map/dom.js';
import {say} from '../map/text.js';
import {t} from './text.js';

const KEPT = 'twin.wall.link';
const AGAIN_MS = [500, 1000, 2000, 4000, 8000];
const SILENT_MS = 15_000; // the server shows every 5 s that a stream lives
const HELD_MS = 6000; // a phone that holds 原状 says so every 2 s; after this it is gone

const kept = () => { try { return JSON.parse(sessionStorage.getItem(KEPT)); } catch { return null; } };
const keep = (value) => { try { sessionStorage.setItem(KEPT, JSON.stringify(value)); } catch { /* private window */ } };

export class WallLink {
  #listeners = new Map();
  #source = null;
  #failed = 0;
  #timer = 0;
  #watch = 0;
  #held = 0;
  #telling = false;
  #more = false;
  #joining = null;
  #gone = false;

  constructor({onCommand, state}) {
    Object.assign(this, {onCommand, state, connected: false, offer: null, until: 0, phones: 0});
    this.who = kept(); // {wall, secret, after}
    this.#connect();
  }

  on(topic, listener) {
    const listeners = this.#listeners.get(topic) ?? new Set();
    this.#listeners.set(topic, listeners.add(listener));
    return () => listeners.delete(listener);
  }

  #say(topic) { for (const listener of [...(this.#listeners.get(topic) ?? [])]) listener(this); }

  /** Tell the server what the wall shows now; calls while one is out become one. */
  async tell() {
    if (this.#telling) { this.#more = true; return; }
    if (!this.who || !this.connected) return; // told on connecting
    this.#telling = true;
    do {
      this.#more = false;
      try {
        const reply = await this.#put();
        if (!reply.ok) console.warn('state of the wall refused', reply.status, await reply.text());
      } catch { break; } // the stream notices and tells again
    } while (this.#more && !this.#gone);
    this.#telling = false;
  }

  /** Another code in place of the present one; {code, address, why, …}. */
  async code() {
    await this.joined();
    const reply = await this.#post(`/api/walls/${this.who.wall}/code`, {secret: this.who.secret});
    if (reply.status === 404) { this.#lost(); await this.joined(); return this.offer; }
    if (reply.ok) this.#offered(await reply.json());
    return this.offer;
  }

  /** When the wall is registered, again where the server forgot it. */
  joined() {
    if (this.who) return Promise.resolve();
    this.#joining ??= this.#post('/api/walls', {}).then(async (reply) => {
      if (!reply.ok) throw new Error(`/api/walls: ${reply.status}`);
      const {wall, secret, ...offer} = await reply.json();
      this.who = {wall, secret, after: 0};
      keep(this.who);
      this.#offered(offer);
    }).finally(() => { this.#joining = null; });
    return this.#joining;
  }

  #post(address, body) {
    return fetch(address, {method: 'POST', headers: {'Content-Type': 'application/json'}, body: JSON.stringify(body)});
  }

  #offered(offer) {
    this.offer = offer;
    this.until = performance.now() + offer.expires_s * 1000;
    this.#say('offer');
  }

  async #connect() {
    if (this.#gone) return;
    try {
      await this.joined();
    } catch {
      this.#later();
      return;
    }
    if (this.#gone) return;
    const {wall, secret, after} = this.who;
    const source = this.#source = new EventSource(`/api/walls/${wall}/events?secret=${encodeURIComponent(secret)}&after=${after}`);
    const alive = () => { clearTimeout(this.#watch); this.#watch = setTimeout(() => source.onerror(), SILENT_MS); };
    source.addEventListener('alive', alive);
    source.onopen = () => { this.#failed = 0; alive(); this.#state(true); this.tell(); };
    source.onmessage = (event) => { alive(); this.#heard(JSON.parse(event.data)); };
    source.onerror = async () => {
      this.#close();
      if (await this.#forgotten()) this.#lost(); // a stream does not say why it failed
      this.#later();
    };
  }

  #put() {
    return fetch(`/api/walls/${this.who.wall}/state?secret=${encodeURIComponent(this.who.secret)}`, {
      method: 'PUT', headers: {'Content-Type': 'application/json'}, body: JSON.stringify(this.state())});
  }

  /** Whether the server is there and knows nothing of this wall. */
  async #forgotten() { return Boolean(this.who) && (await this.#put().catch(() => null))?.status === 404; }

  #lost() { this.who = null; this.offer = null; this.phones = 0; keep(null); this.#say('offer'); }

  #close() {
    clearTimeout(this.#watch);
    this.#source?.close();
    this.#source = null;
    this.#state(false);
  }

  #later() {
    clearTimeout(this.#timer);
    if (!this.#gone) this.#timer = setTimeout(() => this.#connect(), AGAIN_MS[Math.min(this.#failed++, AGAIN_MS.length - 1)]);
  }

  #state(connected) {
    if (this.connected === connected) return;
    this.connected = connected;
    this.#say('state');
  }

  #heard({serial, ...command}) {
    this.who.after = serial;
    keep(this.who);
    if (command.do === 'paired') {
      this.phones = command.phones;
      this.offer = null;
      this.#say('offer');
      this.#say('paired');
    }
    if (command.do === 'base') {
      clearTimeout(this.#held);
      if (command.on) this.#held = setTimeout(() => this.onCommand({do: 'base', on: false}), HELD_MS);
    }
    this.onCommand(command);
  }

  /** What a wall shows to who wants to drive it; the code is renewed while the card stands in the page. */
  card() {
    const card = h('section.rm-card', {'aria-label': t('wall.title')});
    let asking = false;
    const draw = () => {
      const {offer} = this;
      const left = Math.max(0, Math.round((this.until - performance.now()) / 1000));
      const shown = card.querySelector('[data-rm=left]');
      if (offer?.code && left && shown && card.dataset.code === offer.code) { shown.textContent = t('wall.left', {seconds: left}); return; }
      card.dataset.code = offer?.code ?? '';
      if (!offer?.code || !left) {
        fill(card, h('h2', {}, t('wall.title')), h('p', {}, this.phones ? t('wall.paired', {count: this.phones}) : t('wall.waiting')));
        if (!asking && this.connected) { asking = true; this.code().catch(() => {}).finally(() => { asking = false; draw(); }); }
        return;
      }
      const image = offer.address
        ? h('img', {alt: t('wall.qr'), src: `/api/walls/${this.who.wall}/qr.svg?secret=${encodeURIComponent(this.who.secret)}&code=${offer.code}`})
        : null;
      fill(card, h('h2', {}, t('wall.title')),
        image,
        h('p.rm-code', {'aria-label': t('wall.code')}, h('b', {}, offer.code.slice(0, 3), '\u2009', offer.code.slice(3))),
        offer.page ? h('p.rm-address', {}, t('wall.open', {address: offer.page})) : h('p.rm-why', {}, say(offer.why)),
        h('p', {'data-rm': 'left'}, t('wall.left', {seconds: left})),
        this.phones ? h('p', {}, t('wall.paired', {count: this.phones})) : null);
    };
    const off = [this.on('offer', draw), this.on('state', draw)];
    const tick = setInterval(() => {
      if (card.isConnected) { draw(); card.dataset.stood = '1'; } else if (card.dataset.stood) { clearInterval(tick); off.forEach((end) => end()); }
    }, 1000);
    draw();
    return card;
  }

  dispose() {
    this.#gone = true;
    clearTimeout(this.#timer);
    clearTimeout(this.#held);
    clearTimeout(this.#watch);
    this.#source?.close();
    this.#source = null;
  }
}
