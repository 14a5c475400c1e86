// Measurements: a drive test or measurement reports beside what is predicted, and what better offsets would be.

import {evidenceButton} from '../evidence/card.js';
import {signed} from '../analysis/figures.js';
import {refresh} from '../analysis/refresh.js';
import {answer} from '../page/api.js';
import {h, icon, select} from '../map/dom.js';
import {number} from '../map/format.js';
import {say} from '../map/text.js';
import {RESIDUALS} from './marks.js';
import {sentence, t} from './text.js';

const MOST_FAULTS = 20;
const SYSTEMS = ['auto', 'EPSG:4326', 'GCJ-02', 'BD-09'];

export class DrivePanel {
  #file = null;
  #crs = 'auto';
  #answer = null;
  #failure = null;
  #asked = 0;
  #busy = false;

  constructor(page) {
    this.page = page;
    page.study.on('options', () => this.write());
  }

  get title() { return t('drive'); }

  render(body) { this.body = body; this.write(); }

  write() {
    if (!this.body?.isConnected) return;
    refresh(this.body, h('p.tw-note', {}, t('drive.lead')), this.#chooser(), this.#system(), this.#failure ? h('p.an-failure', {role: 'alert'}, sentence(this.#failure)) : null, this.#answer ? this.#result(this.#answer) : null);
  }

  #chooser() {
    const file = h('input.an-hidden', {type: 'file', accept: '.csv,.xlsx', 'aria-label': t('drive.choose'), 'data-key': 'file', onchange: (event) => this.#take(event.target.files[0])});
    return h('label.cov-drop', {'aria-busy': String(this.#busy),
      ondragover: (event) => event.preventDefault(), ondrop: (event) => { event.preventDefault(); this.#take(event.dataTransfer.files[0]); }},
    icon('upload'), h('span', {}, h('b', {}, this.#file?.name || t('drive.choose')), h('small', {}, t('drive.columns'))), file);
  }

  /** Coordinates that can be read in several ways need to be told; the same file is read again. */
  #system() {
    const choose = select(t('drive.crs'), SYSTEMS.map((name) => [name, name === 'auto' ? t('drive.auto') : name.replace('EPSG:4326', 'WGS84')]), this.#crs, (value) => { this.#crs = value; this.#take(this.#file); });
    choose.dataset.key = 'crs';
    return h('label.tw-field', {}, h('span', {}, t('drive.crs')), choose);
  }

  async #take(file) {
    if (!file) return;
    const {page} = this;
    const asked = this.#asked += 1;
    this.#file = file;
    this.#busy = true;
    this.write();
    try {
      const reply = await page.study.work(answer(`${page.study.address}/measurements?${page.study.query({name: file.name, crs: this.#crs})}`, {method: 'POST', headers: {'Content-Type': 'application/octet-stream'}, body: file}));
      const found = await reply.json();
      if (asked !== this.#asked) return;
      this.#answer = found;
      this.#failure = null;
    } catch (error) {
      if (asked !== this.#asked) return;
      this.#failure = error;
    }
    this.#busy = false;
    page.marks.measured = this.#answer?.points ?? null;
    page.marks.draw();
    this.write();
    if (!this.#failure && this.#answer.points?.length) page.flyTo(boxOf(this.#answer.points));
  }

  #result(answer) {
    const {faults, summaries, compared} = answer;
    const [all] = summaries.all ?? [];
    const fact = (name, value, of = 'dB') => h('div.tw-fact', {'data-value': name}, h('span', {}, t(`drive.${name}`)), h('b', {}, value, of ? h('small', {}, ` ${of}`) : null));
    const title = t('drive.result');
    return h('section.an-section', {'data-section': 'drive', 'aria-live': 'polite'},
      h('div.an-section-head', {}, h('h3', {}, title), evidenceButton(this.page.app.host, title, () => this.page.study.result?.evidence, () => t('drive.of', {name: answer.name, samples: number(answer.samples), kept: number(answer.thinned), crs: answer.crs}))),
      h('div.tw-facts.cov-flush', {}, fact('compared', number(compared), ''), fact('mean', signed(all?.mean_db, 1)), fact('sigma', number(all?.sigma_db, 1)), fact('rmse', number(all?.rmse_db, 1))),
      h('ul.cov-residuals', {'aria-label': t('drive.legend')}, RESIDUALS.map(([limit, color], index) => h('li', {}, h('i', {style: `background:${color}`}), limit === Infinity ? null : h('span', {}, signed(limit)), index === RESIDUALS.length - 1 ? h('span', {}, 'dB') : null))),
      h('p.tw-note', {}, t('drive.legend'), answer.without_prediction ? ` ${t('drive.without', {n: number(answer.without_prediction)})}` : ''),
      (answer.notes ?? []).map((note) => h('p.tw-note', {}, say(note))),
      this.#classes(summaries), this.#calibration(answer),
      faults.length ? h('details.tw-group', {}, h('summary', {}, t('drive.faults', {n: number(answer.rejected)}), icon('down')), h('ul.an-caveats', {}, faults.slice(0, MOST_FAULTS).map((fault) => h('li', {}, t('drive.row', {row: fault.row}), say({zh: fault.reason_zh, en: fault.reason_en}))))) : null);
  }

  #classes(summaries) {
    const rows = Object.entries(summaries).filter(([kind]) => kind !== 'all').flatMap(([, items]) => items);
    if (!rows.length) return null;
    return h('div', {}, h('h3', {}, t('drive.classes')), h('table.an-table', {}, h('thead', {}, h('tr', {}, ['class', 'points', 'mean', 'rmse'].map((name, index) => h(`th${index ? '.an-number' : ''}`, {scope: 'col'}, t(`column.${name}`))))),
      h('tbody', {}, rows.map((row) => h('tr', {}, h('th', {scope: 'row'}, className(row.name)), h('td', {}, number(row.points)), h('td', {}, signed(row.mean_db, 1)), h('td', {}, number(row.rmse_db, 1)))))));
  }

  #calibration({calibration: found, calibration_refused: refused}) {
    if (!found) return refused ? h('div', {'data-part': 'calibration'}, h('h3', {}, t('calibration')), h('p.tw-note', {}, say(refused))) : null;
    const {hold_out: check, offsets} = found;
    return h('div', {'data-part': 'calibration'}, h('h3', {}, t('calibration')),
      h('p', {}, check ? [t('calibration.text', {before: number(check.rmse_before_db, 1), after: number(check.rmse_after_db, 1)}), ' ', t(check.improves ? 'calibration.better' : 'calibration.worse')] : null),
      h('table.an-table', {}, h('tbody', {}, offsets.map((row) => h('tr', {}, h('th', {scope: 'row'}, className(row.name)), h('td', {}, `${signed(row.offset_db, 1)} ± ${number(row.standard_error_db, 1)} dB`))))),
      h('p.tw-note', {}, t('calibration.note')));
  }
}

const className = (name) => ({LOS: t('line_of_sight.yes'), NLOS: t('line_of_sight.no')}[name] ?? name);

/** What a clicked point says. */
export const pointText = ([, , measured, predicted]) => t('drive.point', {measured: number(measured, 1), predicted: number(predicted, 1), difference: signed(predicted - measured, 1)});

function boxOf(points) {
  const [lons, lats] = [points.map(([lon]) => lon), points.map(([, lat]) => lat)];
  const least = (values) => values.reduce((a, b) => Math.min(a, b), Infinity);
  const most = (values) => values.reduce((a, b) => Math.max(a, b), -Infinity);
  return [least(lons), least(lats), most(lons), most(lats)];
}
