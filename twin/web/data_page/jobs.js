// The imports of this page: waiting, uploading, being inspected, ready to be checked, done.

import {Failure, get, send, upload} from '../page/api.js';
import {t as ofPage} from '../page/text.js';
import {t} from './text.js';

const FAST_MS = 400;
const ENDED = new Set(['done', 'failed', 'cancelled']);

/** One file on its way in, as the page knows it. */
export class Job {
  constructor(name, size, file = null) {
    Object.assign(this, {name, size, file, id: null, sent: 0, server: null, error: null, transfer: null});
    this.choices = null;
    this.origin = {source: '', licence: '', date: '', name: ''};
    this.first = null;
    this.box = null;
    this.undone = false;
  }

  /** queued, uploading, waiting, inspecting, ready, importing, done, failed or cancelled. */
  get status() {
    if (this.server) return this.server.status;
    if (this.error) return this.error.code === 'aborted' ? 'cancelled' : 'failed';
    return this.transfer ? 'uploading' : 'queued';
  }

  get ended() { return ENDED.has(this.status); }

  get progress() { return this.server ? this.server.progress : this.sent; }
}

/** The queue: uploads one file after another and follows each on the server. */
export class Jobs {
  /** `changed(job)` runs when a job needs to be drawn anew, `moved(job)` when only its progress did. */
  constructor({changed, moved, done}) {
    Object.assign(this, {changed, moved, done, all: [], sending: false, limit: Infinity});
  }

  /** Take over what the server was doing before this page was opened. */
  async resume() {
    const {imports, max_upload_mb: limit} = await get('/api/imports');
    this.limit = limit * 1e6;
    for (const server of imports.reverse()) {
      if (ENDED.has(server.status)) continue;
      const job = new Job(server.name, null);
      // Until its findings are here, a job that is ready still counts as being inspected.
      Object.assign(job, {id: server.id, server: server.status === 'ready' ? {...server, status: 'inspecting'} : server});
      this.all.push(job);
      this.changed(job);
      this.follow(job);
    }
  }

  add(files) {
    for (const file of files) {
      const job = new Job(file.name, file.size, file);
      if (file.size > this.limit) job.error = new Failure(t('error.too_large', {limit: Math.round(this.limit / 1e6)}));
      else if (file.size === 0) job.error = new Failure(t('error.empty'));
      this.all.push(job);
      this.changed(job);
    }
    this.next();
  }

  async next() {
    const job = this.all.find((item) => item.status === 'queued');
    if (this.sending || !job) return;
    this.sending = true;
    try {
      job.transfer = upload(`/api/imports?name=${encodeURIComponent(job.name)}`, job.file,
        (share) => { job.sent = share; this.moved(job); });
      this.changed(job);
      job.server = await job.transfer.promise;
      job.id = job.server.id;
      job.file = null;
      this.follow(job);
    } catch (error) {
      job.error = error;
    }
    this.sending = false;
    this.changed(job);
    this.next();
  }

  /** Ask for the state of a job until it needs the user or has ended. */
  async follow(job) {
    if (job.following) return;
    job.following = true;
    try {
      for (;;) {
        const before = job.status;
        const server = await get(`/api/imports/${job.id}`);
        job.server = server;
        job.error = server.error ? new Failure(server.error, server.error.code) : null;
        if (server.status === 'ready') this.inspected(job, server.inspection);
        if (server.status === 'ready' || job.ended) break;
        if (server.status === before) this.moved(job); else this.changed(job);
        await new Promise((resolve) => setTimeout(resolve, FAST_MS));
      }
    } catch (error) {
      job.error = error;
      if (error.code === 'unknown_name' || error.code === 'offline') job.server = null;
    }
    job.following = false;
    this.changed(job);
    if (job.status === 'done') this.done(job);
  }

  /** Start from the proposals, keeping what the user chose before a second inspection. */
  inspected(job, inspection) {
    job.inspection = inspection;
    job.first ||= inspection.datasets.map((item) => item.crs);
    if (!job.choices || job.choices.length !== inspection.datasets.length) {
      job.choices = inspection.datasets.map((item) => ({layer: item.layer || '', mapping: {...item.mapping}, crs: '', mode: 'auto',
        skip: false}));
      const origin = inspection.datasets[0]?.origin;
      if (origin) Object.assign(job.origin, origin);
    }
  }

  /** Read the file once more with a reference system the user chose ("" lets the doctor decide). */
  async reinspect(job, crs) {
    await this.step(job, () => send('POST', `/api/imports/${job.id}/inspect`, {crs: crs || 'auto'}));
    job.choices?.forEach((choice) => { choice.crs = crs; });
  }

  /** Bring the file in as chosen. */
  async commit(job) {
    const datasets = job.choices.map((choice, number) => {
      const item = job.inspection.datasets[number];
      return {
        layer: choice.layer, mode: choice.mode, skip: choice.skip, crs: choice.crs,
        mapping: item.columns.length ? choice.mapping : null,
      };
    });
    await this.step(job, () => send('POST', `/api/imports/${job.id}/commit`, {datasets, ...job.origin}));
  }

  async step(job, ask) {
    try {
      job.server = await ask();
      job.error = null;
      this.changed(job);
      this.follow(job);
    } catch (error) {
      job.error = error;
      this.changed(job);
    }
  }

  /** Stop a job; what is on the server is removed there. */
  async cancel(job) {
    if (job.id) {
      try { job.server = {...job.server, ...(await send('DELETE', `/api/imports/${job.id}`))}; } catch (error) { job.error = error; }
      if (!job.ended) this.follow(job);
    } else if (job.transfer) job.transfer.abort();
    else job.error = new Failure(ofPage('error.aborted'), 'aborted');
    this.changed(job);
  }

  /** Take an ended job off the list. */
  drop(job) {
    this.all = this.all.filter((item) => item !== job);
  }
}
