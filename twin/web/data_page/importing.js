// Section 1: files dropped or chosen, each as a card from upload to result.

import {Jobs} from './jobs.js';
import {save, send} from '../page/api.js';
import {h, icon} from '../map/dom.js';
import {count, percent, size} from '../page/figures.js';
import {confirm, note} from '../page/dialog.js';
import {mapLink} from '../page/links.js';
import {Review} from './review.js';
import {listed, sentence} from '../page/text.js';
import {has, t} from './text.js';

const FORMATS = ['OSM PBF / XML', 'GeoJSON', 'GeoPackage', 'Shapefile (.zip)', 'FlatGeobuf', 'GeoParquet', 'KML', 'CSV', 'XLSX', 'CityJSON',
  'GeoTIFF'];
const RESULT = ['layer', 'accepted', 'rejected', 'crs', 'faults'];
const WORKING = new Set(['queued', 'uploading', 'waiting', 'inspecting', 'importing']);

/** The section; `page` gives root, twin and refresh(), which reloads what an import changed. */
export class Importing {
  constructor(page) {
    this.page = page;
    this.cards = new Map();
    this.reviews = new Map();
    this.open = null;
    this.jobs = new Jobs({
      changed: (job) => this.draw(job),
      moved: (job) => this.move(job),
      done: (job) => { note(page.root, t('import.done', {name: job.name})); page.refresh(); },
    });
  }

  start() { return this.jobs.resume(); }

  /** After the catalogue changed: which results can still be taken back. */
  refresh() { for (const job of this.jobs.all) if (job.status === 'done') this.draw(job); }

  /** The whole section, anew (language, theme). */
  element() {
    this.reviews.forEach((review) => review.close());
    this.reviews.clear();
    this.cards.clear();
    const input = h('input.hidden', {type: 'file', multiple: true, 'data-test': 'file', 'aria-label': t('import.choose'),
      onchange: (event) => { this.jobs.add([...event.target.files]); event.target.value = ''; }});
    const drop = h('label.drop', {ondragover: (event) => { event.preventDefault(); drop.classList.add('over'); },
      ondragleave: () => drop.classList.remove('over'),
      ondrop: (event) => { event.preventDefault(); drop.classList.remove('over'); this.jobs.add([...event.dataTransfer.files]); }},
      input, icon('upload'), h('strong', {}, t('import.drop')),
        h('span', {}, t('import.or'), ' ', h('span.choose', {}, t('import.choose'))),
      h('span.formats', {}, FORMATS.map((name) => h('span', {}, name))),
      h('span.hint', {}, t('import.privacy')));
    this.list = h('div.jobs', {'aria-label': t('import.list')});
    this.section = h('section', {id: 'import', 'aria-labelledby': 'import-title'}, h('h2', {id: 'import-title'}, t('import.title')),
      h('p.lead', {}, t('import.lead')), drop, this.list);
    queueMicrotask(() => this.jobs.all.forEach((job) => this.draw(job)));
    return this.section;
  }

  draw(job) {
    if (job.status === 'ready' && (!this.open || this.open.ended || !this.jobs.all.includes(this.open))) this.open = job;
    this.reviews.get(job)?.close();
    this.reviews.delete(job);
    const before = this.cards.get(job);
    const card = this.card(job);
    this.cards.set(job, card);
    if (before?.isConnected) before.replaceWith(card); else this.list.append(card);
    this.reviews.get(job)?.start();
    const next = job.ended && this.open === job ? this.jobs.all.find((item) => item.status === 'ready') : null;
    if (next) this.unfold(next);
    if (this.reviews.has(job) && before?.dataset.status !== 'ready' && card.getBoundingClientRect().top < innerHeight) card.scrollIntoView({block: 'start'});
  }

  move(job) {
    const card = this.cards.get(job);
    if (!card) return;
    const bar = card.querySelector('progress');
    if (!bar) return;
    bar.value = job.progress;
    card.querySelector('.stage').textContent = this.stage(job);
  }

  stage(job) {
    if (job.status === 'uploading') return job.sent < 1 ? t('status.uploading.long',
      {share: percent(job.sent), size: size(job.size)}) : t('status.sent');
    const key = `stage.${job.server?.stage}`;
    return job.status === 'importing' || job.status === 'inspecting' ? (has(key) ? t(key) : t(`status.${job.status}`)) : t(`status.${job.status}.long`);
  }

  card(job) {
    const {status} = job;
    const kind = {done: 'good', failed: 'bad', cancelled: 'faint', ready: 'accent'}[status] || '';
    const stop = WORKING.has(status) || status === 'ready'
      ? h('button.quiet', {type: 'button', 'data-test': 'cancel', onclick: () => this.jobs.cancel(job)}, icon('close'), t('import.cancel'))
      : h('button.quiet', {type: 'button', 'aria-label': t('import.drop_card', {name: job.name}), onclick: () => this.drop(job)},
        icon('close'));
    const review = status === 'ready' && job !== this.open
      ? h('button.quiet', {type: 'button', onclick: () => this.unfold(job)}, icon('down'), t('import.review')) : null;
    return h('article.job', {'data-status': status, 'data-test': 'job', 'aria-label': job.name},
      h('header', {}, icon('file'), h('strong.file', {}, job.name), job.size ? h('span.hint', {}, size(job.size)) : null,
        h(`span.tag${kind ? `.${kind}` : ''}`, {}, t(`status.${status}`)), h('span.space'), review, stop),
      WORKING.has(status) ? this.working(job) : null,
      job.error ? h('p.failure', {role: 'alert'}, icon('warn'), sentence(job.error.text)) : null,
      status === 'ready' && job === this.open ? this.review(job) : null,
      status === 'done' ? this.result(job) : null);
  }

  working(job) {
    const waiting = job.status === 'queued' || job.status === 'waiting';
    const bar = waiting ? h('progress', {max: 1, 'aria-label': t(`status.${job.status}`)}) : h('progress',
      {max: 1, value: job.progress, 'aria-label': t(`status.${job.status}`)});
    return h('div.working', {}, bar, h('span.stage', {}, this.stage(job)));
  }

  review(job) {
    const review = new Review(job, this.jobs, this.page.twin, this.page.extents);
    this.reviews.set(job, review);
    return review.element;
  }

  unfold(job) {
    const before = this.open;
    this.open = job;
    if (before && this.jobs.all.includes(before)) this.draw(before);
    this.draw(job);
  }

  drop(job) {
    this.jobs.drop(job);
    this.cards.get(job)?.remove();
    this.cards.delete(job);
  }

  result(job) {
    const rows = job.server.datasets.map((item) => h('tr', {},
      h('td', {}, this.page.layerName(item.layer)), h('td.number', {}, count(item.accepted)),
      h('td.number', {}, item.rejected ? h('span.warn', {}, count(item.rejected)) : '0'),
      h('td', {}, item.crs.declared && item.crs.declared !== item.crs.found ? `${item.crs.declared} → ${item.crs.found}` : item.crs.found || '–'),
      h('td', {}, h('a', {href: `/api/datasets/${item.id}/faults.csv`, download: '', 'data-test': 'faults'}, t('result.faults')))));
    const first = job.server.datasets[0];
    return h('div.result', {},
      h('div.scroll', {}, h('table.lines', {},
        h('thead', {}, h('tr', {}, RESULT.map((key) => h(/ed$/.test(key) ? 'th.number' : 'th', {scope: 'col'}, t(`result.${key}_head`))))),
        h('tbody', {}, rows))),
      job.undone ? h('p.hint', {}, t('result.undone')) : h('div.buttons', {},
        h('a.button.primary',
          {href: mapLink(this.page.twin, job.box || this.page.boxOf(first?.layer), job.server.datasets.map((item) => item.layer)),
            'data-test': 'to-map'}, icon('map'), t('result.map')),
        job.server.datasets.some((item) => this.page.catalogue.step?.datasets.includes(item.id)) && h('button.quiet',
          {type: 'button', 'data-test': 'undo-job', onclick: () => undo(this.page)}, icon('undo'), t('undo.button'))));
  }
}

/** Take back the newest import after asking; true when something was taken back. */
export async function undo(page) {
  const step = page.catalogue.step;
  const names = step ? listed(step.layers.map((layer) => page.layerName(layer))) : '';
  if (!step || !(await confirm(page.root, t('undo.title'), t('undo.text', {what: page.catalogue.stepName(), layers: names}),
    t('undo.button')))) return false;
  try {
    const {layers} = await send('POST', '/api/undo', {});
    note(page.root, t('undo.done', {layers: listed(layers.map((layer) => page.layerName(layer)))}));
    for (const job of page.importing.jobs.all) job.undone ||= job.server?.datasets.some((item) => step.datasets.includes(item.id));
    await page.refresh();
    return true;
  } catch (error) {
    note(page.root, sentence(error.text), 'bad');
    return false;
  }
}

/** A button that makes a file and says so while it does. */
export function saving(page, label, address, name, method = 'GET', attributes = {}) {
  const button = h('button.quiet.save', {type: 'button', ...attributes, onclick: async () => {
    button.disabled = true;
    button.setAttribute('aria-busy', 'true');
    try {
      note(page.root, t('save.done', {name, size: size(await save(address, name, method))}));
    } catch (error) {
      note(page.root, sentence(error.text), 'bad');
    }
    button.disabled = false;
    button.removeAttribute('aria-busy');
  }}, label);
  return button;
}
