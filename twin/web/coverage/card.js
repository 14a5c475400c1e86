// The card of this page: of a place that was clicked, of a site, else of the selected object.

import {refresh} from '../analysis/refresh.js';
import {get} from '../page/api.js';
import {Card as Base} from '../map/card.js';
import {placeContent} from './place_card.js';
import {siteContent} from './site_card.js';

export class Card extends Base {
  #asked = 0;
  #floor = '';
  #held = null; // the object that was selected when a place or site was opened

  constructor(page) {
    super(page.app);
    Object.assign(this, {page, place: null, site: null, found: null, failure: null});
    page.study.on('result', () => { if (this.place && !page.study.loading) this.#ask(); else if (this.site !== null) this.#write(); });
    page.study.on('values', () => { if (this.place && this.#floor !== page.study.floor) this.#ask(); });
    page.study.on('sites', () => { if (this.site !== null) this.#write(); });
    page.scenarios.on('list', () => { if (this.site !== null) this.#write(); });
  }

  /** Whether this page's own card is open. */
  get open() { return this.place !== null || this.site !== null; }

  /** Explain a place [lon, lat]; null closes. */
  explain(place) {
    this.#forget();
    this.place = place;
    if (place) { this.#write(); this.#ask(); } else this.render();
  }

  /** Open a site by its fid; null closes. */
  show(fid) {
    this.#forget();
    this.site = fid;
    this.page.marks.site = fid;
    this.page.marks.draw();
    if (fid === null) { this.render(); return; }
    this.#write();
    this.#fetch(fid);
  }

  /** Also called by the map when an object was selected or language and theme changed. */
  render() {
    if (this.open && (this.app.selected ?? null) === this.#held) { this.#write(); return; }
    if (this.open) this.#forget();
    super.render();
  }

  #forget() {
    this.#asked += 1;
    Object.assign(this, {place: null, site: null, found: null, failure: null, object: null});
    this.#held = this.app.selected ?? null;
    const {marks} = this.page;
    if (!marks) return;
    Object.assign(marks, {place: null, site: null});
    marks.draw();
  }

  /** The site as the scenario leaves it, with the sectors of every band; null until it is known. */
  #known() {
    const {scenarios, study} = this.page;
    const near = study.sites.find((item) => item.fid === this.site);
    const edits = (scenarios.current?.edits ?? []).filter((edit) => edit.layer === 'site_5g' && (edit.kind === 'add' ? -edit.id : edit.fid) === this.site);
    const values = Object.assign({}, this.object, ...edits.map((edit) => edit.values ?? {}));
    const place = edits.findLast((edit) => edit.lon !== undefined) ?? near ?? this.object;
    if (!values.sectors || !place) return null;
    return {...values, fid: this.site, lon: place.lon, lat: place.lat, height_m: values.height_m ?? near?.height_m ?? null};
  }

  /** What the city's data say of a site. */
  async #fetch(fid) {
    if (fid < 0) return;
    const asked = this.#asked;
    try {
      const card = await this.page.study.work(this.page.scenarios.object('site_5g', fid));
      if (asked !== this.#asked) return;
      const columns = Object.fromEntries(card.attributes.map((fact) => [fact.column, fact.value]));
      this.object = {...columns, name: card.name, lon: card.lon, lat: card.lat, sectors: columns.sectors ?? []};
    } catch (error) {
      if (asked !== this.#asked) return;
      this.failure = error;
    }
    this.#write();
  }

  async #ask() {
    const [lon, lat] = this.place;
    const {study, marks} = this.page;
    if (!study.options) return;
    const asked = this.#asked += 1;
    this.#floor = study.floor;
    try {
      const found = await study.work(get(`/api/coverage/explain?${study.query({lon: lon.toFixed(6), lat: lat.toFixed(6), floor: study.floor || ''})}`));
      if (asked !== this.#asked) return;
      Object.assign(this, {found, failure: null});
    } catch (error) {
      if (asked !== this.#asked) return;
      Object.assign(this, {found: null, failure: error});
    }
    const [best] = this.found?.servers ?? [];
    const {blocking, ray_m: ray, ground_m: ground} = this.found?.profile ?? {};
    marks.place = {lon, lat, server: best ? {lon: best.lon, lat: best.lat, height_m: ray ? ray[0] - ground[0] : 0} : null, blocked: blocking ? [blocking.lon, blocking.lat] : null};
    marks.draw();
    this.#write();
  }

  #write() {
    const {element, app, page} = this;
    element.hidden = false;
    app.host.classList.add('tw-with-card');
    const scroll = element.querySelector('.tw-scroll')?.scrollTop ?? 0;
    if (this.place) {
      const [lon, lat] = this.place;
      if (!page.marks.place) { page.marks.place = {lon, lat, server: null, blocked: null}; page.marks.draw(); }
      refresh(element, placeContent(page, {lon, lat, found: this.found, failure: this.failure}));
    } else refresh(element, siteContent(page, {site: this.#known(), failure: this.failure}));
    element.setAttribute('aria-label', element.querySelector('h2')?.textContent ?? '');
    const box = element.querySelector('.tw-scroll');
    if (box) box.scrollTop = scroll;
  }
}
