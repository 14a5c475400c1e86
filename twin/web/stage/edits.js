// A scenario's edits on a stage: places that came, moved and went, planned buildings as they will stand, and what they replace left out.

import {Marks, ON_TOP} from '../analysis/marks.js';
import {get} from '../page/api.js';
import {rgb, tokens} from '../map/text.js';

const MOST_REPLACED = 60; // buildings asked for one by one
const MATERIAL = {ambient: 0.7, diffuse: 0.45, shininess: 8, specularColor: [30, 30, 30]};
const SIGNS = {add: '+', move: '↦'};

export class Edits extends Marks {
  gone = []; // buildings that are not drawn: {generation, row}

  /** @param page {page, app, scenarios, tools, face: what draws some of the edits itself, standing: models in view} */
  constructor(page) {
    super(page);
    page.scenarios.on('list', () => this.draw());
  }

  get edits() { return this.hidden ? [] : this.page.scenarios.current?.edits ?? []; }

  /** Ask which rows of the tiles are the buildings that the scenario takes away. */
  async load() {
    const edits = this.page.scenarios.current?.edits ?? [];
    const fids = [...new Set(edits.flatMap((edit) => (edit.kind === 'build' ? edit.replaces : edit.kind === 'remove' && edit.layer === 'building' ? [edit.fid] : [])))].slice(0, MOST_REPLACED);
    const cards = await Promise.all(fids.filter((fid) => fid >= 0).map((fid) => get(`/api/layers/building/features/${fid}`).catch(() => null)));
    this.gone = cards.filter(Boolean).map((card) => ({generation: card.evidence.generation, row: card.row}));
  }

  /** Show the base (true) or the scenario. */
  base(on) {
    this.hidden = on;
    this.draw();
  }

  draw() {
    const {app, page} = this;
    app.engine.overlay('edits', this.hidden ? [] : this.#places(page.face));
    app.engine.overlay('planned', this.#planned());
    page.standing?.hide(this.hidden ? [] : this.gone);
  }

  #places(face) {
    const layers = [...new Set(this.edits.map((edit) => edit.layer))].filter((layer) => layer && layer !== 'building' && layer !== 'road' && !face?.marked.includes(layer));
    const color = (item) => rgb(app.layer[item.layer]?.color ?? 'accent');
    const {app} = this;
    const places = this.places(layers);
    return [
      ...(face?.ways ? [] : this.ways()),
      ...this.leaving(places),
      ...this.dots('moved', places.moved, {color: rgb('accent'), radius: 9, text: () => SIGNS.move}),
      ...this.dots('added', places.added, {color, radius: 10, text: () => SIGNS.add}),
    ];
  }

  #planned() {
    const D = window.deck;
    const standing = new Set((this.page.standing?.shown ?? []).map(({id}) => id));
    const builds = this.edits.filter((edit) => edit.kind === 'build' && !standing.has(edit.model));
    const parts = builds.flatMap((edit) => edit.footprint.map((ring) => ({ring, edit})));
    if (!parts.length) return [];
    const scale = this.app.scale();
    const named = builds.filter((edit) => edit.name).map((edit) => ({edit, place: middle(edit.footprint[0])}));
    return [
      new D.SolidPolygonLayer({
        id: 'stage-planned', data: parts, getPolygon: (part) => part.ring, extruded: true, wireframe: true, getElevation: (part) => part.edit.height_m,
        getFillColor: rgb('accent', 225), getLineColor: rgb('text_1'), material: MATERIAL, pickable: false, updateTriggers: {getFillColor: rgb('accent').join()},
      }),
      ...(named.length ? [new D.TextLayer({
        id: 'stage-planned-names', data: named, getPosition: ({edit, place}) => [...place, edit.height_m], getText: ({edit}) => edit.name, getSize: Math.max(13 * scale, this.app.data.leastText ?? 0),
        getColor: rgb('text_1'), getPixelOffset: [0, -12 * scale], fontFamily: tokens().font, fontWeight: 600, characterSet: 'auto', fontSettings: {sdf: true, fontSize: 40, buffer: 6, radius: 10, cutoff: 0.2},
        outlineWidth: 3.5, outlineColor: rgb('ground', 235), ...ON_TOP,
      })] : []),
    ];
  }
}

function middle(ring) {
  const sum = ring.reduce(([a, b], [lon, lat]) => [a + lon, b + lat], [0, 0]);
  return sum.map((value) => value / ring.length);
}
