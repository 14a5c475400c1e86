// The models there are: how they come in, what is on its way, what became of each.

import {refresh} from '../analysis/refresh.js';
import {confirm} from '../page/dialog.js';
import {fill, h, icon} from '../map/dom.js';
import {length, number} from '../map/format.js';
import {say} from '../map/text.js';
import {sentence, t} from './text.js';

const FINDINGS = 6;
const MARKS = {accepted: ['check', 'good'], warning: ['warn', 'warn'], rejected: ['close', 'bad']};

export class ModelsPanel {
  #chosen = new Map(); // job -> entries of its archive that are wanted
  #cards = new Map();

  constructor(page) {
    Object.assign(this, {page, session: page.session});
    for (const topic of ['list', 'model', 'building']) page.session.on(topic, () => this.write());
    page.session.on('share', () => this.#share());
  }

  get title() { return t('models'); }

  render(body) {
    this.body = body;
    this.parts = Object.fromEntries(['upload', 'jobs', 'list'].map((name) => [name, h('div', {'data-part': name})]));
    this.#cards.clear();
    fill(body, Object.values(this.parts));
    fill(this.parts.upload, this.#upload());
    this.jobs();
    this.write();
  }

  #upload() {
    const input = h('input.an-hidden', {type: 'file', multiple: true, accept: '.ifc,.ifczip,.zip,.ifcxml', 'data-key': 'file', 'aria-label': t('upload'),
      onchange: (event) => { this.page.receive([...event.target.files]); event.target.value = ''; }});
    return h('label.bim-upload', {}, icon('upload'), h('span', {}, h('b', {}, t('upload')), h('small', {}, t('upload.text'))), input);
  }

  /** Draw one job anew, or all of them. */
  jobs(only = null) {
    if (!this.body?.isConnected) return;
    const {jobs} = this.page.queue;
    if (only && this.#cards.has(only)) {
      const bar = this.#cards.get(only);
      if (bar.dataset.status === only.status && this.#moved(bar, only)) return;
    }
    this.#cards.clear();
    fill(this.parts.jobs, jobs.map((job) => { const card = this.#job(job); this.#cards.set(job, card); return card; }));
  }

  job(job) { this.jobs(job ?? null); }

  /** Only the progress of a job changed. */
  #moved(card, job) {
    const [bar, stage, share] = ['progress', '.bim-stage', '.bim-share'].map((part) => card.querySelector(part));
    if (!bar) return job.ended;
    bar.value = job.progress;
    stage.textContent = stageOf(job);
    share.textContent = `${Math.round(job.progress * 100)} %`;
    return true;
  }

  #job(job) {
    const {queue} = this.page;
    const running = !job.ended && job.status !== 'choosing';
    return h('div.bim-job', {'data-status': job.status, 'data-job': job.name},
      h('div.bim-job-head', {}, h('b', {title: job.name}, job.name),
        job.ended ? h('span.bim-state', {'data-kind': job.status}, t(job.status === 'done' ? 'outcome.accepted' : `queue.${job.status}`)) : null,
        h('button.tw-quiet', {type: 'button', 'data-key': job.ended ? 'drop' : 'cancel', 'aria-label': t(job.ended ? 'queue.drop' : 'queue.cancel'), title: t(job.ended ? 'queue.drop' : 'queue.cancel'),
          onclick: () => (job.ended ? queue.drop(job) : queue.cancel(job))}, icon('close'))),
      running ? [
        h('progress', {max: '1', value: job.progress, 'aria-label': job.name}),
        h('div.bim-job-line', {role: 'status'}, h('span.bim-stage', {}, stageOf(job)), h('span.bim-share', {}, `${Math.round(job.progress * 100)} %`)),
      ] : null,
      job.status === 'choosing' ? this.#choose(job) : null,
      job.status === 'failed' ? this.#failure(job) : null);
  }

  #failure(job) {
    const text = job.error ? sentence(job.error) : say(job.server.error);
    const findings = job.findings.filter((item) => say(item.text) !== text);
    return [
      h('p.an-failure', {role: 'alert'}, text),
      findings.length ? h('ul.bim-findings', {}, findings.slice(0, FINDINGS).map((item) => h('li', {'data-severity': item.severity}, icon(item.severity === 'info' ? 'check' : 'warn'), h('span', {}, say(item.text))))) : null,
    ];
  }

  #choose(job) {
    const entries = job.server.entries ?? [];
    const chosen = this.#chosen.get(job) ?? new Set(entries);
    this.#chosen.set(job, chosen);
    const go = h('button.tw-button.tw-primary', {type: 'button', 'data-key': 'take', onclick: () => this.page.queue.choose(job, entries.filter((name) => chosen.has(name)))}, t('choose.take', {n: chosen.size}));
    const name = (entry) => (typeof entry === 'string' ? entry : entry.name);
    return [
      h('p.tw-note', {}, t('choose.text', {n: entries.length})),
      h('div.tw-checks', {}, entries.map((entry) => h('label.tw-check', {}, h('input', {type: 'checkbox', checked: chosen.has(entry), onchange: (event) => {
        if (event.target.checked) chosen.add(entry); else chosen.delete(entry);
        go.disabled = !chosen.size;
        go.textContent = t('choose.take', {n: chosen.size});
      }}), h('span.tw-check-text', {title: name(entry)}, name(entry))))),
      h('div.tw-buttons', {}, go),
    ];
  }

  #share() {
    const bar = this.body?.isConnected && this.body.querySelector('.bim-loading');
    if (bar) bar.value = this.session.share;
  }

  write() {
    if (!this.body?.isConnected) return;
    const {list} = this.session;
    if (!list) { fill(this.parts.list, h('p.tw-note', {}, t('loading'))); return; }
    refresh(this.parts.list,
      h('div.an-section-head.bim-list-head', {}, h('h3', {}, t('list')), h('span.tw-count', {}, number(list.length))),
      list.length ? h('ul.bim-models', {}, list.map((model) => this.#model(model))) : h('div.bim-empty', {}, h('p.tw-note', {}, t('list.empty'))));
  }

  #model(model) {
    const {session, page} = this;
    const open = session.id === model.id;
    const [symbol, kind] = MARKS[model.outcome] ?? MARKS.accepted;
    const beside = session.beside.has(model.id);
    const facts = [model.schema, model.storeys ? t('list.storeys', {n: model.storeys}) : null, model.height_m ? length(model.height_m) : null, model.versions > 1 ? t('list.version', {n: model.version}) : null].filter(Boolean);
    return h('li', {'data-model': model.id, 'data-open': String(open)},
      h('button.bim-model', {type: 'button', 'data-key': `open-${model.id}`, onclick: () => page.attempt(page.show(model.id))},
        h('span.bim-outcome', {'data-kind': kind, title: t(`outcome.${model.outcome}`)}, icon(symbol)),
        h('b', {title: [model.name, model.file].filter(Boolean).join('\n')}, model.name),
        h('small', {}, facts.join(' · ')),
        h('small.bim-where', {'data-placed': String(Boolean(model.placement))}, model.building ? [icon('home'), h('span', {title: model.building.identifier}, model.building.name || t('city.unnamed'))] : model.placement ? [icon('map'), t('list.placed')] : [icon('warn'), t('list.unplaced')])),
      open && session.share < 1 && !session.failure ? h('progress.bim-loading', {max: '1', value: session.share, 'aria-label': t('loading')}) : null,
      open && session.failure ? h('p.an-failure', {role: 'alert'}, sentence(session.failure)) : null,
      open ? h('div.tw-buttons.bim-model-tools', {},
        h('button.tw-button', {type: 'button', 'data-key': 'fly', disabled: !session.building?.chunks, onclick: () => page.fly()}, icon('target'), t('list.fly')),
        this.#again(model),
        h('button.tw-button', {type: 'button', 'data-key': 'rename', onclick: () => this.#rename(model)}, t('list.rename')),
        h('button.tw-button', {type: 'button', 'data-key': 'remove', onclick: () => this.#remove(model)}, icon('trash'), t('list.remove')))
        : model.placement && session.id ? h('label.tw-check.bim-beside', {}, h('input', {type: 'checkbox', checked: beside, 'data-key': `beside-${model.id}`, onchange: (event) => page.attempt(session.show(model.id, event.target.checked))}), h('span.tw-check-text', {}, t('list.beside'))) : null);
  }

  /** Another version of a model. */
  #again(model) {
    return h('label.tw-button', {}, icon('upload'), t('list.version_upload'), h('input.an-hidden', {type: 'file', accept: '.ifc,.ifczip,.zip', 'data-key': 'version-file', 'aria-label': t('list.version_upload'),
      onchange: (event) => { this.page.receive([...event.target.files].slice(0, 1), model.id); event.target.value = ''; }}));
  }

  #rename(model) {
    const line = this.body.querySelector(`[data-model="${model.id}"]`);
    const input = h('input.tw-input', {type: 'text', value: model.name, maxlength: '120', 'aria-label': t('list.rename'), 'data-key': 'name'});
    const keep = () => { if (input.value.trim() && input.value.trim() !== model.name) this.page.attempt(this.session.change({name: input.value.trim()})); else this.write(); };
    input.addEventListener('keydown', (event) => { if (event.key === 'Enter') keep(); if (event.key === 'Escape') { event.stopPropagation(); this.write(); } });
    input.addEventListener('blur', keep, {once: true});
    line.querySelector('.bim-model').replaceWith(input);
    input.select();
  }

  async #remove(model) {
    if (await confirm(this.page.app.host, t('remove.title', {name: model.name}), t('remove.text', {n: model.versions}), t('list.remove'))) this.page.attempt(this.session.remove());
  }
}

function stageOf(job) {
  if (job.status === 'sending') return t('queue.sending');
  if (job.status === 'queued' || job.status === 'waiting') return t('queue.waiting');
  return say(job.server?.stage) || t(`queue.${job.status}`);
}
