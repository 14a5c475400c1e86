// Section 3: the layers as they stand: rows, origin, age, how full each column is, and out as files.

import {get} from '../page/api.js';
import {evidenceButton} from '../evidence/card.js';
import {fill, h, icon} from '../map/dom.js';
import {say} from '../map/text.js';
import {ago, count, moment, percent} from '../page/figures.js';
import {saving} from './importing.js';
import {mapLink} from '../page/links.js';
import {t} from './text.js';

export class Health {
  constructor(page) {
    Object.assign(this, {page, rows: [], formats: {}, shares: new Map(), unfolded: new Set()});
  }

  async load() {
    const {layers, formats} = await get('/api/layers');
    const fresh = new Map(layers.map((row) => [row.id, row.generation]));
    for (const row of this.rows) if (fresh.get(row.id) !== row.generation) this.shares.delete(row.id);
    Object.assign(this, {rows: layers, formats});
    this.fillUp();
  }

  /** Ask how full the columns are, one layer after another, and draw each as it comes. */
  async fillUp() {
    for (const row of this.rows) {
      if (this.shares.has(row.id)) continue;
      try {
        this.shares.set(row.id, (await get(`/api/layers/${row.id}/completeness`)).columns);
      } catch { continue; }
      const cell = this.section?.querySelector(`[data-share="${row.id}"]`);
      if (cell) fill(cell, this.overall(row.id));
    }
  }

  element() {
    this.body = h('tbody');
    this.section = h('section', {id: 'layers', 'aria-labelledby': 'layers-title'},
      h('h2', {id: 'layers-title'}, t('health.title')), h('p.lead', {}, t('health.lead')),
      h('div.scroll', {tabindex: 0, role: 'region', 'aria-label': t('health.title')}, h('table.lines', {},
        h('thead', {}, h('tr', {}, h('td.fold'), ['layer', 'rows', 'generation', 'origin', 'age', 'complete', 'export', 'open'].map((key) =>
          h(key === 'rows' || key === 'generation' ? 'th.number' : 'th', {scope: 'col'}, t(`health.${key}`))))),
        this.body)));
    this.draw();
    return this.section;
  }

  draw() {
    const held = new Map(this.rows.map((row) => [row.id, row]));
    fill(this.body, Object.entries(this.page.twin.groups).map(([group, title]) => {
      const layers = this.page.twin.layers.filter((layer) => layer.group === group);
      return layers.length ? [h('tr.group', {}, h('th', {colspan: 9, scope: 'colgroup'}, say(title))),
        layers.map((layer) => (held.has(layer.id) ? this.row(layer, held.get(layer.id)) : this.absent(layer)))] : null;
    }));
  }

  row(layer, row) {
    const open = this.unfolded.has(layer.id);
    const toggle = () => {
      if (!this.unfolded.delete(layer.id)) this.unfolded.add(layer.id);
      this.draw();
      this.body.querySelector(`[data-fold="${layer.id}"]`)?.focus();
    };
    const kind = {real: 'good', synthetic: 'warn', mixed: 'warn'}[row.origin];
    return [h('tr', {'data-layer': layer.id},
      h('td.fold', {}, h('button.round.quiet',
        {type: 'button', 'data-fold': layer.id, 'aria-expanded': String(open), 'aria-label': t('health.columns', {layer: say(layer.title)}),
          onclick: toggle}, icon('down'))),
      h('td', {}, h('strong', {}, say(layer.title)), h('span.under', {}, layer.id)),
      h('td.number', {}, count(row.rows), h('span.under', {}, this.evidence(layer, row))), h('td.number', {}, count(row.generation)),
      h('td', {}, h(`span.tag.${kind}`, {}, t(`origin.${row.origin}`))),
      h('td', {title: moment(row.updated)}, ago(row.updated)),
      h('td', {'data-share': layer.id}, this.overall(layer.id)),
      h('td', {}, h('div.formats-row', {},
        Object.entries(this.formats).map(([format, name]) => saving(this.page, name, `/api/export/${layer.id}.${format}`,
          `${layer.id}.${format}`, 'GET',
        {'data-export': `${layer.id}.${format}`, title: t(`format.${format}`),
          'aria-label': t('health.export_as', {layer: say(layer.title), format: name})})))),
      h('td', {}, h('a.button.quiet', {href: mapLink(this.page.twin, row.bounds, [layer.id]),
        'aria-label': t('health.open_layer', {layer: say(layer.title)})}, icon('map'), t('health.open_map')))),
    open ? this.columns(layer) : null];
  }

  /** Where the rows of a layer come from: the datasets of the generation that is shown. */
  evidence(layer, row) {
    return evidenceButton(this.page.root, say(layer.title), () => {
      const used = this.page.catalogue.rows.filter((item) => item.layer === layer.id && item.shown);
      const sum = (name) => used.reduce((total, item) => total + (item[name] ?? 0), 0);
      return {
        figure: count(row.rows), as_of: used.map((item) => item.data_date || item.imported_at.slice(0, 10)).sort().at(-1), updated: row.updated, origin: row.origin,
        method: t('health.method'), denominators: ['rows_in', 'accepted', 'rejected'].map((name) => ({title: t(`catalogue.${name}`), value: sum(name), unit: ''})),
        datasets: used.map((item) => ({...item, layer_title: null, generation: row.generation})),
      };
    });
  }

  absent(layer) {
    const expects = say(layer.expects);
    return h('tr.faint', {'data-layer': layer.id}, h('td.fold'),
      h('td', {}, h('strong', {}, say(layer.title)), h('span.under', {}, layer.id)),
      h('td', {colspan: 7}, t('health.absent'), expects ? t('health.expects', {what: expects}) : ''));
  }

  bar(share, label) {
    return h('span.meter', {role: 'img', 'aria-label': `${label} ${percent(share)}`},
      h('span.track', {}, h('span.level', {style: `width:${(share * 100).toFixed(1)}%`})), h('span.share', {}, percent(share)));
  }

  overall(id) {
    const shares = this.shares.get(id);
    if (!shares) return h('span.hint', {}, '…');
    const values = Object.values(shares);
    return values.length ? this.bar(values.reduce((sum, value) => sum + value, 0) / values.length, t('health.complete')) : '–';
  }

  columns(layer) {
    const shares = this.shares.get(layer.id) || {};
    return h('tr.details', {}, h('td', {colspan: 9}, h('div.columns', {}, layer.columns.map((column) =>
      h('div.column', {}, h('span.name', {title: say(column.meaning)}, say(column.title),
        column.required ? h('span.required', {}, t('mapping.required')) : null), this.bar(shares[column.name] || 0, say(column.title)))))));
  }
}
