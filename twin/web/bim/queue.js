// Files on their way in: sent one after another, then followed on the server until they are done.

import {Failure, get, send, upload} from '../page/api.js';
import {t} from './text.js';

const ADDRESS = '/api/bim';
const PAUSE_MS = 350;
const ENDED = new Set(['done', 'failed', 'cancelled']);
let numbers = 0;

/** One file, as the page knows it. */
export class Job {
  constructor(name, file = null, model = '') {
    Object.assign(this, {key: numbers += 1, name, file, model, id: null, own: false, sent: 0, server: null, error: null, transfer: null});
  }

  /** queued, sending, waiting, receiving, choosing, converting, done, failed or cancelled. */
  get status() {
    if (this.error) return this.error.code === 'aborted' ? 'cancelled' : 'failed';
    if (this.server) return this.server.status;
    return this.transfer ? 'sending' : 'queued';
  }

  get ended() { return ENDED.has(this.status); }

  get progress() { return this.server ? this.server.progress ?? 0 : this.sent; }

  get findings() { return this.server?.error?.findings ?? this.error?.findings ?? []; }
}

export class Queue {
  jobs = [];
  limit = Infinity;
  #sending = false;

  /** @param changed (job) => … when it must be drawn anew; @param done (job) => … when a model came out of it */
  constructor({changed, done}) { Object.assign(this, {changed, done}); }

  /** Take over what the server was doing before this page was opened. */
  async resume() {
    const {jobs, max_upload_mb: most} = await get(`${ADDRESS}/jobs`);
    if (most) this.limit = most * 1e6;
    for (const server of jobs) {
      if (ENDED.has(server.status) || this.jobs.some((job) => job.id === server.id)) continue;
      this.#take(server);
    }
    this.changed();
  }

  /** A job of the server that was not sent from here, or is one more model of an archive. */
  #take(server) {
    const job = Object.assign(new Job(server.name), {id: server.id, server});
    this.jobs.push(job);
    this.follow(job);
  }

  /** Put files into the queue; `model` is the one that they are a new version of. */
  add(files, model = '') {
    for (const file of files) {
      const job = new Job(file.name, file, model);
      job.own = true;
      if (file.size > this.limit) job.error = new Failure(t('queue.too_large', {limit: Math.round(this.limit / 1e6)}));
      else if (!file.size) job.error = new Failure(t('queue.empty'));
      this.jobs.unshift(job);
    }
    this.changed();
    this.#next();
  }

  async #next() {
    const job = this.jobs.findLast((item) => item.status === 'queued');
    if (this.#sending || !job) return;
    this.#sending = true;
    const query = new URLSearchParams({name: job.name, ...(job.model ? {model: job.model} : {})});
    job.transfer = upload(`${ADDRESS}?${query}`, job.file, (share) => { job.sent = share; this.changed(job); });
    this.changed(job);
    try {
      job.server = await job.transfer.promise;
      job.id = job.server.id;
      job.file = null;
      this.follow(job);
    } catch (error) {
      job.error = error;
    }
    this.#sending = false;
    this.changed(job);
    this.#next();
  }

  async follow(job) {
    try {
      while (!job.ended && job.status !== 'choosing') {
        await new Promise((resolve) => setTimeout(resolve, PAUSE_MS));
        job.server = await get(`${ADDRESS}/jobs/${job.id}`);
        this.changed(job);
      }
    } catch (error) {
      job.error = error;
    }
    this.changed(job);
    if (job.status === 'done') this.done(job);
  }

  /** Say which models of an archive are wanted. */
  async choose(job, entries) {
    try {
      const {jobs, ...first} = await send('POST', `${ADDRESS}/jobs/${job.id}/choose`, {entries});
      job.server = first;
      for (const server of (jobs ?? []).filter(({id}) => id !== job.id)) this.#take(server); // the first is opened when it is done; the others must not take it from under the user
    } catch (error) {
      job.error = error;
    }
    this.changed(job);
    this.follow(job);
  }

  async cancel(job) {
    if (job.id) {
      job.server = await send('DELETE', `${ADDRESS}/jobs/${job.id}`).catch((error) => { job.error = error; return job.server; });
    } else if (job.transfer) job.transfer.abort();
    else job.error = new Failure(t('queue.aborted'), 'aborted');
    this.changed(job);
  }

  drop(job) {
    this.jobs = this.jobs.filter((item) => item !== job);
    this.changed();
  }
}
