// The wall starts its page anew on a schedule, so that it runs for weeks; nobody sees it.
//
// What is seen is kept as markup with the map as a picture; the new document puts it up before
// anything else is drawn (see twin.web.routes.wall) and takes it away when its own map stands.

const BEFORE = 'twin.wall.before';
const AT = 'twin.wall.at';
const QUALITY = 0.86;
const FADE_MS = 700;

/** Where the tour was before the page started anew: {index, paused}, or null. */
export function resumed() {
  try {
    const kept = JSON.parse(sessionStorage.getItem(AT));
    sessionStorage.removeItem(AT);
    return kept;
  } catch { return null; }
}

/** Start the page anew, if the server can give it; false where it cannot. */
export async function renew(wall) {
  const alive = await fetch('/healthz', {cache: 'no-store'}).then((reply) => reply.ok, () => false);
  if (!alive) return false;
  try {
    sessionStorage.setItem(BEFORE, picture(wall));
    sessionStorage.setItem(AT, JSON.stringify({index: wall.guide.index, paused: wall.guide.paused}));
  } catch {
    sessionStorage.removeItem(BEFORE); // too large to keep: the browser holds the last picture for a moment by itself
  }
  location.reload();
  return true;
}

/** The wall as markup that draws itself without any script. */
function picture(wall) {
  const copy = wall.root.cloneNode(true);
  const map = wall.stage.engine.still();
  const small = document.createElement('canvas');
  const scale = Math.min(1, 1920 / map.width);
  Object.assign(small, {width: Math.round(map.width * scale), height: Math.round(map.height * scale)});
  small.getContext('2d').drawImage(map, 0, 0, small.width, small.height);
  const image = document.createElement('img');
  image.src = small.toDataURL('image/jpeg', QUALITY);
  image.className = 'wl-map-before';
  image.alt = '';
  copy.querySelector('.wl-stage').replaceChildren(image);
  copy.querySelectorAll('[id]').forEach((element) => element.removeAttribute('id'));
  copy.querySelectorAll('.ev-box').forEach((element) => element.remove());
  map.width = 0;
  return copy.outerHTML;
}

/** Take away what stood before, softly. */
export function reveal() {
  const before = document.getElementById('wl-before');
  if (!before) return;
  before.style.transition = `opacity ${FADE_MS}ms ease-in-out`;
  before.style.opacity = '0';
  setTimeout(() => before.remove(), FADE_MS + 50);
}
