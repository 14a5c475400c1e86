// The page of pictures: a browser without a window opens it to draw the maps of one report, one after the other.
//
// /picture?job=TOKEN   takes the job up (once), shows each view on a Stage, lays title, legend, scale, date, sources
// and the synthetic mark over it and hands the PNG in. What cannot be drawn is told with a sentence.

import {h} from '../map/dom.js';
import {drawnBySoftware} from '../map/engine.js';
import {furnished} from '../map/export.js';
import {answer, get, send} from '../page/api.js';
import {Stage} from '../stage/stage.js';

const EM = 19; // CSS pixels that texts are sized by: printed 22 cm wide they are some 9 points
const MOST_MS = 240_000; // for one view; a 5G run may have to be computed for it

const token = new URL(location.href).searchParams.get('job') ?? '';
const base = `/api/report/pictures/${encodeURIComponent(token)}`;
const post = (key, body) => send('POST', `${base}/${encodeURIComponent(key)}`, body);

/** At twice the pixels edges need no smoothing besides; canvases that are only read stay in memory. */
function hurry() {
  const usual = HTMLCanvasElement.prototype.getContext;
  HTMLCanvasElement.prototype.getContext = function context(kind, options) {
    return usual.call(this, kind, kind === '2d' ? {...options, willReadFrequently: true} : {...options, antialias: false});
  };
}

const late = (ms) => new Promise((_, reject) => {
  setTimeout(() => reject(new Error('late')), ms);
});

const canDraw = () => Boolean(document.createElement('canvas').getContext('webgl2'));

async function main() {
  const job = await get(base);
  // Where a processor draws anyway, a browser told so from the start is twice as quick as one that finds out.
  if (!canDraw() || (drawnBySoftware() && !job.software)) { await post('-', {code: 'graphics'}); return; }
  hurry();
  const host = h('div.pc-map', {style: `width:${job.width}px;height:${job.height}px`});
  document.body.append(host);
  const [first] = job.views;
  const stage = new Stage(host, {theme: 'light', language: job.language, em: EM, blind: true, viewpoint: first?.viewpoint});
  window.pictures = {job, stage, times: []}; // for tests: what is drawn, and ms each took
  await stage.ready;
  for (const view of job.views) {
    const begun = performance.now();
    try {
      await Promise.race([draw(stage, view, job), late(MOST_MS)]);
    } catch (error) {
      console.warn(error);
      await post(view.key, error.text ?? {zh: '这一视点未能画出。', en: 'this viewpoint could not be drawn.'}).catch(() => {});
    }
    window.pictures.times.push(Math.round(performance.now() - begun));
  }
}

async function draw(stage, view, job) {
  await stage.show(view.viewpoint, {ms: 0, patience: MOST_MS, how: 'fade'});
  const canvas = furnished(stage.app, await stage.capture(job.scale), view.title);
  if (stage.missing.length) await post(view.key, {missing: stage.missing});
  const blob = await new Promise((resolve) => { canvas.toBlob(resolve, 'image/png'); });
  await answer(`${base}/${encodeURIComponent(view.key)}`, {method: 'POST', headers: {'Content-Type': 'image/png'}, body: blob});
}

main().catch(async (error) => {
  console.warn(error);
  await post('-', {code: 'fault'}).catch(() => {});
});
