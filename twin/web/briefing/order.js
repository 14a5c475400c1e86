// Putting the rows of a list into another order, by a handle: dragged with mouse, pen or finger, or moved by the arrow keys.

const EDGE_PX = 48; // near the list's ends a drag scrolls it
const STEP_PX = 10;

/**
 * Make `handle` move its `row` within `list`, whose rows are its children with data-row.
 * `move(from, to)` takes the row out at `from` and puts it in at `to`; `scroller` scrolls while dragging.
 */
export function sortable(handle, row, list, scroller, move) {
  const rows = () => [...list.querySelectorAll(':scope > [data-row]')];
  handle.addEventListener('keydown', (event) => {
    const step = {ArrowUp: -1, ArrowDown: 1}[event.key];
    if (!step) return;
    event.preventDefault();
    const from = rows().indexOf(row);
    const to = from + step;
    if (to >= 0 && to < rows().length) move(from, to);
  });
  handle.addEventListener('pointerdown', (event) => {
    if (event.button !== 0) return;
    event.preventDefault();
    handle.focus();
    const all = rows();
    const from = all.indexOf(row);
    let [to, last, scrolling] = [from, event.clientY, 0];
    const mark = document.createElement('li');
    mark.className = 'br-drop';
    handle.setPointerCapture(event.pointerId);
    row.classList.add('br-dragged');
    const place = () => {
      to = all.filter((item) => item !== row && last > item.getBoundingClientRect().top + item.getBoundingClientRect().height / 2).length;
      const others = all.filter((item) => item !== row);
      if (to === from) mark.remove(); else if (to < others.length) others[to].before(mark); else others.at(-1)?.after(mark);
    };
    const follow = () => {
      const box = scroller.getBoundingClientRect();
      const by = last < box.top + EDGE_PX ? -STEP_PX : last > box.bottom - EDGE_PX ? STEP_PX : 0;
      if (by) { scroller.scrollTop += by; place(); }
      scrolling = requestAnimationFrame(follow);
    };
    const moved = (more) => { last = more.clientY; place(); };
    const end = (done) => {
      cancelAnimationFrame(scrolling);
      handle.removeEventListener('pointermove', moved);
      handle.removeEventListener('pointerup', dropped);
      handle.removeEventListener('pointercancel', lost);
      window.removeEventListener('keydown', escape, true);
      mark.remove();
      row.classList.remove('br-dragged');
      if (done && to !== from) move(from, to);
    };
    const dropped = () => end(true);
    const lost = () => end(false);
    const escape = (key) => { if (key.key === 'Escape') { key.preventDefault(); end(false); } };
    handle.addEventListener('pointermove', moved);
    handle.addEventListener('pointerup', dropped);
    handle.addEventListener('pointercancel', lost);
    window.addEventListener('keydown', escape, true);
    follow();
  });
}
