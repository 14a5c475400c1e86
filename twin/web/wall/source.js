// The wall's figures: asked for again and again, the last good ones kept, also over a reload, with their age.
//
// Topics: board (other figures), state (age, connection).

import {Store} from '../map/store.js';

const EVERY_MS = 10_000;
const SOON_MS = 1500; // while the server is computing what was never there
const AGAIN_MS = 4000; // while it does not answer
const PATIENCE_MS = 8000;

export class Source extends Store {
  #timer = 0;
  #tag = '';
  #asking = null;

  /** @param query {tour, scenario} */
  constructor(query) {
    super({query, board: null, heard: 0, lost: 0, failed: 0, gone: new Set()});
    this.key = `twin.wall.${query.tour || 'standard'}.${query.scenario}`;
    this.#remember();
  }

  #remember() {
    try {
      const kept = JSON.parse(localStorage.getItem(this.key));
      if (kept?.board) Object.assign(this, {board: kept.board, heard: kept.heard});
    } catch { /* nothing kept, or a private window */ }
  }

  #keep() {
    try { localStorage.setItem(this.key, JSON.stringify({board: this.board, heard: this.heard})); } catch { /* full or private */ }
  }

  /** Whether the server does not answer. */
  get offline() { return this.failed > 1 || (this.lost > 0 && !this.board); }

  start() { this.#ask(); }

  /** Ask now. */
  async renew() {
    clearTimeout(this.#timer);
    await this.#ask();
  }

  async #ask() {
    this.#asking?.abort();
    const asking = this.#asking = new AbortController();
    const late = setTimeout(() => asking.abort(), PATIENCE_MS);
    let next = EVERY_MS;
    try {
      const {tour, scenario} = this.query;
      const query = new URLSearchParams({tour: this.gone.has('tour') ? '' : tour, scenario: this.gone.has('scenario') ? '' : scenario});
      const reply = await fetch(`/api/wall?${query}`, {signal: asking.signal, cache: 'no-cache'});
      if (reply.status === 404) next = await this.#missing(reply);
      else if (!reply.ok) throw new Error(`${reply.status}`);
      else {
        const tag = reply.headers.get('ETag');
        if (tag !== this.#tag || !this.board) {
          const board = await reply.json();
          this.board = this.#merged(board);
          this.#tag = tag;
          this.heard = Date.now();
          Object.assign(this, {lost: 0, failed: 0});
          this.#keep();
          this.tell('board', this.board);
          if (board.pending.length) next = SOON_MS;
        } else await reply.text();
        this.heard = Date.now();
        Object.assign(this, {lost: 0, failed: 0});
        if (this.board.pending?.length && !Object.keys(this.board.sources ?? {}).length) next = SOON_MS;
        this.tell('state');
      }
    } catch (error) {
      if (asking !== this.#asking) return; // asked again meanwhile
      this.lost ||= Date.now();
      this.failed += 1; // once may be a busy server
      next = AGAIN_MS;
      this.tell('state');
    } finally {
      clearTimeout(late);
    }
    if (asking !== this.#asking || this.stopped) return;
    clearTimeout(this.#timer);
    this.#timer = setTimeout(() => this.#ask(), next);
  }

  /** Sources that the server has lost, as after it started anew, stay as they were here, with when they were made. */
  #merged(board) {
    const before = this.board;
    const merged = {...board};
    if (!before || before.scenario?.id !== board.scenario?.id) return merged;
    for (const [name, made] of Object.entries(before.sources ?? {})) {
      if (board[name] || !before[name]) continue;
      merged[name] = before[name];
      merged.sources = {...merged.sources, [name]: made};
    }
    return merged;
  }

  /** What the address names is gone: show the rest. */
  async #missing(reply) {
    const said = await reply.json().catch(() => ({}));
    const about = /tour|巡览/i.test(JSON.stringify(said.detail ?? '')) && !this.gone.has('tour') ? 'tour' : 'scenario';
    if (this.gone.has(about)) throw new Error('404');
    this.gone.add(about);
    return 0;
  }

  stop() {
    this.stopped = true;
    clearTimeout(this.#timer);
    this.#asking?.abort();
  }
}
