// The scorecard: parameters, rates by area, people, buildings and roads, the scenes of the signal upgrade, and the weak spots.

import {headAreas} from '../analysis/areas.js';
import {people, percent} from '../analysis/figures.js';
import {choice, denominators, evidenceOf, headline, section} from '../analysis/headline.js';
import {jobView} from '../analysis/job_view.js';
import {ResultPanel as Base} from '../analysis/result_panel.js';
import {refresh} from '../analysis/refresh.js';
import {TownTable} from '../analysis/town_table.js';
import {h, icon} from '../map/dom.js';
import {number} from '../map/format.js';
import {pageAddress} from '../map/pages.js';
import {language, say} from '../map/text.js';
import {WEAK} from './marks.js';
import {decibels} from './place_card.js';
import {t} from './text.js';

const DENOMINATORS = ['people', 'area', 'residential_buildings', 'road_length', 'indoor_people'];
const HEIGHTS = [1.5, 30, 60, 90, 120];
const RADII = [500, 1000, 1500, 2000];
const CELLS = [5, 10, 20, 50];
const LOADS = [0, 0.25, 0.5, 0.75, 1];
const ROADS_TARGET = 0.95; // the share of length that the signal upgrade asks for

export class ResultPanel extends Base {
  #more = false;
  #scene = ''; // whose failing places are listed

  constructor(page) {
    super(page);
    this.towns = new TownTable(page, ['rate', 'gap', 'short', 'level', 'change'], 'gap');
  }

  choices() {
    const {page, study} = this;
    const {bands, profiles} = study.options;
    const doubt = (item) => (item.verified === false ? ` (${t('unverified')})` : '');
    const among = (values, name, write) => [...new Set([...values, Number(study[name])])].filter(Number.isFinite).sort((a, b) => a - b).map((value) => [String(value), write(value)]);
    const {profileOf: profile} = study;
    return [
      choice(page, 'band', bands.map((item) => [String(item.id), `${say(item.title) || `${item.frequency_ghz} GHz (${item.id})`}${item.sectors === undefined ? '' : ` · ${t('sectors.count', {n: number(item.sectors)})}`}`])),
      choice(page, 'profile', profiles.map((item) => [item.id, say(item.title) + doubt(item)]), profile ? [say(profile.title), ...citations(study.result, profile)].join('\n') : ''),
      choice(page, 'scenario', [['', t('base')], ...page.scenarios.list.map((item) => [item.id, item.name])]),
      choice(page, 'user_height_m', among(HEIGHTS, 'user_height_m', (value) => t(value >= 30 ? 'height.low' : 'height.ground', {height: number(value, 1)}))),
      h('details.cov-more', {open: this.#more, ontoggle: (event) => { this.#more = event.target.open; }}, h('summary', {'data-key': 'more'}, t('more'), icon('down')), h('div.an-choices', {},
        choice(page, 'model', study.models.map((item) => [item.id, say(item.title) || t(`model.${item.id === 'hybrid' ? 'hybrid' : 'sight'}`)])),
        choice(page, 'resolution_m', among(CELLS, 'resolution_m', (value) => `${number(value, 1)} m`)),
        choice(page, 'radius_m', among(RADII, 'radius_m', (value) => `${number(value)} m`)),
        choice(page, 'load', among(LOADS, 'load', (value) => `${number(value * 100)} %`)))),
    ];
  }

  progress() { return jobView(this.study.run); }

  result(result) {
    if (!result.sites?.sectors) return this.#empty();
    const heads = headAreas(result);
    const chosen = heads.find((area) => area.id === this.area) ?? heads[0];
    return [
      heads.map((area) => headline(this.page, area, {chosen: area === chosen, choose: () => { this.area = area.id; this.write(); }})),
      chosen ? this.#denominators(chosen) : null,
      chosen ? this.#levels(chosen, result) : null,
      this.#weak(result),
      this.#roads(result),
      this.#scenes(result),
      this.towns.element(result),
    ];
  }

  write() {
    // Nothing to compute: say what to do instead of why it failed.
    if (this.body?.isConnected && !this.page.app.layer.site_5g.rows) { refresh(this.shown, this.#empty()); return; }
    super.write();
  }

  #empty() {
    return h('div.cov-empty', {}, h('h3', {}, t('empty.title')), h('p', {}, t('empty.text')), h('a.tw-button.tw-primary', {href: pageAddress('data')}, t('empty.open')));
  }

  #denominators(area) {
    const rates = {...area.rates, indoor_people: area.rates.indoor_people ?? area.indoor_people};
    return denominators(this.page, {...area, base: area.base && {...area.base, indoor_people: area.base.indoor_people ?? rates.indoor_people}}, DENOMINATORS.filter((name) => typeof rates[name] === 'number'), rates);
  }

  #levels(area, {sites, sensors}) {
    const fact = (name, value, of) => h('span', {'data-fact': name}, t(`fact.${name}`), ' ', h('b', {}, value), of ? ` ${of}` : '');
    return h('p.an-facts.cov-levels', {}, fact('rsrp', decibels(area.mean_rsrp_dbm), 'dBm'), fact('sinr', decibels(area.median_sinr_db), 'dB'),
      fact('sites', number(sites.count)), fact('sectors', number(sites.sectors)), fact('density', number(sites.per_km2, 1)),
      sensors?.count ? fact('sensors', percent(sensors.rate), t('sensors.of', {n: number(sensors.count)})) : null,
      sensors?.indoor_count ? fact('indoor_sensors', percent(sensors.indoor_rate), t('sensors.of', {n: number(sensors.indoor_count)})) : null, evidenceOf(this.page, t('fact.title')));
  }

  #weak({weak}) {
    if (!weak) return null;
    if (!weak.length) return section(this.page, 'weak', h('p.tw-note', {}, t('weak.none')));
    const most = Math.max(1, ...weak.map((item) => item.people));
    return section(this.page, 'weak', h('ul.cov-weak', {}, weak.slice(0, WEAK).map((item, index) => h('li', {'data-chosen': String(this.page.marks.weak === index)}, h('button.an-row', {type: 'button', title: t('fly'), 'data-weak': index, 'data-key': `weak-${index}`, onclick: () => this.#fly(item, index)},
      h('i.cov-rank', {}, String(item.rank)), h('span.cov-weak-name', {}, (language() === 'en' && item.name_en) || item.name || t('weak.unnamed'), h('small', {}, `${item.km2 === undefined ? t('weak.cells', {n: number(item.cells)}) : `${number(item.km2, 2)} km²`} · ${decibels(item.mean_rsrp_dbm)} dBm`)),
      h('b', {}, t('people', {n: people(item.people)})), h('span.cov-weak-bar', {}, h('i', {style: `width:${(100 * item.people) / most}%`})))))));
  }

  #fly(item, index) {
    const {marks, app} = this.page;
    marks.weak = index;
    marks.draw();
    if (item.bounds) this.page.flyTo(item.bounds, 0.25);
    else app.fly({longitude: item.lon, latitude: item.lat, zoom: Math.max(15, Math.min(16, app.engine.view.zoom))});
    this.write();
  }

  #roads({roads}) {
    if (!roads?.length) return null;
    return section(this.page, 'roads', h('table.an-table', {}, h('thead', {}, h('tr', {}, ['class', 'length', 'covered'].map((name, index) => h(`th${index ? '.an-number' : ''}`, {scope: 'col'}, t(`column.${name}`))))),
      h('tbody', {}, roads.map((item) => h('tr', {'data-class': item.class}, h('th', {scope: 'row'}, say(item.title) || item.class), h('td', {}, `${number(item.length_km, item.length_km < 10 ? 1 : 0)} km`),
        h('td', {}, item.rate >= ROADS_TARGET ? h('i.an-mark.an-good', {title: t('met')}, '✓ ') : null, percent(item.rate, ROADS_TARGET)))))));
  }

  #scenes({scenes}) {
    if (!scenes?.length) return null;
    return section(this.page, 'scenes', h('table.an-table', {}, h('thead', {}, h('tr', {}, ['scene', 'places', 'failed', 'covered'].map((name, index) => h(`th${index ? '.an-number' : ''}`, {scope: 'col'}, t(`column.${name}`))))),
      h('tbody', {}, scenes.map((item) => [h('tr', {'data-scene': item.id, 'data-none': String(!item.places), title: say(item.note)}, h('th', {scope: 'row'}, item.failed?.length ? h('button.an-row', {type: 'button', 'data-key': `scene-${item.id}`, 'aria-expanded': String(this.#scene === item.id), onclick: () => { this.#scene = this.#scene === item.id ? '' : item.id; this.write(); }}, say(item.title)) : say(item.title)), h('td', {}, number(item.places)),
        h('td', {}, item.places ? number(item.places - item.passed) : '–'),
        h('td', {}, !item.places ? '–' : [item.passed === item.places ? h('i.an-mark.an-good', {title: t('met')}, '✓ ') : null, percent(item.rate)])),
      this.#scene === item.id && item.failed?.length ? h('tr', {}, h('td.an-left', {colspan: '4'}, h('ul.cov-failed', {}, item.failed.map((place) => h('li', {}, h('button.an-row', {type: 'button', title: t('fly'), onclick: () => this.page.app.select(place.layer, place.fid, {fly: true}).catch(() => {})}, place.name || say(this.page.app.layer[place.layer]?.title)), ` ${percent(place.share)}`))))) : null]))),
    h('p.tw-note', {}, t('scenes.note')));
  }
}

/** Where the thresholds of the chosen profile come from. */
function citations(result, profile) {
  const known = result?.profile?.id === profile.id ? result.profile.criteria : [];
  return [...new Set(known.map((item) => say(item.citation)).filter(Boolean))];
}
