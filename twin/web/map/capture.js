// The panel that takes the present view into a tour: camera, layers, sun, scenario, painting, selection, with a caption.
//
// Explore and the pages of analyses offer it; what a page paints is taken with
// its options, so that the wall and the report show the same.

import {get, send} from '../page/api.js';
import {debounced, fill, h, icon, select} from './dom.js';
import {pageAddress} from './pages.js';
import * as share from './share.js';
import {say, t} from './text.js';

const SHOW = {life: 'life-circle', coverage: 'coverage'};
const KEPT = 'twin.capture.tour';
const NOT_PAINTED = ['scn', 'panel', 'swipe', 'at', 'annotation', 'select'];
const [SHORTEST_S, USUAL_S, LONGEST_S] = [3, 15, 600];
const [TITLE, CAPTION, MOST_INDICATORS] = [80, 400, 12];

/** What the map shows now, as a viewpoint without words. */
export function viewpoint(app) {
  const query = new URL(share.write(app)).searchParams;
  const number = (name) => Number(query.get(name) ?? 0);
  const own = new URLSearchParams();
  app.guide.write(own);
  for (const name of NOT_PAINTED) own.delete(name);
  const show = SHOW[app.guide.page] ?? '';
  const bearing = ((number('b') + 540) % 360) - 180;
  return {
    longitude: number('lon'), latitude: number('lat'), zoom: Math.min(20.5, Math.max(7, number('z'))), pitch: Math.min(60, Math.max(0, number('p'))),
    bearing: Math.round(bearing * 10) / 10,
    layers: query.get('layers') ?? '', time: query.get('t') ?? '', shadows: query.get('shadows') === '1',
    scenario: app.guide.study?.scenario ?? '', show, options: show ? Object.fromEntries(own) : {}, select: query.get('select') ?? '',
  };
}

const stored = () => { try { return localStorage.getItem(KEPT) ?? ''; } catch { return ''; } };
const store = (value) => { try { localStorage.setItem(KEPT, value); } catch { /* private window */ } };

export class CapturePanel {
  #draft = this.#blank();
  #tours = null;
  #names = [];
  #tour = stored();
  #done = null;
  #failure = '';
  #busy = false;

  constructor(app) {
    this.app = app;
    this.follow = debounced(() => this.#facts(), 200);
    for (const topic of ['scene', 'filters', 'sun', 'selection']) app.store?.on(topic, () => this.follow());
  }

  get title() { return t('capture.title'); }

  #blank() { return {title: '', title_en: '', caption: '', caption_en: '', duration_s: USUAL_S, indicators: []}; }

  render(body) {
    this.body = body;
    this.#write();
    get('/api/tours').then(({tours, indicators}) => {
      this.#tours = tours.filter((item) => !item.builtin);
      this.#names = indicators;
      if (!this.#tours.some((item) => item.id === this.#tour)) this.#tour = '';
      if (this.body.isConnected) this.#write();
    }).catch((error) => this.#fail(error));
  }

  /** What the viewpoint is called where nobody says: the selected object, else the painting, else nothing. */
  #suggestion() {
    const {selected, guide} = this.app;
    const name = selected && (selected.name || this.app.card.nameOf?.(selected));
    if (name) return String(name).slice(0, TITLE);
    return SHOW[guide.page] ? t(`capture.show.${SHOW[guide.page]}`) : '';
  }

  #write() {
    const draft = this.#draft;
    const bound = (name, limit, attributes = {}) => ({value: draft[name], maxlength: limit, oninput: (event) => { draft[name] = event.target.value; this.#ready(); }, ...attributes});
    this.named = h('input.tw-input', {type: 'text', 'data-field': 'title', 'aria-label': t('capture.name'), placeholder: this.#suggestion() || t('capture.name.hint'), ...bound('title', TITLE)});
    this.save = h('button.tw-button.tw-primary', {type: 'submit', 'data-action': 'capture', disabled: this.#busy}, icon('capture'), t('capture.save'));
    this.facts = h('ul.tw-captured', {'aria-label': t('capture.takes')});
    this.told = h('div.tw-capture-told', {role: 'status', 'aria-live': 'polite'});
    fill(this.body, h('form', {onsubmit: (event) => { event.preventDefault(); this.take(); }},
      h('p.tw-note', {}, t('capture.help')),
      this.facts,
      h('label.tw-stack', {}, h('span', {}, t('capture.name')), this.named),
      h('label.tw-stack', {}, h('span', {}, t('capture.caption')),
        h('textarea.tw-input', {rows: 3, 'data-field': 'caption', placeholder: t('capture.caption.hint'), ...bound('caption', CAPTION)})),
      h('details.tw-more', {open: Boolean(draft.title_en || draft.caption_en)}, h('summary', {}, t('capture.english')),
        h('label.tw-stack', {}, h('span', {}, t('capture.name.en')), h('input.tw-input', {type: 'text', lang: 'en', 'data-field': 'title_en', ...bound('title_en', TITLE)})),
        h('label.tw-stack', {}, h('span', {}, t('capture.caption.en')), h('textarea.tw-input', {rows: 3, lang: 'en', 'data-field': 'caption_en', ...bound('caption_en', CAPTION)}))),
      h('label.tw-field', {}, h('span', {}, t('capture.duration')),
        h('span.tw-seconds', {}, h('input.tw-input', {type: 'number', min: SHORTEST_S, max: LONGEST_S, step: 1, required: true, 'data-field': 'duration', value: draft.duration_s,
          oninput: (event) => { draft.duration_s = Number(event.target.value); }}), t('capture.seconds'))),
      this.#indicators(),
      this.#chooser(),
      h('div.tw-buttons', {}, this.save),
      this.told));
    this.#facts();
    this.#tell();
    this.#ready();
  }

  #indicators() {
    const {indicators} = this.#draft;
    const name = (no) => say(this.#names.find((item) => item.no === no)?.name) || String(no);
    const free = this.#names.filter((item) => !indicators.includes(item.no));
    const again = (change) => { this.#draft.indicators = change; this.#write(); this.body.querySelector('[data-field=indicators] select')?.focus(); };
    return h('div.tw-stack', {'data-field': 'indicators'}, h('span', {}, t('capture.indicators')),
      indicators.length ? h('ul.tw-chosen', {}, indicators.map((no) => h('li', {}, h('span', {title: name(no)}, `${no} ${name(no)}`),
        h('button.tw-quiet', {type: 'button', 'aria-label': t('capture.without', {name: name(no)}), onclick: () => again(indicators.filter((item) => item !== no))}, icon('close'))))) : null,
      indicators.length < MOST_INDICATORS
        ? select(t('capture.indicators'), [['', t('capture.indicators.add')], ...free.map((item) => [String(item.no), `${item.no} ${say(item.name)}`])], '', (no) => no && again([...indicators, Number(no)]))
        : null);
  }

  #chooser() {
    if (!this.#tours) return h('p.tw-note', {}, t('loading'));
    const fresh = !this.#tour;
    const choose = select(t('capture.tour'), [...this.#tours.map((item) => [item.id, t('capture.tour.of', {name: item.name, count: item.viewpoints.length})]), ['', t('capture.tour.new')]],
      this.#tour, (id) => { this.#tour = id; this.#write(); });
    choose.dataset.field = 'tour';
    this.newName = fresh ? h('input.tw-input', {type: 'text', 'data-field': 'tour-name', maxlength: TITLE, placeholder: t('capture.tour.name'), 'aria-label': t('capture.tour.name'),
      value: this.#draft.tour ?? '', oninput: (event) => { this.#draft.tour = event.target.value; this.#ready(); }}) : null;
    return h('div.tw-stack', {}, h('span', {}, t('capture.tour')), choose, this.newName);
  }

  #ready() {
    const named = this.#draft.title.trim() || this.#suggestion();
    this.save.disabled = this.#busy || !this.#tours || !named || (!this.#tour && !(this.#draft.tour ?? '').trim());
  }

  /** What of the view is taken. */
  #facts() {
    if (!this.facts?.isConnected) return;
    const taken = viewpoint(this.app);
    const scenario = this.app.guide.scenarios?.current?.name;
    const selected = taken.select && (this.#suggestion() || taken.select);
    fill(this.facts, [
      t('capture.takes.layers', {count: taken.layers ? taken.layers.split(',').length : 0}),
      taken.show && t(`capture.show.${taken.show}`),
      taken.time && t('capture.takes.sun', {time: taken.time.replace('T', ' ')}),
      taken.scenario && t('capture.takes.scenario', {name: scenario ?? taken.scenario}),
      selected && t('capture.takes.select', {name: selected}),
    ].filter(Boolean).map((text) => h('li', {}, text)));
    this.named.placeholder = this.#suggestion() || t('capture.name.hint');
    this.#ready();
  }

  #tell() {
    fill(this.told,
      this.#failure ? h('p.tw-failed', {role: 'alert'}, this.#failure) : null,
      this.#done ? h('p.tw-done', {}, icon('check'), t('capture.done', this.#done), ' ',
        h('a', {href: `${pageAddress('briefing')}&tour=${this.#done.id}`, 'data-action': 'open-tour'}, t('capture.open'))) : null);
  }

  #fail(error) {
    this.#failure = error.text ? say(error.text) : String(error);
    this.#busy = false;
    if (this.body?.isConnected) { this.#tell(); if (this.#tours) this.#ready(); }
  }

  /** Append what is shown now to the chosen tour, or to a new one. */
  async take() {
    if (this.#busy || this.save.disabled) return;
    const {tour: name = '', ...words} = this.#draft;
    const point = {...viewpoint(this.app), ...words, title: words.title.trim() || this.#suggestion()};
    if (!Number.isInteger(point.duration_s)) return;
    this.#busy = true;
    this.#failure = '';
    this.#ready();
    try {
      const made = this.#tour
        ? await send('POST', `/api/tours/${this.#tour}/viewpoints`, point)
        : await send('POST', '/api/tours', {name: name.trim(), viewpoints: [point]});
      this.#tour = made.id;
      store(made.id);
      this.#tours = [made, ...this.#tours.filter((item) => item.id !== made.id)];
      this.#done = {id: made.id, name: made.name, number: made.viewpoints.length};
      this.#draft = this.#blank();
      this.#busy = false;
      if (this.body.isConnected) { this.#write(); this.named.focus(); }
    } catch (error) {
      if (error.code === 'unknown_name') { this.#tour = ''; this.render(this.body); }
      this.#fail(error);
    }
  }
}
