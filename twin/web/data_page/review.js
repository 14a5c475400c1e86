// What the user checks before a file goes in: layer, reference system, columns, origin.

import {get} from '../page/api.js';
import {fill, h, icon} from '../map/dom.js';
import {unit} from '../map/format.js';
import {say} from '../map/text.js';
import {count, percent} from '../page/figures.js';
import {Preview, boundsOf} from './preview.js';
import {listed, sentence} from '../page/text.js';
import {has, t} from './text.js';

const DATASETS = ['include', 'name', 'layer', 'rows', 'crs'];
const RASTERS = ['dem', 'population'];
const PLACES = ['lon', 'lat', 'wkt'];
const SYSTEMS = ['EPSG:4326', 'GCJ-02', 'BD-09', 'EPSG:4549', 'EPSG:4548', 'EPSG:32651', 'EPSG:3857', 'EPSG:4326 swapped'];

/** What is still missing before an import can start, as sentences; empty when nothing is. */
export function missing(job, twin) {
  const included = job.choices.filter((choice) => !choice.skip);
  if (!included.length) return [t('missing.nothing')];
  const problems = [];
  job.choices.forEach((choice, number) => {
    if (choice.skip) return;
    const item = job.inspection.datasets[number];
    const about = (text) => (job.choices.length > 1 ? t('missing.of', {name: item.name, text}) : text);
    if (!choice.layer) problems.push(about(t('missing.layer')));
    if (!item.crs.decided && !choice.crs) problems.push(about(t('missing.crs')));
    const spec = twin.layers.find((layer) => layer.id === choice.layer);
    if (!spec || !item.columns.length) return;
    for (const column of spec.columns) {
      if (column.required && !(column.name in choice.mapping)) problems.push(about(t('missing.column', {column: say(column.title)})));
    }
  });
  return problems;
}

/** The form of one inspected file. */
export class Review {
  constructor(job, jobs, twin, extents) {
    Object.assign(this, {job, jobs, twin, extents, current: 0, preview: null});
    this.current = Math.max(0, job.choices.findIndex((choice) => !choice.skip));
    this.detail = h('div.detail');
    this.list = job.inspection.datasets.length > 1 ? h('div') : null;
    this.canvas = h('div.preview-map', {'aria-hidden': 'true'});
    this.caption = h('p.caption', {'aria-live': 'polite'});
    this.footer = h('div.review-foot');
    this.element = h('div.review', {},
      h('div.review-main', {}, this.notes(), this.list, this.detail),
      h('div.review-side', {}, h('figure', {'aria-label': t('preview.title')}, this.canvas, h('figcaption', {}, this.caption)),
        this.origin()),
      this.footer);
    this.draw();
  }

  get item() { return this.job.inspection.datasets[this.current]; }

  get choice() { return this.job.choices[this.current]; }

  layer(id) { return this.twin.layers.find((layer) => layer.id === id); }

  layerName(id) { return RASTERS.includes(id) ? t(`raster.${id}`) : this.layer(id) ? say(this.layer(id).title) : ''; }

  /** Called once the element is on the page. */
  start() { this.look(); }

  close() { this.preview?.close(); }

  notes() {
    const {notes} = this.job.inspection;
    return notes.length ? h('ul.notes', {}, notes.map((item) => h('li', {}, sentence(item)))) : null;
  }

  draw() {
    if (this.list) fill(this.list, this.datasets());
    fill(this.detail, this.layerChoice(), this.system(), this.columns(), this.mode());
    this.drawFooter();
  }

  drawFooter() {
    const problems = missing(this.job, this.twin);
    const rows = this.job.inspection.datasets.reduce((sum, item, number) => sum + (this.job.choices[number].skip ? 0 : item.rows), 0);
    fill(this.footer,
      h('div.problems', {role: 'status'}, problems.map((text) => h('p.warn', {}, icon('warn'), text))),
      h('button.primary.big', {type: 'button', 'data-test': 'commit', disabled: problems.length > 0,
        onclick: () => this.jobs.commit(this.job)}, t('import.commit', {rows: count(rows)})));
  }

  /** The table of a file with several datasets. */
  datasets() {
    const row = (item, number) => {
      const choice = this.job.choices[number];
      const included = h('input', {type: 'checkbox', checked: !choice.skip, 'aria-label': t('datasets.include', {name: item.name}),
        onchange: (event) => { choice.skip = !event.target.checked; this.draw(); }});
      const open = () => { this.current = number; this.draw(); this.look(); };
      return h('tr', {'aria-selected': number === this.current ? 'true' : 'false', class: choice.skip ? 'faint' : null},
        h('td', {}, included),
        h('td', {}, h('button.link', {type: 'button', onclick: open}, item.name)),
        h('td', {}, this.layerName(choice.layer) || h('span.warn', {}, t('missing.layer'))),
        h('td.number', {}, count(item.rows)),
        h('td', {}, choice.crs || item.crs.found || '–'));
    };
    return h('div.scroll.short', {}, h('table.lines', {},
      h('thead', {}, h('tr', {}, DATASETS.map((key) => h(key === 'rows' ? 'th.number' : 'th', {scope: 'col'}, t(`datasets.${key}_head`))))),
      h('tbody', {}, this.job.inspection.datasets.map(row))));
  }

  layerChoice() {
    const {item, choice} = this;
    const fixed = item.kind !== 'raster' && !item.columns.length;
    const options = item.kind === 'raster'
      ? RASTERS.map((id) => h('option', {value: id, selected: id === choice.layer}, t(`raster.${id}`)))
      : Object.entries(this.twin.groups).map(([group, title]) => h('optgroup', {label: say(title)},
        this.twin.layers.filter((layer) => layer.group === group).map((layer) => h('option',
          {value: layer.id, selected: layer.id === choice.layer}, say(layer.title)))));
    const select = h('select', {id: `layer-${this.job.id}`, 'data-test': 'layer', disabled: fixed,
      onchange: (event) => this.retarget(event.target.value)},
      h('option', {value: '', selected: !choice.layer}, t('layer.choose')), options);
    const spec = this.layer(choice.layer);
    return h('section.step', {},
      h('h3', {}, h('label', {for: select.id}, t('layer.title'))),
      h('div.field', {}, select, h('span.hint', {}, t('rows.in_file', {rows: count(item.rows), format: this.job.inspection.format}))),
      h('p.hint', {}, fixed ? t('layer.fixed') : spec ? say(spec.description) : item.kind === 'raster' ? t('layer.raster') : t('layer.unknown')));
  }

  async retarget(layer) {
    this.choice.layer = layer;
    this.choice.mode = 'auto';
    if (this.item.columns.length && layer) {
      const number = this.current;
      try {
        const {mapping} = await get(`/api/imports/${this.job.id}/mapping/${number}?layer=${layer}`);
        this.job.choices[number].mapping = mapping;
      } catch (error) { this.job.error = error; }
    }
    this.draw();
    this.detail.querySelector('select')?.focus();
  }

  system() {
    const {item, choice} = this;
    const first = this.job.first[this.current] || item.crs;
    const report = choice.crs ? item.crs : first;
    const undecided = !first.decided && !choice.crs;
    const compared = undecided || first.hypotheses.some((hypothesis) => hypothesis.evidence_m !== null);
    const ranked = compared && first.hypotheses.length > 1 ? h('table.hypotheses', {},
      h('caption', {}, t('crs.ranked')),
      h('tbody', {}, first.hypotheses.slice(0,
        6).map((hypothesis, place) => h('tr', {class: hypothesis.name === first.found && first.decided ? 'best' : null},
        h('td.number', {}, `${place + 1}`), h('td', {}, this.systemName(hypothesis.name)),
        h('td.number', {}, hypothesis.evidence_m === null ? t('crs.no_evidence') : `${count(hypothesis.evidence_m)} m`))))) : null;
    const fixed = item.kind !== 'raster' && !item.columns.length;
    const names = [...new Set([...first.hypotheses.map((hypothesis) => hypothesis.name), ...SYSTEMS])];
    if (choice.crs && !names.includes(choice.crs)) names.unshift(choice.crs);
    const select = h('select', {id: `crs-${this.job.id}`, 'data-test': 'crs', disabled: fixed,
      onchange: (event) => this.recrs(event.target.value)},
      h('option', {value: '', selected: !choice.crs},
        first.decided ? t('crs.auto', {name: this.systemName(first.found)}) : t('crs.choose')),
      names.map((name) => h('option', {value: name, selected: name === choice.crs}, this.systemName(name))),
      h('option', {value: 'other'}, t('crs.other')));
    return h('section.step', {},
      h('h3', {}, h('label', {for: select.id}, t('crs.title'))),
      h('div.field', {}, select, report.declared ? h('span.hint', {}, t('crs.declared', {name: report.declared})) : null),
      h(undecided ? 'p.finding.warn' : 'p.finding', {}, undecided ? icon('warn') : icon('check'), sentence(report.text)),
      undecided ? h('p.hint', {}, t('crs.must_choose')) : null,
      this.job.choices.length > 1 && !fixed ? h('p.hint', {}, t('crs.whole_file')) : null,
      ranked);
  }

  systemName(name) {
    if (!name) return '–';
    const plain = name.replace(' swapped', '');
    const title = has(`crs.name.${plain}`) ? `${plain} · ${t(`crs.name.${plain}`)}` : plain;
    return name === plain ? title : `${title} (${t('crs.swapped')})`;
  }

  recrs(value) {
    if (value !== 'other') { this.jobs.reinspect(this.job, value); return; }
    const input = h('input', {type: 'text', 'aria-label': t('crs.code'), placeholder: 'EPSG:4549', size: 12});
    const form = h('form.inline',
      {onsubmit: (event) => { event.preventDefault(); if (input.value.trim()) this.jobs.reinspect(this.job, input.value.trim()); }},
      input, h('button.quiet', {type: 'submit'}, t('crs.use')));
    this.detail.querySelector('[data-test=crs]').after(form);
    input.focus();
  }

  columns() {
    const {item, choice} = this;
    const spec = this.layer(choice.layer);
    if (!item.columns.length || !spec) return null;
    const targets = [];
    if (PLACES.some((name) => name in choice.mapping || name in item.mapping) || /csv|xlsx/i.test(this.job.inspection.format)) {
      PLACES.forEach((name) => targets.push({name, title: t(`place.${name}`), meaning: t(`place.${name}.long`),
        unit: name === 'wkt' ? '' : '°'}));
    }
    for (const column of spec.columns) {
      targets.push({name: column.name, title: say(column.title), meaning: say(column.meaning), unit: column.unit,
        required: column.required});
      column.fields.forEach((field) => targets.push({name: `${column.name}.${field.name}`,
        title: `${say(column.title)} › ${say(field.title)}`, meaning: say(field.meaning), unit: field.unit}));
    }
    ['source_key', 'town'].forEach((name) => targets.push({name, title: t(`key.${name}`), meaning: t(`key.${name}.long`), unit: ''}));
    const unused = item.columns.filter((column) => !Object.values(choice.mapping).includes(column.name));
    return h('section.step', {},
      h('h3', {}, t('mapping.title')),
      h('p.hint', {}, t('mapping.hint')),
      h('div.scroll', {}, h('table.mapping', {},
        h('thead', {}, h('tr', {}, h('th', {scope: 'col'}, t('mapping.target')), h('th', {scope: 'col'}, t('mapping.source')),
          h('th', {scope: 'col'}, t('mapping.samples')))),
        h('tbody', {}, targets.map((target) => this.mappingRow(target))))),
      unused.length ? h('p.hint', {}, t('mapping.unused', {names: listed(unused.map((column) => column.name))})) : null);
  }

  mappingRow(target) {
    const {item, choice} = this;
    const chosen = choice.mapping[target.name] ?? '';
    const source = item.columns.find((column) => column.name === chosen);
    const select = h('select', {'data-target': target.name, 'aria-label': `${target.title}: ${t('mapping.source')}`,
      onchange: (event) => {
        if (event.target.value) choice.mapping[target.name] = event.target.value; else delete choice.mapping[target.name];
        this.draw();
        this.detail.querySelector(`[data-target="${CSS.escape(target.name)}"]`)?.focus();
      }},
      h('option', {value: '', selected: !chosen}, '—'),
      item.columns.map((column) => h('option', {value: column.name, selected: column.name === chosen}, column.name)));
    const share = source ? source.filled / Math.max(1, item.rows) : 0;
    return h('tr', {class: target.required && !chosen ? 'lacking' : null},
      h('th', {scope: 'row'}, target.title, target.unit ? h('span.unit', {}, ` ${unit(target.unit)}`) : null,
        target.required ? h('span.required', {title: t('mapping.required')}, t('mapping.required')) : null,
          h('span.meaning', {}, target.meaning)),
      h('td', {}, select),
      h('td.samples', {}, source ? [source.samples.slice(0, 3).join(' · ') || t('mapping.empty'),
        h('span.hint', {}, t('mapping.filled', {share: percent(share)}))] : null));
  }

  mode() {
    const {choice} = this;
    const spec = this.layer(choice.layer);
    if (!spec) return null;
    const options = ['auto', 'add', 'replace'].map((mode) => h('label.option', {},
      h('input', {type: 'radio', name: `mode-${this.job.id}-${this.current}`, value: mode, checked: choice.mode === mode,
        onchange: () => { choice.mode = mode; }}),
      h('span', {}, h('strong', {}, t(`mode.${mode}`)),
        h('span.hint', {}, mode === 'auto' ? t(`mode.auto.${spec.on_import}`) : t(`mode.${mode}.long`)))));
    const now = spec.rows ? t('mode.now', {layer: say(spec.title), rows: count(spec.rows)}) : t('mode.empty', {layer: say(spec.title)});
    return h('section.step', {}, h('h3', {}, t('mode.title')), h('fieldset', {}, h('legend', {}, now), options));
  }

  origin() {
    const field = (name) => {
      const id = `${name}-${this.job.id}`;
      return h('div.pair', {}, h('label', {for: id}, t(`origin_form.${name}`)),
        h('input', {id, type: 'text', 'data-test': `origin-${name}`, maxlength: 300, value: this.job.origin[name] || '',
          placeholder: name === 'name' ? this.job.name : t(`origin_form.${name}.example`),
          oninput: (event) => { this.job.origin[name] = event.target.value; }}));
    };
    return h('section.step.origin', {}, h('h3', {}, t('origin_form.title')), h('p.hint', {}, t('origin_form.hint')),
      ['source', 'licence', 'date', 'name'].map(field));
  }

  /** Fetch and draw the preview of the current dataset. */
  async look() {
    this.caption.textContent = t('preview.loading');
    const number = this.current;
    try {
      const collection = await get(`/api/imports/${this.job.id}/preview/${number}`);
      const box = boundsOf(collection);
      this.job.box = box && this.job.box ? joined(box, this.job.box) : box || this.job.box;
      if (number !== this.current || !this.canvas.isConnected) return;
      this.preview ||= new Preview(this.canvas, this.twin, this.extents);
      await this.preview.show(collection);
      const shown = collection.features.length;
      this.caption.textContent = !box ? t('preview.nothing') : this.item.kind === 'raster' ? t('preview.raster') : t('preview.shown',
        {shown: count(shown), rows: count(this.item.rows)});
    } catch (error) {
      this.caption.textContent = error.text ? sentence(error.text) : t('preview.failed');
    }
  }
}

const joined = (a, b) => [Math.min(a[0], b[0]), Math.min(a[1], b[1]), Math.max(a[2], b[2]), Math.max(a[3], b[3])];
