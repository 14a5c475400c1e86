// deck.gl fed by the scene: what is drawn, lit, filtered and picked. Knows nothing of panels.
//
// The scene is pydeck's JSON from /api/scene. It is converted once; filters, the
// selection and the measurements are laid over it without touching its tiles.

import {evenLight, sunlight} from './light.js';
import {omission} from './omission.js';

const SCRIPTS = ['vendor/deck.min.js', 'vendor/deck-json.min.js'];
const MOST_PIXELS = 8_847_360; // 4096 x 2160: beyond this, sharpness costs more than it shows
const EVERYTHING = [-2e9, 2e9];
const FIELDS = ['field', 'reach']; // on the ground, below what stands on it
const OVERLAYS = ['models', 'planned', 'plane', 'edits', 'selection', 'measure', 'marks', 'annotations', 'labels', 'named'];
const HANDS = ['dragPan', 'dragRotate', 'scrollZoom', 'doubleClickZoom', 'touchZoom', 'touchRotate', 'keyboard'];
const MOST_HOVERED = 200_000; // triangles of models that a processor draws once more for every move of the pointer
const rowNumbers = new WeakMap(); // properties of a tile's features -> their row numbers
let libraries = null;

function script(address) {
  return new Promise((resolve, reject) => {
    const tag = document.createElement('script');
    Object.assign(tag, {src: address, onload: resolve, onerror: () => reject(new Error(address))});
    document.head.append(tag);
  });
}

/** Load deck.gl and its JSON reader, once a page, in this order. */
export function loadLibraries(assets) {
  libraries ??= SCRIPTS.reduce((before, name) => before.then(() => script(assets + name)), Promise.resolve());
  return libraries;
}

/** Device pixels per CSS pixel: the screen's own, within what a graphics card draws fluently. */
function sharpness(element) {
  const pixels = Math.max(1, element.clientWidth * element.clientHeight);
  return Math.min(window.devicePixelRatio || 1, 2, Math.sqrt(MOST_PIXELS / pixels));
}

/** Whether a processor draws instead of a graphics card, as in remote desktops and tests. */
export function drawnBySoftware() {
  const gl = document.createElement('canvas').getContext('webgl2');
  const named = gl?.getExtension('WEBGL_debug_renderer_info');
  const renderer = named ? gl.getParameter(named.UNMASKED_RENDERER_WEBGL) : '';
  gl?.getExtension('WEBGL_lose_context')?.loseContext();
  return /swiftshader|llvmpipe|softpipe|software|basic render/i.test(renderer);
}

const still = () => matchMedia('(prefers-reduced-motion: reduce)').matches;

/** The row number of the feature that an accessor is asked about; deck.gl gives accessors the properties only. */
export function rowOf({data, index}) {
  return rowNumbers.get(data.properties)?.[data.featureIds.value[data.startIndices[index]]]?.id;
}

/** Id of the city's layer that a drawn layer shows. */
export const nameOf = (id) => id.split('|')[0];

export class Engine {
  #spec = [];
  #overlays = new Map();
  #filters = () => null;
  #looks = () => null;
  #ground = [11, 21, 38, 255];
  #observer;
  #tileCame = false;
  #given = false; // whether a scene has come yet
  #zoomLevel = null;
  #doubleClickZoom = true;
  #heavy = false; // whether pointing at things costs too much here; a click still tells what it hit
  mirror = null; // {overlay(name, layers)} that is told of overlays, too

  /**
   * @param parent  element that the canvas fills
   * @param options {assets, blind: only drawn for pictures, view, still, hands, onClick(info), onView(view), onLoading(boolean), cursor()}; `still`: not moved but by follow(); `hands` false: not moved by the user
   */
  constructor(parent, options) {
    const D = window.deck;
    D.log.level = -1; // silence hints for developers; errors arrive in onError
    this.parent = parent;
    this.options = options;
    // A processor draws some 10,000 buildings a second and not a million: it gets tiles one zoom coarser, if it draws more than once.
    this.software = drawnBySoftware();
    this.zoomOffset = this.software && !options.blind ? -1 : 0;
    this.view = {minZoom: 7, maxZoom: 19.5, maxPitch: 60, minPitch: 0, ...options.view};
    this.loading = true;
    this.firstTiles = null;
    this.deck = new D.Deck({
      parent,
      width: '100%',
      height: '100%',
      views: [this.#mapView()],
      initialViewState: this.view,
      useDevicePixels: sharpness(parent),
      layers: [],
      pickingRadius: 3,
      // deck.gl picks between press and release, which takes seconds where nothing but a processor draws;
      // a press that does not move is a click however long it took.
      eventRecognizerOptions: {click: {time: 60_000}, dblclick: {time: 1500}},
      getCursor: ({isDragging, isHovering}) => options.cursor?.() ?? (isDragging ? 'grabbing' : isHovering ? 'pointer' : 'grab'),
      onViewStateChange: ({viewState}) => this.#moved(viewState),
      onClick: (info) => options.onClick?.(info),
      onAfterRender: () => this.#rendered(),
      onError: (error) => console.error(error),
    });
    this.#observer = new ResizeObserver(() => this.deck.setProps({useDevicePixels: sharpness(parent)}));
    this.#observer.observe(parent);
    // Deck.gl draws everything once more to tell what the pointer is over.
    parent.addEventListener('pointermove', (event) => { if (this.#heavy && !event.buttons) event.stopPropagation(); }, true);
    this.light(null, 'dark');
    if (options.blind) this.#drawing(false);
    this.#watch();
  }

  #mapView() {
    return new window.deck.MapView({
      id: 'map',
      controller: this.options.still ? false : this.options.hands === false ? Object.fromEntries(HANDS.map((name) => [name, false])) : {doubleClickZoom: this.#doubleClickZoom, inertia: still() ? 0 : 250, touchRotate: true, scrollZoom: {speed: 0.012, smooth: !still()}},
    });
  }

  /** Whether a double click zooms in; off while it ends a measurement. */
  set doubleClickZoom(value) {
    this.#doubleClickZoom = value;
    this.deck.setProps({views: [this.#mapView()]});
  }

  #moved(viewState) {
    const {longitude, latitude, zoom, pitch, bearing} = viewState;
    Object.assign(this.view, {longitude, latitude, zoom, pitch, bearing});
    if (this.level !== this.#zoomLevel) { this.#zoomLevel = this.level; this.#draw(); }
    this.options.onView?.(this.view);
  }

  #rendered() {
    if (this.#tileCame) this.firstTiles ??= performance.now();
  }

  /** Whether tiles are still to come for what is in view. */
  get #busy() {
    if (!this.#given || this.moving) return true;
    const drawn = new Map((this.deck.layerManager?.getLayers() ?? []).map((layer) => [layer.id, layer]));
    return this.#spec.some((layer) => drawn.get(layer.id)?.props.visible !== false && !drawn.get(layer.id)?.isLoaded);
  }

  /** Tell when tiles are to come and when all are there; a timer, because deck.gl has no event for it. */
  #watch() {
    this.timer = setInterval(() => {
      const loading = this.#busy;
      if (loading !== this.loading) { this.loading = loading; this.options.onLoading?.(loading); }
    }, 120);
  }

  /** Resolves when every tile in view is drawn and the camera rests. */
  async idle() {
    // deck.gl takes up changes in its next frame; only what holds for some frames is rest.
    for (let calm = 0; calm < 3 && this.deck;) {
      await new Promise((resolve) => requestAnimationFrame(resolve));
      if (this.deck && this.#busy) {
        calm = 0;
        await new Promise((resolve) => setTimeout(resolve, 60));
      } else calm += 1;
    }
  }

  get moving() { return Boolean(this.deck.viewManager?.controllers?.map?.transitionManager?.transition?.inProgress); }

  /** Zoom of the tiles that are drawn now. */
  get level() { return Math.round(this.view.zoom) + this.zoomOffset; }

  /** The camera as a projection, true also before the first frame. */
  get viewport() {
    const {clientWidth: width, clientHeight: height} = this.parent;
    return new window.deck.WebMercatorViewport({...this.view, width: Math.max(1, width), height: Math.max(1, height)});
  }

  /** Draw another scene, pydeck's JSON. Layers that are in both keep their tiles. */
  scene(spec, ground, scale = 1) {
    const D = window.deck;
    this.#ground = ground;
    const converter = new D.JSONConverter({configuration: {classes: D}});
    const loadOptions = {mvt: {workerUrl: new URL(`${this.options.assets}vendor/mvt-worker.js`, location.href).href}};
    const onTileLoad = ({content}) => {
      this.#tileCame = true;
      if (content?.polygons) rowNumbers.set(content.polygons.properties, content.polygons.fields);
    };
    // A shader is built once for its extensions, so a layer that gets a filter is another layer to deck.gl.
    this.#given = true;
    this.#spec = converter.convert({layers: spec.layers}).layers.map((layer) => {
      const [filter] = layer.props.extensions;
      const id = filter ? `${layer.id}|${filter.opts.categorySize ? 'category' : 'range'}` : layer.id;
      const {pointRadiusMinPixels: least, pointRadiusMaxPixels: most} = layer.props;
      const extensions = layer.props.extruded ? [...layer.props.extensions, omission()] : layer.props.extensions;
      return layer.clone({id, extensions, loadOptions, onTileLoad, zoomOffset: this.zoomOffset, pointRadiusMinPixels: least * scale, pointRadiusMaxPixels: most * scale});
    });
    this.#draw();
  }

  /** `filterOf(layer id, tile zoom)` gives filter properties of the layer, or null for none. */
  filters(filterOf) { this.#filters = filterOf; this.#draw(); }

  /** `looksOf(layer id, tile zoom, layer)` gives properties laid over a layer of the scene, or null for none. */
  looks(looksOf) { this.#looks = looksOf; this.#draw(); }

  /** The layers laid over the scene under a name, as copies for another engine. */
  copies(name) { return (this.#overlays.get(name) ?? []).map((layer) => layer.clone({})); }

  /** Draw again, after what filters and looks say has changed. */
  redraw() { this.#draw(); }

  /** Lay layers over the scene under a name (field and reach on the ground; models and planned among what stands on it; plane above; edits to named over all); empty takes them away. */
  overlay(name, layers) {
    // Layers carry state of their own deck: another engine gets copies.
    this.mirror?.overlay(name, layers.map((layer) => layer.clone({})));
    if (name === 'models') this.#heavy = this.software && layers.reduce((sum, layer) => sum + (layer.props.building?.triangles ?? 0), 0) > MOST_HOVERED;
    if (layers.length) this.#overlays.set(name, layers);
    else if (!this.#overlays.delete(name)) return;
    this.#draw();
  }

  #draw() {
    const D = window.deck;
    if (!D || !this.deck) return;
    const {level} = this;
    const ground = new D.SolidPolygonLayer({
      id: 'ground',
      data: [[[this.view.longitude - 4, -3], [this.view.longitude + 4, -3], [this.view.longitude + 4, 3], [this.view.longitude - 4, 3]]
        .map(([lon, lat]) => [lon, this.view.latitude + lat])],
      getPolygon: (ring) => ring,
      getFillColor: this.#ground,
      updateTriggers: {getFillColor: this.#ground},
      dataComparator: () => true, // laid down once, wide enough for a city
      parameters: {depthCompare: 'always', depthWriteEnabled: false},
      material: false,
    });
    const scene = this.#spec.map((layer) => layer.clone({
      filterRange: EVERYTHING, ...this.#filters(nameOf(layer.id), level), ...this.#looks(nameOf(layer.id), level, layer),
    }));
    const standing = scene.findIndex((layer) => layer.props.extruded);
    scene.splice(standing < 0 ? scene.length : standing, 0, ...FIELDS.flatMap((name) => this.#overlays.get(name) ?? []));
    this.deck.setProps({layers: [ground, ...scene, ...OVERLAYS.flatMap((name) => this.#overlays.get(name) ?? [])]});
  }

  /** Light the scene: by the sun ({altitude, azimuth, shadows}) or evenly (null). */
  light(sun, theme) { this.deck.setProps({effects: [sun ? sunlight(sun, theme) : evenLight(theme)]}); }

  /** Move the camera; `ms` of flight, none where the system asks for less motion or a processor draws: it shows a frame or two of a flight. */
  fly(change, ms = 1400) {
    const duration = still() || this.software ? 0 : ms;
    const target = {...this.view, ...change};
    this.deck.setProps({initialViewState: {
      ...target,
      ...(duration ? {transitionDuration: duration, transitionEasing: (t) => t * t * (3 - 2 * t), transitionInterpolator: new window.deck.FlyToInterpolator({speed: 1.6})} : {transitionDuration: 0}),
      key: Math.random(), // the same target twice must still move
    }});
    if (!duration) { Object.assign(this.view, change); this.#moved(this.view); }
  }

  /** Stand where another camera stands, at once. */
  follow(view) {
    Object.assign(this.view, view);
    this.deck.setProps({initialViewState: {...this.view, transitionDuration: 0, key: Math.random()}});
    if (this.level !== this.#zoomLevel) { this.#zoomLevel = this.level; this.#draw(); }
  }

  /** The view that shows a box [west, south, east, north]. */
  viewOf([west, south, east, north], {pitch = 45, bearing = 0, padding = 0.08, maxZoom = 17} = {}) {
    const [width, height] = [Math.max(200, this.parent.clientWidth), Math.max(200, this.parent.clientHeight)];
    const flat = new window.deck.WebMercatorViewport({width, height});
    const room = Math.min(width, height) * padding;
    const grow = 1e-4;
    const fitted = flat.fitBounds([[west - grow, south - grow], [east + grow, north + grow]], {padding: room, maxZoom});
    return {longitude: fitted.longitude, latitude: fitted.latitude, zoom: Math.min(maxZoom, fitted.zoom + 0.3 * (pitch / 45)), pitch, bearing};
  }

  project(lon, lat, z = 0) { return this.viewport.project([lon, lat, z]).slice(0, 2); }
  unproject(x, y) { return this.viewport.unproject([x, y]); }

  /** What is drawn at a pixel. */
  pick(x, y, layerIds) { return this.deck.pickObject({x, y, radius: 2, layerIds}); }

  /**
   * Draw (true), or only load (false). Where a processor draws, a frame takes a second or two, and every tile that comes
   * in asks for one; a map that is only photographed is drawn once a picture.
   */
  #drawing(on) { this.deck.setProps({_customRender: on ? null : () => this.#look()}); }

  /** Tell the layers where the camera stands, as drawing does, so that they ask for their tiles. */
  #look() {
    const [viewport] = this.deck.getViewports();
    if (viewport) for (const layer of this.deck.layerManager.getLayers()) layer.activateViewport(viewport);
  }

  /** The drawn picture as a canvas of its own, `scale` device pixels per CSS pixel (default: as on screen). */
  async capture(scale) {
    const usual = sharpness(this.parent);
    if (scale && scale !== usual) {
      this.deck.setProps({useDevicePixels: scale});
      await new Promise((resolve) => setTimeout(resolve, 60));
    }
    await this.idle();
    if (this.options.blind) this.#drawing(true);
    const copy = this.still();
    if (this.options.blind) this.#drawing(false);
    if (scale && scale !== usual) this.deck.setProps({useDevicePixels: usual});
    return copy;
  }

  /** What is drawn at this moment, as a canvas of its own. */
  still() {
    this.deck.redraw('capture');
    const source = this.deck.canvas ?? this.parent.querySelector('canvas');
    const copy = document.createElement('canvas');
    Object.assign(copy, {width: source.width, height: source.height});
    if (source.width && source.height) copy.getContext('2d').drawImage(source, 0, 0);
    return copy;
  }

  dispose() {
    clearInterval(this.timer);
    this.#observer.disconnect();
    this.deck.finalize();
    this.deck = null;
  }
}
