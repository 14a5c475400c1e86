// The card of a site: its sectors side by side, each value of which can be changed as an edit of the scenario.

import {closed} from '../analysis/edit_tools.js';
import {evidenceButton} from '../evidence/card.js';
import {change, percent} from '../analysis/figures.js';
import {headAreas, nameOf} from '../analysis/areas.js';
import {h, icon} from '../map/dom.js';
import {number} from '../map/format.js';
import {say} from '../map/text.js';
import {sentence, t} from './text.js';

/** What can be changed of a sector: column of the layer, least, most, step. */
const FIELDS = [['azimuth_deg', 0, 360, 5], ['mechanical_tilt_deg', -30, 60, 1], ['electrical_tilt_deg', -30, 60, 1], ['height_m', 0, 300, 1], ['power_dbm', -10, 80, 1]];
const NAMES = 'http://www.w3.org/2000/svg';

/** @param site of the server; null on its way. */
export function siteContent(page, {site, failure}) {
  const title = site?.name || t('site.unnamed');
  return [
    h('div.tw-head', {}, h('div', {}, h('div.tw-kind', {}, say(page.app.layer.site_5g.title), site ? [' · ', choiceOf(page, 'operator', site.operator)] : null), h('h2', {}, title)),
      h('button.tw-quiet', {type: 'button', 'aria-label': t('close'), onclick: () => page.openSite(null)}, icon('close'))),
    failure ? h('p.an-failure', {role: 'alert'}, sentence(failure)) : null,
    site ? facts(page, site) : failure ? null : h('p.tw-note.an-indent', {role: 'status'}, t('loading')),
    site ? h('div.tw-scroll', {}, rates(page), sectors(page, site), edits(page, site)) : null,
    site ? h('div.tw-card-foot.an-foot', {}, h('div.tw-buttons', {},
      h('button.tw-button', {type: 'button', 'data-key': 'fly', onclick: () => page.app.fly({longitude: site.lon, latitude: site.lat, zoom: Math.max(16, page.app.engine.view.zoom)})}, icon('target'), t('fly')),
      h('button.tw-button', {type: 'button', 'data-key': 'switch', onclick: () => page.attempt(page.scenarios.edit({kind: 'change', layer: 'site_5g', fid: site.fid, values: {status: site.status === 'off' ? 'on' : 'off'}}))},
        icon('outage'), t(site.status === 'off' ? 'site.on' : 'site.off')),
      h('button.tw-button', {type: 'button', 'data-key': 'remove', onclick: () => { page.openSite(null); page.attempt(closed(page, {layer: 'site_5g', fid: site.fid})); }}, icon('trash'), t('site.remove'))),
    evidenceButton(page.app.host, title, () => page.study.result?.evidence)) : null,
  ];
}

function choiceOf(page, column, value) {
  const choices = page.app.layer.site_5g.columns.find((item) => item.name === column)?.choices ?? [];
  return say(choices.find((item) => item.value === value)) || value || t('site.unknown');
}

function facts(page, site) {
  const bands = [...new Set(site.sectors.map((sector) => sector.band_ghz))].filter(Boolean);
  const fact = (name, value) => h('div.tw-fact', {}, h('span', {}, t(`site.${name}`)), h('b', {}, value));
  return h('div.tw-facts', {}, fact('status', site.status ? choiceOf(page, 'status', site.status) : t('site.unknown')), fact('height', `${number(site.height_m, 1)} m`), fact('bands', bands.length ? `${bands.map((band) => number(band, 2)).join(t('comma'))} GHz` : '–'));
}

/** The rate as it is with the edits, so that one sees what a change does without leaving the card. */
function rates({study}) {
  const [area] = study.result ? headAreas(study.result) : [];
  if (!area) return null;
  return h('p.cov-rate', {'aria-live': 'polite', 'aria-busy': String(study.loading)}, h('span', {}, `${nameOf(area)} · ${t('by.people')}`), h('b', {'data-rate': 'people'}, percent(area.rates.people, area.target)),
    area.base ? [change(area.rates.people - area.base.people), ` ${t('points')}`] : null);
}

function sectors(page, site) {
  if (!site.sectors.length) return h('p.tw-note', {}, t('site.no_sectors'));
  const here = site.sectors.map((sector, index) => [sector, index]).filter(([sector]) => page.study.sends(sector));
  const shown = here.length ? here : site.sectors.map((sector, index) => [sector, index]);
  const apply = (index, name, value) => {
    const list = site.sectors.map((sector, at) => (at === index ? {...sector, [name]: value} : sector));
    page.attempt(page.scenarios.edit({kind: 'change', layer: 'site_5g', fid: site.fid, values: {sectors: list}}));
  };
  const input = (sector, index, [name, least, most, step]) => h('input.tw-input', {type: 'number', min: least, max: most, step, value: sector[name] ?? '', 'data-key': `${index}-${name}`, 'data-sector': index, 'data-field': name,
    'aria-label': t('sector.field', {field: t(`sector.${name}`), n: index + 1}),
    onchange: (event) => {
      const value = Number(event.target.value);
      if (event.target.value !== '' && Number.isFinite(value) && value >= least && value <= most) apply(index, name, value);
      else { event.target.value = sector[name] ?? ''; page.app.shell.say(t('sector.range', {least, most})); }
    }});
  return h('section.an-section', {'data-section': 'sectors'}, h('h3', {}, t('sectors')),
    h('table.an-table.cov-sectors', {},
      h('thead', {}, h('tr', {}, h('th', {scope: 'col'}), shown.map(([sector, index]) => h('th.an-number', {scope: 'col'}, rose(sector), ` ${index + 1}`)))),
      h('tbody', {}, FIELDS.map((field) => h('tr', {}, h('th', {scope: 'row'}, t(`sector.${field[0]}`)), shown.map(([sector, index]) => h('td', {}, input(sector, index, field))))))),
    h('p.tw-note', {}, here.length ? t('sectors.help') : t('sectors.other', {band: page.study.carrier?.frequency_ghz ?? ''})));
}

/** Where a sector looks: a small rose. */
function rose(sector) {
  const svg = document.createElementNS(NAMES, 'svg');
  svg.setAttribute('viewBox', '-12 -12 24 24');
  svg.setAttribute('class', 'cov-rose');
  svg.setAttribute('aria-hidden', 'true');
  const [circle, path] = ['circle', 'path'].map((name) => document.createElementNS(NAMES, name));
  circle.setAttribute('r', '11');
  path.setAttribute('d', 'M0 0L-5.2 -9.8A11 11 0 0 1 5.2 -9.8Z');
  path.setAttribute('transform', `rotate(${sector.azimuth_deg ?? 0})`);
  svg.append(circle, path);
  return svg;
}

function edits(page, site) {
  const own = (page.scenarios.current?.edits ?? []).filter((edit) => edit.layer === 'site_5g' && (edit.fid === site.fid || (edit.kind === 'add' && -edit.id === site.fid)));
  if (!own.length) return null;
  return h('section.an-section', {}, h('h3', {}, t('site.edits', {scenario: page.scenarios.current.name})), h('ol.an-edits', {}, own.map((edit) => h('li', {'data-edit': edit.id}, h('span', {}, page.own.scenario.editText(edit)),
    h('button.tw-quiet', {type: 'button', 'aria-label': t('edit.undo'), title: t('edit.undo'), onclick: () => page.attempt(page.scenarios.undo(edit))}, icon('undo'))))));
}
