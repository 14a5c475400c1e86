const script = (url) => new Promise((resolve, reject) => {
  const tag = document.createElement('script');
  tag.src = url; tag.onload = resolve; tag.onerror = reject;
  document.head.appendChild(tag);
});
let libraries = null;
export async function mount(component) {
  const root = component.parentElement.querySelector('.twin-root');
  if (root.dataset.mounted) return;
  root.dataset.mounted = '1';
  root.style.cssText = 'position:fixed;inset:0;background:#0B1526;z-index:1000000';
  libraries ||= script('/assets/vendor/deck.min.js').then(() => script('/assets/vendor/deck-json.min.js'));
  await libraries;
  const D = window.deck;
  const twin = await (await fetch('/api/twin')).json();
  const view = twin.layers.filter((l) => l.rows && l.visible).map((l) => l.id).join(',');
  const scene = await (await fetch('/api/scene?view=' + view)).json();
  const converter = new D.JSONConverter({configuration: {classes: {...D}}});
  const props = converter.convert(scene.deck);
  const [w, s, e, n] = twin.bounds;
  props.initialViewState = {longitude: (w + e) / 2, latitude: (s + n) / 2, zoom: 14.5, pitch: 50, bearing: 15};
  props.layers = props.layers.map((l) => l.clone({loadOptions: {mvt: {workerUrl: '/assets/vendor/mvt-worker.js'}}}));
  window.__deck = new D.Deck({parent: root, ...props, onClick: (i) => console.log('click', i.layer && i.layer.id, i.object && JSON.stringify(i.object.id), JSON.stringify(i.object && i.object.properties)), onError: (e) => console.error(e)});
}
