// Many comments at once: those selected, in batches; and all that a list shows, which the service does as a job.

import { call } from './calls.js';
import { say, sayMade, send, whenJobIsUndone } from './decide.js';
import * as list from './list.js';
import { tell } from './messages.js';
import { $ } from './page.js';
import { refresh } from './refresh.js';
import { clear, selected } from './selection.js';
import * as undos from './undos.js';
import { current, showEmpty, walk } from './walk.js';
import { nt, number, t } from './words.js';

const LOOK_AGAIN = 500;
const LABELS = {
  keep: () => t('Leave all as they are'),
  approve: () => t('Approve all'), reject: () => t('Reject all'), spam: () => t('All are spam'),
};
// What nobody has reported is not to be answered.
const choices = () => Object.keys(LABELS).filter((action) => action !== 'keep' || filter().filter === 'reported');

export function decideSelected(action, reason) {
  const items = selected().map((id) => ({
    comment_id: id, action, reason: reason || null, expected_revision: Number(list.item(id).dataset.revision),
  }));
  if (!items.length) return;
  const takesOpen = items.some((item) => item.comment_id === current());
  send(items, action);
  clear();
  if (takesOpen) walk(current(), 1, { round: true, otherwise: showEmpty });
}

// What the list shows as the service's jobs name it; nothing where they cannot.
const filter = () => JSON.parse(document.querySelector('.panes').dataset.everything || 'null');
export const canDoAll = () => filter() !== null;

export async function offerAll() {
  const dialog = $('bulk-all');
  const say_ = (text) => { dialog.querySelector('.found').textContent = text; };
  const buttons = dialog.querySelector('.choices');
  const go = dialog.querySelector('.go');
  buttons.replaceChildren(...choices().map((action) => {
    const button = Object.assign(document.createElement('button'), { type: 'button', textContent: LABELS[action]() });
    button.addEventListener('click', () => count(action));
    return button;
  }));
  go.hidden = true;
  say_(t('Choose what to do: it is counted first, and nothing changes yet.'));
  dialog.showModal();

  async function count(action) {
    go.hidden = true;
    say_(t('Counting…'));
    try {
      const { counts, complete, as_of } = await call('POST', '/bulk', { filter: filter(), action, dry_run: true });
      say_(told(counts, complete, action));
      go.hidden = !counts.changed;
      go.textContent = LABELS[action]();
      go.onclick = () => { dialog.close(); start(action, as_of); };
    } catch (error) {
      say_(error.message);
    }
  }
}

function told({ changed, touched, leased }, complete, action) {
  const words = [action === 'keep'
    ? nt('%(num)s comment stays up, and its reports are settled as unfounded.', '%(num)s comments stay up, and their reports are settled as unfounded.', changed)
    : complete
    ? nt('%(num)s comment would change.', '%(num)s comments would change.', changed)
    : nt('At least %(num)s comment would change.', 'At least %(num)s comments would change.', changed)];
  if (action === 'keep' && !complete) words.push(t('There may be more.'));
  if (touched) words.push(nt('%(num)s that a person has decided stays as it is.', '%(num)s that people have decided stay as they are.', touched));
  if (leased) words.push(nt('%(num)s is being looked at by somebody else.', '%(num)s are being looked at by somebody else.', leased));
  return words.join(' ');
}

async function start(action, as_of) {
  try {
    const { job } = await call('POST', '/bulk', { filter: filter(), action, dry_run: false, as_of });
    clear();
    const done = await follow(job);
    const { changed } = done.repaired;
    if (!changed) return say(t('Nothing was changed.'));
    sayMade(undos.remember({ action, job: job.id, count: changed }));
    await refresh();
  } catch (error) {
    tell(error.message, { grave: true });
  }
}

// Says how far the job is until it has ended.
async function follow(job) {
  let now = job;
  while (now.state === 'waiting' || now.state === 'running') {
    say(t('%(done)s of %(total)s', { done: number(now.done), total: number(now.total) }));
    await new Promise((resolve) => setTimeout(resolve, LOOK_AGAIN));
    now = await call('GET', '/jobs/' + job.id);
  }
  if (now.state === 'failed') throw new Error(t('The job has stopped early: %(why)s', { why: now.outcome ?? '' }));
  return now;
}

whenJobIsUndone(async (made) => {
  try {
    await follow(await call('POST', `/jobs/${made.job}/undo`));
    say(t('Taken back'), nt('%(num)s comment', '%(num)s comments', made.count));
  } catch (error) {
    undos.remember(made);
    tell(error.message, { grave: true });
  }
  refresh();
});
