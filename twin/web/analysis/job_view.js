// How work of the server is shown while it runs: stage, bar, cancel; or why it ended without a result.

import {h} from '../map/dom.js';
import {number} from '../map/format.js';
import {say} from '../map/text.js';
import {sentence, t} from './text.js';

/** Elements for a job's state; nothing when it is done or was never started. */
export function jobView(job) {
  if (job.failure) return h('p.an-failure', {role: 'alert'}, sentence(job.failure));
  if (!job.running) {
    if (job.state?.status === 'failed') return h('p.an-failure', {role: 'alert'}, say(job.state.error) || t('failed'));
    return job.state?.status === 'cancelled' ? h('p.tw-note', {role: 'status'}, t('job.cancelled')) : null;
  }
  const {progress = 0, stage = ''} = job.state ?? {};
  return h('div.an-job', {role: 'status'},
    h('div.an-job-line', {}, h('span', {}, stageText(stage)), h('span', {}, `${number(progress * 100)} %`),
      h('button.tw-button', {type: 'button', 'data-key': 'cancel', onclick: () => job.cancel()}, t('cancel'))),
    h('progress', {max: '1', value: progress, 'aria-label': t('job.running')}));
}

const stageText = (stage) => (stage && typeof stage === 'object' ? say(stage) : '') || t('job.running');

/** What is proven of the best possible result, as a sentence. */
export function boundText({covered, bound, gap}) {
  if (gap === null || gap === undefined) return t('bound.none');
  return gap <= 5e-5 ? t('bound.best') : t('bound.gap', {gap: number(gap * 100, 2), people: number(Math.max(0, bound - covered))});
}
