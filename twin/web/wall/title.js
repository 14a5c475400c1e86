// The title bar: what this is, the tour and how far it is, how old the data are, and the time.

import {fill, h} from '../map/dom.js';
import {language, say} from '../map/text.js';
import {t} from './text.js';

const two = (value) => String(value).padStart(2, '0');

/** Write into an element unless it says the same already. */
function write(element, key, ...children) {
  if (element.dataset.key === key) return;
  element.dataset.key = key;
  fill(element, ...children);
}

export function names(element, board) {
  const title = board?.title ? say(board.title) : t('title');
  const scenario = board?.scenario?.name ?? '';
  write(element, `${title}|${scenario}`, h('h1', {}, title), scenario ? h('p.wl-scenario', {}, t('scenario', {name: scenario})) : null);
}

/** The name of the tour, a mark for every viewpoint, the present one filled as its time passes. */
export function tourOf(element, tour, guide) {
  if (!tour || !guide) return;
  const name = language() === 'en' && tour.builtin ? t('standard') : tour.name;
  const halted = guide.waiting;
  const most = 16;
  const {length} = guide.viewpoints;
  write(element, `${name}|${guide.index}|${halted}|${length}`,
    h('p.wl-tour-name', {}, h('span', {}, name), h('b', {}, length ? `${guide.index + 1}\u2009/\u2009${length}` : '')),
    h('div.wl-marks', {'data-halted': halted ? 'true' : null, role: 'img', 'aria-label': t(halted ? 'halted' : 'running')},
      length <= most ? guide.viewpoints.map((_, index) => h('i', {'data-at': index < guide.index ? 'past' : index === guide.index ? 'now' : null}, h('i'))) : h('i', {'data-at': 'now'}, h('i'))));
  const bar = element.querySelector('[data-at=now] > i');
  const share = length > most ? (guide.index + guide.progress) / length : guide.progress;
  if (bar) bar.style.transform = `scaleX(${share.toFixed(3)})`;
}

/** Age in words a leader reads at a glance. */
function ago(ms) {
  const seconds = Math.max(0, Math.round(ms / 1000));
  if (seconds < 60) return t('ago.now');
  if (seconds < 3600) return t('ago.minutes', {n: Math.floor(seconds / 60)});
  if (seconds < 172_800) return t('ago.hours', {n: Math.floor(seconds / 3600)});
  return t('ago.days', {n: Math.floor(seconds / 86_400)});
}

export function state(element, source) {
  const {board, heard, offline} = source;
  const origin = board?.origin;
  const notice = origin === 'synthetic' || origin === 'mixed' ? t(`notice.${origin}`) : '';
  const age = heard ? ago(Date.now() - heard) : '';
  const time = heard ? `${two(new Date(heard).getHours())}:${two(new Date(heard).getMinutes())}` : '';
  const says = offline ? (heard ? t('offline', {time, age}) : t('offline.empty')) : board ? t('updated', {age}) : t('computing');
  write(element, [notice, says, board?.as_of].join('|'),
    h('p', {}, notice ? h('b.wl-notice', {}, notice) : null, board?.as_of ? h('span', {}, t('data', {date: board.as_of})) : null),
    h(`p${offline ? '.wl-offline' : ''}`, {'data-age': ''}, says));
}

export function clock(element) {
  const now = new Date();
  const date = language() === 'en' ? now.toLocaleDateString('en-GB', {day: 'numeric', month: 'short', year: 'numeric'}) : `${now.getFullYear()}年${now.getMonth() + 1}月${now.getDate()}日`;
  const day = now.toLocaleDateString(language() === 'en' ? 'en-GB' : 'zh-CN', {weekday: 'long'});
  const time = `${two(now.getHours())}:${two(now.getMinutes())}`;
  write(element, `${date}|${time}`, h('p', {}, h('span', {}, date), h('span', {}, day)), h('time', {}, time));
}
