// The Scenarios page: two scenarios, or one and the city as it is, compared on the map and indicator by indicator.
//
// For tests, window.twinPage is the page: `settled()` resolves when no question to the server is out and both
// maps are drawn; `pair.a` and `pair.b` are the stages.

import {closeEvidence} from '../evidence/card.js';
import {debounced, h} from '../map/dom.js';
import {loadLibraries} from '../map/engine.js';
import {styled} from '../map/main.js';
import {pageAddress} from '../map/pages.js';
import {chooseLanguage, chooseTheme, language, loadTexts, text, theme, tokens} from '../map/text.js';
import {get} from '../page/api.js';
import {read, write} from './address.js';
import {Annotated} from './annotated.js';
import {Chrome} from './chrome.js';
import {boundsOf} from './edit_text.js';
import {EditsPanel} from './edits_panel.js';
import {ListPanel} from './list_panel.js';
import {Pair} from './pair.js';
import {Records} from './records.js';
import {SharePanel} from './share_panel.js';
import {TablePanel} from './table_panel.js';
import {sentence, t} from './text.js';

const ASSETS = new URL('/assets/', document.baseURI).pathname;
const PANELS = ['list', 'table', 'edits', 'annotations', 'share'];
const FIRST = {longitude: 121.25, latitude: 31.38, zoom: 11, pitch: 45, bearing: 0};

/** Streamlit's entry; runs again with every rerun of its script, and the running page is kept. */
export async function mount(component) {
  const root = component.parentElement.querySelector('.twin-page');
  if (root.dataset.mounted) return;
  root.dataset.mounted = '1';
  const host = h('div.tw.tw-full.an.sc');
  root.append(host);
  const page = new Page(host);
  window.twinPage = page;
  await Promise.all([...['map/twin.css', 'stage/stage.css', 'scenarios/page.css'].map((name) => styled(ASSETS, name)), loadTexts(ASSETS), loadLibraries(ASSETS)]);
  await page.open();
  root.dataset.ready = '1';
}

class Page {
  #works = new Set();

  constructor(host) {
    this.host = host;
    this.changed = debounced(() => this.remember(), 300);
    this.later = debounced(() => this.#compareAgain(), 50);
  }

  async open() {
    this.wear();
    const {state, view, named} = read(location.href, PANELS);
    this.state = state;
    this.records = new Records(state);
    try {
      [this.twin] = await Promise.all([get('/api/twin'), this.records.load()]);
    } catch (error) {
      this.host.replaceChildren(h('div.tw-empty', {role: 'alert'}, h('div.tw-empty-box', {}, h('h2', {}, t('failed')), h('p', {}, sentence(error)),
        h('button.tw-button.tw-primary', {type: 'button', onclick: () => location.reload()}, t('again')))));
      return;
    }
    this.layers = Object.fromEntries(this.twin.layers.map((layer) => [layer.id, layer]));
    this.#settle(named);
    this.panels = {list: new ListPanel(this), table: new TablePanel(this), edits: new EditsPanel(this), annotations: new Annotated(this), share: new SharePanel(this)};
    this.chrome = new Chrome(this, PANELS);
    this.pair = new Pair(this, this.chrome.maps);
    this.chrome.render();
    window.addEventListener('keydown', (event) => this.#key(event));
    this.records.on('list', () => { this.chrome.toolbar(); this.pair.arrange(); });
    this.records.on('compared', () => this.loading());
    this.remember();
    if (!this.twin.bounds) { this.chrome.empty(); return; }
    this.work(this.records.compare());
    this.attempt(this.#maps(view ?? this.#firstView()));
  }

  /** Both maps, what they show, and the annotations on them; the panels need not wait for that. */
  async #maps(view) {
    await this.pair.open(view);
    await Promise.all([this.show(), this.panels.annotations.open()]);
    this.remember();
  }

  /** Forget scenarios that are gone; a first visit compares the newest one that has edits with the city as it is. */
  #settle(named) {
    const {state, records} = this;
    for (const side of ['a', 'b']) {
      if (state[side] && !records.of(state[side])) { state[side] = ''; this.lost = true; }
    }
    if (!named) state.b = (records.list.find((item) => item.edits.length) ?? records.list[0])?.id ?? '';
    if (!named && !state.b) state.panel = 'list';
  }

  /** Where the edits are, else the pilot area nearest to the middle of the city. */
  #firstView() {
    const {state, records, twin} = this;
    const edits = [state.b, state.a].map((id) => records.of(id)?.edits ?? []).find((list) => list.length) ?? [];
    const box = boundsOf(edits, records);
    if (box) return {...viewOf(box, this.chrome.maps), pitch: 45, bearing: -15};
    const [west, south, east, north] = twin.bounds;
    const off = ({lon, lat}) => Math.hypot((lon - (west + east) / 2) * 0.85, lat - (south + north) / 2);
    const [place] = [...twin.places].sort((one, two) => off(one) - off(two));
    return place ? {...FIRST, longitude: place.lon, latitude: place.lat, zoom: 14} : {...FIRST, longitude: (west + east) / 2, latitude: (south + north) / 2};
  }

  /** What a side is called. */
  nameOf(id) { return id ? this.records.of(id)?.name ?? t('gone') : t('base'); }

  /** Put a scenario on a side; '' is the city as it is. */
  choose(side, id) {
    const {state} = this;
    if (state[side] === id) return;
    state[side] = id;
    this.#renew(side);
  }

  swap() {
    const {state} = this;
    [state.a, state.b] = [state.b, state.a];
    this.#renew('a', 'b');
  }

  /** Colour the city: '' plain, life-circle, coverage. */
  paint(show) {
    this.state.show = show;
    this.chrome.toolbar();
    this.work(this.show());
    this.remember();
  }

  /** Swipe or side by side. */
  arrange(view) {
    this.state.view = view;
    this.pair.arrange();
    this.chrome.toolbar();
    this.remember();
  }

  #renew(...sides) {
    closeEvidence(false);
    this.chrome.toolbar();
    this.pair.arrange();
    for (const panel of Object.values(this.panels)) panel.write?.();
    this.work(this.show(...sides));
    this.panels.annotations.follow(...sides);
    this.later();
    this.remember();
  }

  #compareAgain() { this.work(this.records.compare()); }

  /** Show a side, or both, as the state says; what is missing is told. */
  async show(...sides) {
    if (!this.pair.standing) return; // the maps show what the state says once they stand
    await this.pair.show(...sides);
    const [missing] = this.pair.missing;
    if (missing) this.say(sentence({text: missing}));
    else if (this.lost) this.say(t('lost'));
    this.lost = false;
  }

  /** Take an edit back. */
  async undo(id, edit) {
    const done = await this.attempt(this.records.undo(id, edit).then(() => true));
    if (done) this.#renew(...['a', 'b'].filter((side) => this.state[side] === id));
  }

  /** Delete a scenario; where it was shown, the city as it is comes back. */
  async remove(id) {
    const done = await this.attempt(this.records.remove(id).then(() => true));
    if (!done) return;
    const sides = ['a', 'b'].filter((side) => this.state[side] === id);
    for (const side of sides) this.state[side] = '';
    if (sides.length) this.#renew(...sides);
    this.say(t('deleted'));
  }

  /** A name was changed: it is told in comparisons, too. */
  named() { this.later(); }

  hold(on) {
    if (on === this.pair.held) return;
    this.pair.hold(on);
    this.panels.annotations.base(on);
    this.chrome.toolbar();
  }

  flyTo(box) { if (box) this.pair.fly({...viewOf(box, this.chrome.maps), pitch: this.pair.view?.pitch ?? 45, bearing: this.pair.view?.bearing ?? 0}); }

  /** The address of a page that edits a scenario, with the camera. */
  linkTo(path, scenario) {
    const address = new URL(pageAddress(path), location.href);
    const {view} = this.pair;
    const values = {scn: scenario, panel: path === 'bim' ? '' : 'scenario', ...(view ? {lon: view.longitude.toFixed(5), lat: view.latitude.toFixed(5), z: view.zoom.toFixed(2), p: view.pitch.toFixed(1), b: view.bearing.toFixed(1)} : {})};
    for (const [name, value] of Object.entries(values)) if (value) address.searchParams.set(name, value);
    return address.href;
  }

  /** The camera or the bar moved. */
  moved() { this.panels.annotations.viewed(); this.changed(); }

  clicked(side, info) { this.panels.annotations.click(side, info); }
  legends() { this.chrome.legend(); }
  loading() { this.chrome.loading(this.pair.busy > 0 || this.records.busy); }
  say(sentenceText) { this.chrome.say(sentenceText); }

  /** Keep in mind that something is out. */
  work(promise) {
    this.#works.add(promise);
    const end = () => this.#works.delete(promise);
    promise.then(end, end);
    return promise;
  }

  /** Do something that may fail; failures become one sentence. */
  async attempt(promise) {
    try {
      return await this.work(promise);
    } catch (error) {
      console.warn(error);
      this.say(sentence(error));
      return null;
    }
  }

  async settled() {
    do {
      await new Promise((resolve) => { setTimeout(resolve, 60); });
      await Promise.allSettled([...this.#works]);
    } while (this.#works.size);
    if (this.twin.bounds) await this.pair.idle();
  }

  address() {
    const address = new URL(write(this.state, this.pair?.view ?? null));
    this.panels.annotations.write(address);
    return address.href;
  }

  remember() {
    history.replaceState(history.state, '', this.address());
    for (const link of this.host.querySelectorAll('[data-link]')) link.href = this.linkTo(link.dataset.link, new URL(link.href).searchParams.get('scn'));
  }

  /** Take on language and theme. */
  wear() {
    document.documentElement.lang = language() === 'en' ? 'en' : 'zh-CN';
    document.title = `${t('title')} · ${text('map.title')}`;
    document.documentElement.style.background = tokens()[theme()].ground;
    this.host.dataset.theme = theme();
    for (const [name, value] of Object.entries(tokens()[theme()])) this.host.style.setProperty(`--${name.replaceAll('_', '-')}`, value);
    this.host.style.setProperty('--font', tokens().font);
  }

  look({language: chosenLanguage, theme: chosenTheme}) {
    if (chosenLanguage) chooseLanguage(chosenLanguage);
    if (chosenTheme) chooseTheme(chosenTheme);
    closeEvidence(false);
    this.wear();
    this.chrome.render();
    this.pair.look({language: chosenLanguage, theme: chosenTheme});
    this.panels.annotations.draw();
    this.pair.arrange();
    this.remember();
  }

  #key(event) {
    if (event.key === 'Escape') {
      if (closeEvidence() || this.panels.annotations.escape() || this.chrome.escape()) event.preventDefault();
      return;
    }
    if (event.target.matches?.('input, select, textarea') || event.ctrlKey || event.metaKey || event.altKey || event.repeat) return;
    if (event.key.toLowerCase() === 'b') {
      this.hold(true);
      window.addEventListener('keyup', () => this.hold(false), {once: true});
      window.addEventListener('blur', () => this.hold(false), {once: true});
    }
  }
}

/** The camera over a box [west, south, east, north] of the size of an element. */
function viewOf([west, south, east, north], element) {
  const flat = new window.deck.WebMercatorViewport({width: Math.max(200, element.clientWidth / 2), height: Math.max(200, element.clientHeight)});
  const grow = 2e-3;
  const {longitude, latitude, zoom} = flat.fitBounds([[west - grow, south - grow], [east + grow, north + grow]], {padding: 20, maxZoom: 16.5});
  return {longitude, latitude, zoom: Math.min(16.5, zoom)};
}
