// The viewpoints of a tour in their order: moved by handle, opened to edit, deleted with undo.

import {fill, h, icon, select} from '../map/dom.js';
import {language, say} from '../map/text.js';
import {get} from '../page/api.js';
import {listed} from '../page/text.js';
import {openAddress} from './links.js';
import {sortable} from './order.js';
import {t} from './text.js';

const [TITLE, CAPTION, MOST_INDICATORS] = [80, 400, 12];
const SECONDS = {shortest: 3, longest: 600};

export class Editor {
  /** @param page gives draft, preview, indicators, scenarios; hears picked(index) */
  constructor(page) {
    Object.assign(this, {page, open: -1, names: new Map()}); // names of selected objects, by layer:fid
    this.list = h('ol.br-points');
    this.element = h('section.br-editor', {});
    this.said = h('p.hidden', {role: 'status', 'aria-live': 'assertive'});
  }

  get points() { return this.page.draft.tour.viewpoints; }

  title(point) { return (language() === 'en' && point.title_en) || point.title; }

  draw() {
    const {draft} = this.page;
    const {points} = this;
    const scrolled = this.element.scrollTop;
    this.element.setAttribute('aria-label', t('points'));
    fill(this.list, points.map((point, index) => this.#row(point, index)));
    fill(this.element,
      draft.fixed ? h('p.br-fixed', {}, icon('warn'), t('fixed'), ' ', h('button.link', {type: 'button', 'data-do': 'copy-fixed', onclick: () => this.page.copy()}, t('copy.edit'))) : null,
      points.length ? this.list : h('div.empty', {}, h('p', {}, t('points.none')), h('p', {}, h('a.button.primary', {href: this.page.address('')}, icon('capture'), t('points.capture')))),
      this.said);
    this.element.scrollTop = scrolled;
  }

  /** Which viewpoint the preview shows. */
  mark(index) {
    [...this.list.children].forEach((row, number) => row.toggleAttribute('data-shown', number === index));
  }

  #row(point, index) {
    const {page} = this;
    const {fixed} = page.draft;
    const opened = this.open === index;
    const name = this.title(point) || t('untitled');
    const row = h('li.br-point', {'data-row': index, 'data-open': opened, 'data-shown': page.preview.index === index});
    const handle = fixed ? null : h('button.br-handle', {type: 'button', 'data-key': `handle-${index}`, 'aria-label': t('move', {title: name, number: index + 1, count: this.points.length}), title: t('move.help')}, icon('grip'));
    const heading = h('button.br-heading', {type: 'button', 'data-key': `open-${index}`, 'aria-expanded': String(opened), onclick: () => this.pick(opened ? -1 : index)},
      h('span.br-number', {}, String(index + 1)),
      h('span.br-name', {}, h('b', {'data-part': 'title'}, name), h('span.br-tags', {}, this.#tags(point))),
      h('span.br-seconds', {'data-part': 'seconds'}, t('seconds', {count: point.duration_s})), icon('down'));
    row.append(h('div.br-line-of-row', {}, handle ?? '', heading), ...(opened ? [this.#form(point, index, row)] : []));
    if (handle) sortable(handle, row, this.list, this.element, (from, to) => this.move(from, to));
    return row;
  }

  #tags(point) {
    const scenario = point.scenario && (this.page.scenarios.find((item) => item.id === point.scenario)?.name ?? t('scenario.gone'));
    return [
      point.show && t(`show.${point.show}`), scenario, point.time && t('sun', {time: point.time.replace('T', ' ')}),
      point.indicators.length ? t('indicators.count', {numbers: listed(point.indicators)}) : '',
    ].filter(Boolean).map((tag) => h('span.tag', {}, tag));
  }

  /** Open a viewpoint and show it; -1 closes. */
  pick(index, focus = true) {
    this.open = index;
    this.draw();
    if (index >= 0) { this.page.preview.stop(); this.page.preview.show(index); }
    if (focus) this.#focus(index >= 0 ? `open-${index}` : '');
  }

  #focus(key) { if (key) this.element.querySelector(`[data-key="${key}"]`)?.focus({preventScroll: false}); }

  move(from, to) {
    const {draft, preview} = this.page;
    const name = this.title(this.points[from]);
    draft.change((tour) => tour.viewpoints.splice(to, 0, ...tour.viewpoints.splice(from, 1)));
    const follow = (index) => (index === from ? to : index - (index > from) + (index - (index > from) >= to));
    if (this.open >= 0) this.open = follow(this.open);
    if (preview.index >= 0) preview.index = follow(preview.index);
    this.page.changed();
    this.#focus(`handle-${to}`);
    this.said.textContent = t('moved', {title: name, number: to + 1, count: this.points.length});
  }

  #remove(index) {
    const name = this.title(this.points[index]);
    this.page.draft.change((tour) => tour.viewpoints.splice(index, 1));
    this.open = -1;
    this.page.changed();
    this.page.offerUndo(t('deleted', {title: name}));
    const next = Math.min(index, this.points.length - 1);
    if (next >= 0) { this.page.preview.show(next); this.#focus(`open-${next}`); }
    else this.page.preview.show(-1);
  }

  #duplicate(index) {
    this.page.draft.change((tour) => tour.viewpoints.splice(index + 1, 0, {...structuredClone(tour.viewpoints[index]), id: ''}));
    this.page.changed();
    this.pick(index + 1);
  }

  #form(point, index, row) {
    const {page} = this;
    const {draft} = page;
    const {fixed} = draft;
    const typed = (name) => (event) => {
      draft.change((tour) => { tour.viewpoints[index][name] = event.target.value; }, `${index} ${name}`);
      row.querySelector('[data-part=title]').textContent = this.title(this.points[index]) || t('untitled');
      page.preview.draw();
    };
    const words = (name, limit, rows) => h('label.br-field', {}, h('span', {}, t(`field.${name}`)),
      h(rows ? 'textarea' : 'input', {type: rows ? null : 'text', rows, lang: name.endsWith('_en') ? 'en' : null, 'data-field': name, 'data-key': `${name}-${index}`, maxlength: limit,
        value: point[name], readonly: fixed, oninput: typed(name)}));
    const again = (work) => { draft.change((tour) => work(tour.viewpoints[index])); page.changed(); };
    const button = (name, symbol, work, more = {}) => h('button', {type: 'button', 'data-do': name, 'data-key': `${name}-${index}`, onclick: work, ...more}, icon(symbol), t(`do.${name}`));
    return h('div.br-form', {},
      h('div.br-pair', {}, words('title', TITLE, null), words('title_en', TITLE, null)),
      h('div.br-pair', {}, words('caption', CAPTION, 3), words('caption_en', CAPTION, 3)),
      h('div.br-pair', {},
        h('label.br-field', {}, h('span', {}, t('field.duration')), h('span.br-unit', {}, h('input', {type: 'number', min: SECONDS.shortest, max: SECONDS.longest, step: 1, 'data-field': 'duration_s', 'data-key': `duration-${index}`, value: point.duration_s, readonly: fixed,
          onchange: (event) => {
            const value = Math.round(Math.min(SECONDS.longest, Math.max(SECONDS.shortest, Number(event.target.value) || point.duration_s)));
            event.target.value = value;
            draft.change((tour) => { tour.viewpoints[index].duration_s = value; }, `${index} duration`);
            row.querySelector('[data-part=seconds]').textContent = t('seconds', {count: value});
            page.header();
          }}), t('unit.seconds'))),
        h('label.br-field', {}, h('span', {}, t('field.scenario')), this.#scenario(point, index, again))),
      this.#indicators(point, index, again),
      h('dl.br-facts', {}, this.#facts(point)),
      h('div.buttons', {},
        fixed ? null : button('camera', 'capture', () => this.#camera(index), {title: t('do.camera.help')}),
        h('a.button', {href: openAddress(point), 'data-do': 'open'}, icon('map'), t('do.open')),
        fixed ? null : button('duplicate', 'copy', () => this.#duplicate(index)),
        fixed ? null : button('delete', 'trash', () => this.#remove(index))));
  }

  #scenario(point, index, again) {
    const {scenarios, draft} = this.page;
    const known = scenarios.some((item) => item.id === point.scenario);
    const box = select(t('field.scenario'), [['', t('scenario.none')], ...scenarios.map((item) => [item.id, item.name]), ...(point.scenario && !known ? [[point.scenario, t('scenario.gone')]] : [])],
      point.scenario, (id) => { again((item) => { item.scenario = id; }); this.page.preview.show(index); });
    box.disabled = draft.fixed;
    box.dataset.field = 'scenario';
    return box;
  }

  #indicators(point, index, again) {
    const {indicators: known, draft} = this.page;
    const name = (no) => say(known.find((item) => item.no === no)?.name) || String(no);
    const change = (value) => { again((item) => { item.indicators = value; }); this.element.querySelector(`[data-row="${index}"] [data-field=indicators] select`)?.focus(); };
    const free = known.filter((item) => !point.indicators.includes(item.no));
    return h('div.br-field', {'data-field': 'indicators'}, h('span', {}, t('field.indicators')),
      h('ul.br-chips', {}, point.indicators.map((no) => h('li', {}, h('span', {}, `${no} ${name(no)}`),
        draft.fixed ? null : h('button.round', {type: 'button', 'aria-label': t('without', {name: name(no)}), onclick: () => change(point.indicators.filter((item) => item !== no))}, icon('close')))),
      point.indicators.length ? null : h('li.br-none', {}, t('indicators.none'))),
      draft.fixed || point.indicators.length >= MOST_INDICATORS ? null
        : select(t('field.indicators'), [['', t('indicators.add')], ...free.map((item) => [String(item.no), `${item.no} ${say(item.name)}`])], '', (no) => no && change([...point.indicators, Number(no)])));
  }

  #facts(point) {
    const {layers} = this.page;
    const named = point.layers.split(',').filter(Boolean).map((part) => layers[part.split(':')[0]] ?? part.split(':')[0]);
    const facts = {
      layers: named.length ? listed(named) : t('fact.layers.usual'),
      show: point.show ? t(`show.${point.show}`) : '', sun: point.time ? point.time.replace('T', ' ') + (point.shadows ? ` · ${t('fact.shadows')}` : '') : '', select: point.select && (this.names.get(point.select) || this.#kind(point.select)),
    };
    if (point.select) this.#named(point.select);
    return Object.entries(facts).filter(([, value]) => value).map(([name, value]) => [h('dt', {}, t(`fact.${name}`)), h('dd', {'data-fact': name}, value)]);
  }

  /** What is selected, without its name: its layer, and its number there. */
  #kind(select) {
    const [layer, fid] = select.split(':');
    return `${this.page.layers[layer] ?? layer} ${fid}`;
  }

  /** Ask what the selected object is called, and write it where it is shown. */
  async #named(select) {
    if (this.names.has(select)) return;
    this.names.set(select, '');
    const [layer, fid] = select.split(':');
    const card = Number(fid) < 0 ? null : await get(`/api/layers/${layer}/features/${fid}`).catch(() => null);
    if (!card) return;
    this.names.set(select, `${(language() === 'en' && card.name_en) || card.name || card.identifier} · ${this.page.layers[layer] ?? layer}`);
    const shown = this.element.querySelector('[data-fact=select]');
    if (shown && this.points[this.open]?.select === select) shown.textContent = this.names.get(select);
  }

  /** Take over the camera that the preview was moved to by hand. */
  #camera(index) {
    const {preview, draft} = this.page;
    const {camera} = preview;
    if (!camera || preview.index !== index) return;
    draft.change((tour) => Object.assign(tour.viewpoints[index], camera));
    this.page.changed();
    this.#focus(`camera-${index}`);
    this.page.note(t('camera.taken'));
  }
}
