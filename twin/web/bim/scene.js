// What this page draws of models: the open one, those beside it, what a comparison shows; and which generic buildings give way.

import {rgb} from '../map/text.js';
import {Standing} from '../map/standing.js';
import {className, t} from './text.js';

export class Scene {
  #frame = 0;
  #old = null; // the earlier version of a comparison, of which only what was removed is shown
  #target = {explode: 0};

  constructor(page) {
    Object.assign(this, {page, session: page.session, app: page.app});
    this.standing = new Standing(page.app, {skips: (id) => id === this.session.id || this.session.beside.has(id), changed: () => this.draw()});
  }

  /** Draw everything again, at most once a frame. */
  draw() {
    this.#frame ||= requestAnimationFrame(() => { this.#frame = 0; this.#draw(); });
  }

  #draw() {
    if (this.app.gone) return;
    const {session} = this;
    session.stacked();
    const chosen = new Set(session.chosen === null ? [] : [session.chosen]);
    const {building} = session;
    if (building?.chunks && !same(building.chosen, chosen)) { building.chosen = chosen; building.look(); }
    const shown = [building, this.#old, ...session.beside.values()].filter(Boolean);
    this.#stepBack();
    this.app.engine.overlay('models', [...shown.flatMap((item) => item.layers()), ...this.standing.layers()]);
    this.hide();
    this.page.marks.draw();
  }

  /** Buildings of the city that a model stands for are not drawn. */
  hide() {
    const {session} = this;
    const buildings = [session.model, ...[...session.beside.values()].map((item) => item.model)].filter((model) => model && (model.placement || session.draft)).map((model) => model.building);
    this.standing.hide(buildings);
  }

  looks(id, level, layer) { return this.standing.looks(id, level, layer); }

  viewed() { this.standing.viewed(); }

  /** Change how the open model is drawn; `levels` only storeys were lifted or hidden. */
  set(change, levels = false) {
    const {building} = this.session;
    if (!building?.chunks) return;
    Object.assign(building, change);
    if (levels) building.levels(); else building.look();
    for (const other of this.session.beside.values()) {
      for (const name of ['explode', 'underground', 'section']) if (name in change) other[name] = change[name];
      if ('section' in change && change.section !== null) other.section = change.section + building.base - other.base;
      other.levels();
    }
    this.session.tell('look');
  }

  /** While a storey or a comparison is looked at, models that stand where the open one does are hinted at. */
  #stepBack() {
    const {building, comparison, beside} = this.session;
    const looking = building?.anchor && (comparison || building.isolated);
    const mine = looking && building.boundsOf();
    for (const other of [...beside.values(), ...this.standing.shown]) {
      const bounds = mine && other.boundsOf();
      const back = Boolean(bounds && bounds[0] < mine[2] && bounds[2] > mine[0] && bounds[1] < mine[3] && bounds[3] > mine[1]);
      if (back === Boolean(other.faded)) continue;
      other.faded = back ? () => true : null;
      other.look();
    }
  }

  /** Lift the storeys apart, gliding. */
  explode(to) {
    this.#target.explode = to;
    if (this.gliding) return;
    const still = matchMedia('(prefers-reduced-motion: reduce)').matches;
    const step = () => {
      const {building} = this.session;
      const left = this.#target.explode - (building?.explode ?? 0);
      this.gliding = building && Math.abs(left) > 0.004 && !still;
      this.set({explode: this.gliding ? building.explode + left * 0.28 : this.#target.explode}, true);
      if (this.gliding) requestAnimationFrame(step);
    };
    step();
  }

  /** Colour a comparison: added, changed, and, from the earlier version, removed; null ends it. */
  async compare(comparison) {
    const {building} = this.session;
    this.#old = null;
    if (!comparison) { this.set({paint: null, faded: null}); this.page.colours.apply(); return; }
    const [added, changed] = [new Set(comparison.added.map(({row}) => row)), new Set(comparison.changed.map(({row}) => row))];
    const [green, amber, red] = [rgb('good'), rgb('warn'), rgb('bad')];
    const touched = (row) => added.has(row) || changed.has(row);
    const spaces = [...comparison.added, ...comparison.changed].some(({row}) => building.spaceRows[row]);
    this.set({
      paint: (row) => (added.has(row) ? green : changed.has(row) ? amber : null), faded: (row) => !touched(row), spaces,
      hidden: spaces ? (row) => building.spaceRows[row] && !touched(row) : null, isolated: null, explode: 0, section: null,
    });
    if (!comparison.removed.length) return;
    const old = await this.session.version(comparison.before);
    if (this.session.comparison !== comparison) return;
    const removed = new Set(comparison.removed.map(({row}) => row));
    old.place(this.session.draft ?? this.session.model.placement);
    Object.assign(old, {paint: () => red, hidden: (row) => !removed.has(row), spaces: true, lift: building.base - old.base, removed: comparison.removed});
    old.look();
    this.#old = old;
    this.draw();
  }

  /** Go to an element that is only in the earlier version. */
  flyToEarlier(row) {
    if (this.#old) this.page.goTo(this.#old, this.#old.boxOf([row]));
  }

  earlier(building) { return building === this.#old; }

  removedText(row) {
    const item = this.#old.removed.find((entry) => entry.row === row);
    return t('versions.was', {name: item?.name || item?.guid || '', class: className(item?.class ?? '')});
  }

  dispose() { this.standing.dispose(); }
}

const same = (a, b) => a.size === b.size && [...a].every((item) => b.has(item));
