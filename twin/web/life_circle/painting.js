// The map's colours: buildings by their octets when near, cells when far, and the legend that explains both.

import {h, select} from '../map/dom.js';
import {rowOf} from '../map/engine.js';
import {number} from '../map/format.js';
import {language, say} from '../map/text.js';
import {classes, counted, palette, shareClasses, shareColor} from './scales.js';
import {VALUES} from './study.js';
import {t} from './text.js';

export class Painting {
  #stamp = 0;
  #table = [];
  #classes = [];
  #head = null;
  #headLanguage = '';

  /** @param page the mode: app, study */
  constructor(page) {
    Object.assign(this, {app: page.app, study: page.study, base: false});
    for (const topic of ['values', 'cells', 'result']) this.study.on(topic, () => this.paint());
  }

  /** Whether buildings are seen as themselves; farther away, cells stand for them. */
  get near() { return this.app.engine.level >= this.app.layer.building.detail_zoom; }

  /** Colours anew: values, theme, language or what they are compared with changed. */
  paint() {
    const {study} = this;
    const shown = this.base ? study.before : study.values;
    this.#classes = counted(classes(study), shown);
    this.#table = palette(this.#classes);
    this.#stamp += 1;
    this.app.engine.redraw();
    this.cells();
    this.app.legend.render();
  }

  /** Show the base (true) or the study itself. */
  compare(base) {
    if (this.base === base) return;
    this.base = base;
    this.paint();
  }

  /** Follow the camera: what must be asked for depends on how far it is. */
  viewed() {
    const far = !this.near;
    if (far === this.study.far) return;
    this.study.far = far;
    this.paint();
    if (this.study.options) this.study.paint();
  }

  /** What is laid over a layer of the scene, for the study or for the base. */
  looks(id, level, layer, base = this.base) {
    if (id !== 'building') return null;
    if (level < this.app.layer.building.detail_zoom) return {visible: false};
    const octets = this.study.generation === this.app.layer.building.generation ? (base ? this.study.before : this.study.values) : null;
    const table = this.#table;
    const none = table[254] ?? [90, 100, 115, 255];
    return {
      getFillColor: octets ? (feature, info) => table[octets[rowOf(info) - 1]] ?? none : none,
      updateTriggers: {...layer.props.updateTriggers, getFillColor: [this.#stamp, octets === this.study.before]},
    };
  }

  cells() {
    const {engine} = this.app;
    const found = this.near ? null : this.study.cells;
    if (!found) { engine.overlay('field', []); return; }
    const half = found.size_m / 2;
    const corners = ([lon, lat]) => {
      const [x, y] = [half / (111_320 * Math.cos((lat * Math.PI) / 180)), half / 110_950];
      return [[lon - x, lat - y], [lon + x, lat - y], [lon + x, lat + y], [lon - x, lat + y]];
    };
    engine.overlay('field', [new window.deck.SolidPolygonLayer({
      id: 'life-cells', data: found.cells, getPolygon: corners, getFillColor: (cell) => shareColor(cell[3]), pickable: true, material: false,
      parameters: {depthCompare: 'always', depthWriteEnabled: false}, shadowEnabled: false,
    })]);
  }

  /** What a cell says when it is clicked. */
  cellText([, , people, share, minutes]) {
    return t('cell', {people: number(people), share: number(share * 100, 1), minutes: minutes === null ? '–' : number(minutes, 1)});
  }

  legends() {
    const {study} = this;
    if (!study.options) return [];
    const head = this.#chooser();
    if (!this.near) return [{head, title: t('legend.cells'), entries: shareClasses(), mark: 'extrusion'}];
    const of = study.value === 'minutes' ? `legend.minutes${study.category ? '_one' : ''}` : `legend.${study.value}`;
    return [{
      head, mark: 'extrusion',
      title: study.value === 'minutes' && study.category ? `${say(study.titleOf(study.category))} · ${t(of)}` : t(of),
      entries: this.#classes.filter((entry) => entry.count || (!entry.rest && !entry.other && study.value !== 'bottleneck')),
    }];
  }

  /** What the buildings are coloured by; kept, so that a redrawn legend does not take the focus away. */
  #chooser() {
    const {study} = this;
    if (!this.#head || this.#headLanguage !== language()) {
      this.#headLanguage = language();
      const value = select(t('value'), VALUES.map((id) => [id, t(`value.${id}`)]), study.value, (chosen) => study.choose({value: chosen}));
      const category = select(t('category'), [['', t('category.whole')], ...study.options.categories.map((item) => [item.id, say(item.title)])], study.category,
        (chosen) => study.choose({category: chosen}));
      value.dataset.choose = 'value';
      category.dataset.choose = 'category';
      this.#head = h('div.an-chooser', {}, value, category);
    }
    this.#head.children[1].hidden = study.value !== 'minutes';
    this.#head.hidden = !this.near;
    return this.#head;
  }
}
