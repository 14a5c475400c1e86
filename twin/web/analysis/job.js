// Work of the server that takes long: started, followed, cancelled.

import {get, send} from '../page/api.js';

const TASKS = '/api/tasks';
const ACTIVE = ['waiting', 'running'];
const PAUSES = [250, 400, 600, 1000]; // ms between questions; the last one from then on

export class Job {
  #asked = 0;

  /** @param address that starts it; @param changed called after every answer */
  constructor(address, changed) { Object.assign(this, {address, changed, id: null, state: null, failure: null}); }

  get running() { return this.starting || ACTIVE.includes(this.state?.status); }

  /** Start with a body; resolves when the work has ended. */
  async run(body) {
    const asked = this.#asked += 1;
    Object.assign(this, {state: null, failure: null, starting: true, id: null});
    this.changed();
    try {
      const {id} = await send('POST', this.address, body);
      this.id = id;
      for (let turn = 0; asked === this.#asked; turn += 1) {
        const state = await get(`${TASKS}/${id}`);
        if (asked !== this.#asked) return;
        this.starting = false;
        this.state = state;
        this.changed();
        if (!ACTIVE.includes(state.status)) return;
        await new Promise((resolve) => setTimeout(resolve, PAUSES[Math.min(turn, PAUSES.length - 1)]));
      }
    } catch (error) {
      if (asked !== this.#asked) return;
      this.starting = false;
      this.failure = error;
      this.state = null;
      this.changed();
    }
  }

  async cancel() {
    const {id} = this;
    this.#asked += 1;
    this.starting = false;
    if (this.state) this.state = {...this.state, status: 'cancelled'};
    this.changed();
    if (id) await send('DELETE', `${TASKS}/${id}`).catch(() => {});
  }
}
