// The picture of the view: map, title, legend, scale, date, sources and, where it applies, that the data is synthetic.

import {moment, stamp} from './format.js';
import {parts as legendParts} from './legend.js';
import {language, t, token, tokens} from './text.js';

const WIDTH_4K = 3840;

/** Draw the picture; `size` is 'screen' or '4k'. Returns a canvas. */
export async function picture(app, size = 'screen') {
  const width = app.canvas.clientWidth;
  const scale = size === '4k' ? Math.max(1, WIDTH_4K / width) : undefined;
  return furnished(app, await app.engine.capture(scale));
}

/** The drawn map (a canvas of any sharpness) with title, legend, scale, date, sources and the synthetic mark laid over it. */
export function furnished(app, map, title = t('title')) {
  const canvas = document.createElement('canvas');
  Object.assign(canvas, {width: map.width, height: map.height});
  const pen = canvas.getContext('2d');
  pen.fillStyle = token('ground');
  pen.fillRect(0, 0, canvas.width, canvas.height);
  pen.drawImage(map, 0, 0);
  furnish(app, pen, map.width, map.height, map.width / app.canvas.clientWidth, title);
  return canvas;
}

/** Save the picture as a PNG file; resolves with its name. */
export async function saveImage(app, size) {
  const canvas = await picture(app, size);
  const blob = await new Promise((resolve) => canvas.toBlob(resolve, 'image/png'));
  if (!blob) throw new Error('the browser made no picture');
  const link = document.createElement('a');
  link.href = URL.createObjectURL(blob);
  link.download = `jiading-twin-${stamp(new Date())}.png`;
  link.click();
  setTimeout(() => URL.revokeObjectURL(link.href), 60_000);
  return link.download;
}

function furnish(app, pen, width, height, ratio, title) {
  const u = ratio * app.scale() * 15; // pixels an em
  const font = (size, weight = 400) => { pen.font = `${weight} ${size * u}px ${tokens().font}`; };
  const text = (words, x, y, color = 'text_1') => { pen.fillStyle = token(color); pen.fillText(words, x, y); };
  const panel = (x, y, w, h) => {
    pen.fillStyle = token('panel');
    pen.strokeStyle = token('line');
    pen.lineWidth = Math.max(1, ratio);
    pen.beginPath();
    pen.roundRect(x, y, w, h, 0.5 * u);
    pen.fill();
    pen.stroke();
  };
  pen.textBaseline = 'middle';
  const {twin} = app;

  // Title, with the notice that the data is synthetic, which no picture may lose.
  const synthetic = twin.origin === 'synthetic' || twin.origin === 'mixed' ? t(twin.origin === 'mixed' ? 'mixed' : 'synthetic') : '';
  font(1.35, 600);
  const titleWidth = pen.measureText(title).width;
  font(0.95, 600);
  const noticeWidth = synthetic ? pen.measureText(synthetic).width + 1.6 * u : 0;
  panel(u, u, titleWidth + noticeWidth + 2 * u, 2.6 * u);
  font(1.35, 600);
  text(title, 2 * u, 2.3 * u);
  if (synthetic) {
    font(0.95, 600);
    text(synthetic, 2 * u + titleWidth + 0.8 * u, 2.34 * u, 'warn');
  }

  // Legend.
  const parts = legendParts(app);
  if (parts.length) {
    font(0.9, 600);
    const lines = parts.flatMap((part) => [{title: part.title}, ...part.entries]);
    const words = (line) => line.title ?? line[language()] ?? line.zh;
    const boxWidth = Math.max(...lines.map((line) => pen.measureText(words(line)).width)) + 4 * u;
    const boxHeight = lines.length * 1.45 * u + 1.2 * u;
    const [x, y] = [width - boxWidth - u, Math.max(u, height - boxHeight - 3.4 * u)];
    panel(x, y, boxWidth, boxHeight);
    lines.forEach((line, index) => {
      const middle = y + 1.3 * u + index * 1.45 * u;
      if (line.title) { font(0.9, 600); text(line.title, x + u, middle); return; }
      pen.fillStyle = line.color;
      pen.fillRect(x + u, middle - 0.45 * u, 0.9 * u, 0.9 * u);
      font(0.88);
      text(words(line), x + 2.4 * u, middle, 'text_2');
    });
  }

  // Scale, date and sources.
  const bar = app.shell.scaleBar;
  font(0.85);
  const facts = [
    twin.as_of ? t('as_of', {date: twin.as_of}) : '',
    twin.sources.length ? t('sources', {names: twin.sources.join(t('comma'))}) : '',
    t('export.made', {date: moment(new Date())}),
  ].filter(Boolean).join('   ');
  const barWidth = bar ? bar.pixels * ratio : 0;
  const room = width - barWidth - 6 * u;
  let words = facts;
  while (words.length > 12 && pen.measureText(words).width > room) words = `${words.slice(0, -2)}…`;
  panel(u, height - 3.1 * u, barWidth + pen.measureText(words).width + 3.4 * u, 2.1 * u);
  if (bar) {
    pen.strokeStyle = token('text_1');
    pen.lineWidth = 0.13 * u;
    pen.beginPath();
    pen.moveTo(2 * u, height - 2 * u);
    pen.lineTo(2 * u, height - 1.5 * u);
    pen.lineTo(2 * u + barWidth, height - 1.5 * u);
    pen.lineTo(2 * u + barWidth, height - 2 * u);
    pen.stroke();
    font(0.8, 600);
    pen.textAlign = 'center';
    text(bar.text, 2 * u + barWidth / 2, height - 2.25 * u);
    pen.textAlign = 'left';
  }
  font(0.85);
  text(words, 3.4 * u + barWidth, height - 2.05 * u, 'text_2');
}
