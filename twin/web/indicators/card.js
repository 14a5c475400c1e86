// The card of one indicator: what it is, where it stands against its target, which way it moves, and why.

import {evidenceButton} from '../evidence/card.js';
import {h, icon} from '../map/dom.js';
import {say} from '../map/text.js';
import {sparkline} from './chart.js';
import {gapText, plain, status, targetBar, trend, unitOf} from './figures.js';
import {t} from './text.js';

/** The mark of made-up input; null for real data. */
export const madeUp = (row) => (row.origin === 'synthetic' || row.origin === 'mixed'
  ? h('span.ind-made', {title: t('origin.why')}, t(`origin.${row.origin}`)) : null);

/** @param page gives open(no, focus element), root, and the job of an indicator that is being computed */
export function indicatorCard(page, row) {
  const name = say(row.name);
  const empty = row.value === null;
  const job = page.jobOf(row.no);
  return h('article.ind-card', {'data-no': row.no, 'data-status': row.status, 'data-empty': String(empty), 'aria-labelledby': `ind-${row.no}`, 'data-evidence-beside': '',
    onclick: (event) => { if (!event.target.closest('a, button') && !getSelection().toString()) page.open(row.no); }},
    h('h4', {id: `ind-${row.no}`}, h('span.ind-no', {}, String(row.no)),
      h('button.link.ind-name', {type: 'button', 'data-open': row.no, title: t('open', {name}), onclick: () => page.open(row.no)}, name)),
    h('div.ind-figure', {},
      empty ? h('span.ind-none', {}, t('none')) : h('b', {'data-value': row.value}, plain(row, row.value), unitOf(row) ? h('small', {}, `\u2009${unitOf(row)}`) : null),
      empty ? null : status(row.status)),
    targetBar(row),
    h('div.ind-goal-line', {}, h('span', {}, t('target'), ' ', h('b', {}, say(row.target_text))), h('span', {}, gapText(row))),
    row.trend || row.points.length > 1 ? h('div.ind-moves', {}, trend(row), sparkline(row)) : null,
    h('footer', {},
      row.as_of ? h('span.ind-date', {title: t('as_of')}, row.as_of) : null,
      row.basis === 'entered' ? h('span', {}, t('basis.entered')) : null,
      madeUp(row),
      row.computing || job?.running ? h('span.ind-busy', {role: 'status'}, t('computing')) : row.outdated ? h('span.ind-old', {title: t('outdated.why')}, icon('warn'), t('outdated')) : null,
      empty && row.cost === 'run' && !job?.running ? h('button.link', {type: 'button', 'data-action': 'compute', onclick: () => page.compute(row.no)}, t('compute')) : null,
      empty && row.cost === null ? h('button.link', {type: 'button', 'data-action': 'enter', onclick: () => page.open(row.no, 'value')}, t('enter')) : null,
      evidenceButton(page.root, `${row.no} ${name}`, () => page.row(row.no).evidence)));
}
