// The card of a place: what arrives there, from where, the link budget that adds up to it, and the way of the signal from the side.

import {evidenceButton} from '../evidence/card.js';
import {h, icon} from '../map/dom.js';
import {length, number, place as written} from '../map/format.js';
import {say} from '../map/text.js';
import {profileChart} from './profile_chart.js';
import {sentence, t} from './text.js';

/** A level as people read it: a true minus, and no minus before nothing. */
export const decibels = (value, digits = 1) => (value === null || value === undefined ? '–' : value.toFixed(digits).replace(/^-(?=0\.?0*$)/, '').replace('-', '−'));

/** What the card holds. `found` is the server's answer, null on its way; `failure` why there is none. */
export function placeContent(page, {lon, lat, found, failure}) {
  const kind = found ? ` · ${t(found.building === null ? 'place.outdoor' : 'place.indoor')}` : '';
  return [
    h('div.tw-head', {}, h('div', {}, h('div.tw-kind', {}, t('place.kind'), kind), h('h2', {}, written(lon, lat))),
      h('button.tw-quiet', {type: 'button', 'aria-label': t('close'), onclick: () => page.explain(null)}, icon('close'))),
    failure ? h('p.an-failure', {role: 'alert'}, sentence(failure)) : null,
    found ? facts(found) : failure ? null : h('p.tw-note.an-indent', {role: 'status'}, t('loading')),
    found ? h('div.tw-scroll', {}, verdict(page, found), budget(found), profile(found), servers(page, found), noise(found)) : null,
    h('div.tw-card-foot.an-foot', {}, h('button.tw-button', {type: 'button', onclick: () => page.app.fly({longitude: lon, latitude: lat, zoom: Math.max(16, page.app.engine.view.zoom)})}, icon('target'), t('fly')),
      found ? evidenceButton(page.app.host, t('place.kind'), () => page.study.result?.evidence) : null),
  ];
}

function facts(found) {
  const fact = (name, amount, of) => h('div.tw-fact', {'data-value': name}, h('span', {}, t(`value.${name}`)), h('b', {}, amount, amount === '–' || !of ? null : h('small', {}, ` ${of}`)));
  return h('div.tw-facts.cov-facts', {}, fact('rsrp', decibels(found.rsrp_dbm), 'dBm'), fact('sinr', decibels(found.sinr_db), 'dB'),
    fact('throughput', number(found.throughput_mbps), 'Mbps'), fact('overlap', number(found.overlap), ''));
}

function verdict({study}, {rsrp_dbm: level, sinr_db: quality}) {
  const {ss_rsrp_dbm: least = -Infinity, ss_sinr_db: clean = -Infinity} = study.profileOf?.thresholds ?? {};
  if (level === null) return h('p.cov-verdict', {}, h('span.an-status.an-bad', {}, '✕ ', t('place.none')));
  const passes = level >= least && quality >= clean;
  return h('p.cov-verdict', {}, passes ? h('span.an-status.an-good', {}, '✓ ', t('met')) : h('span.an-status.an-bad', {}, '✕ ', t('not_met')), ' ', say(study.profileOf?.title));
}

function budget({servers: [best], rsrp_dbm: level}) {
  if (!best) return null;
  const {lines} = best;
  // Added from what is written, so that the reader's sum is the same.
  const sum = lines.reduce((total, line) => total + Number(line.value.toFixed(2)), 0);
  return h('section.an-section', {'data-section': 'budget'}, h('h3', {}, t('budget')), h('table.an-table.cov-budget', {},
    h('tbody', {}, lines.map((line) => h('tr', {'data-line': line.id}, h('th', {scope: 'row'}, say(line.title), say(line.note) ? h('small', {}, say(line.note)) : null),
      h('td', {}, (line.value > 0 && line.unit !== 'dBm' ? '+' : '') + decibels(line.value, 2)), h('td.an-left', {}, line.unit)))),
    h('tfoot', {}, h('tr', {}, h('th', {scope: 'row'}, t('budget.sum')), h('td', {'data-sum': sum.toFixed(2)}, h('b', {}, decibels(sum, 2))), h('td.an-left', {}, 'dBm')))),
  Math.abs(sum - level) > 0.1 ? h('p.tw-note', {}, t('budget.off', {value: decibels(level, 2)})) : null,
  best.valid ? null : h('p.tw-note', {}, t('budget.extrapolated')));
}

function profile({profile: side}) {
  const chart = side ? profileChart(side) : null;
  if (!chart) return null;
  const key = (mark, name) => h('li', {}, h(`i.cov-key.cov-key-${mark}`, {}), t(`side.${name}`));
  const {blocking} = side;
  return h('section.an-section', {'data-section': 'profile'}, h('h3', {}, t('side')), chart,
    h('ul.cov-keys', {}, key('ray', 'ray'), key('zone', 'fresnel'), key('roofs', 'roofs'), key('ground', 'ground'), blocking ? key('block', 'block') : null),
    h('p.tw-note', {}, blocking ? t('side.why', {distance: length(blocking.distance_m), above: number(blocking.above_ray_m, 1), loss: number(blocking.loss_db, 1)}) : t('side.clear')));
}

function servers(page, {servers: heard}) {
  if (!heard.length) return null;
  return h('section.an-section', {'data-section': 'servers'}, h('h3', {}, t('servers')), h('table.an-table', {},
    h('thead', {}, h('tr', {}, ['server', 'distance', 'sight', 'level'].map((name, index) => h(`th${index ? '.an-number' : ''}`, {scope: 'col'}, t(`column.${name}`))))),
    h('tbody', {}, heard.map((item) => h('tr', {}, h('th', {scope: 'row'}, h('button.an-row', {type: 'button', title: t('site.open'), onclick: () => page.openSite(item.fid)}, item.name || `#${item.fid}`), h('small.cov-beside', {}, ` ${item.number}`)),
      h('td', {}, length(item.distance_m)), h('td', {}, item.line_of_sight ? t('sight.yes') : t('sight.no')), h('td', {}, decibels(item.rsrp_dbm)))))));
}

function noise(found) {
  const line = (name, value) => (value === null ? null : h('div', {}, h('span', {}, t(`noise.${name}`)), h('b', {}, `${decibels(value)} dBm`)));
  return h('section.an-section', {'data-section': 'noise'}, h('div.tw-where', {}, line('noise', found.noise_dbm), line('interference', found.interference_dbm)));
}
