// The desk: the next comment is there before the last decision has arrived, and every decision can be undone.

import { forgetAnswers, send } from './calls.js';
import { canDoAll, decideSelected, offerAll } from './bulk.js';
import { tellTimes } from './clock.js';
import { ACTIONS, answered, decide, decidedByForm, refusedWhole, sayLast } from './decide.js';
import * as leases from './leases.js';
import * as list from './list.js';
import { lightMarks } from './margin.js';
import { tell } from './messages.js';
import * as outbox from './outbox.js';
import { caseNow, narrow, page, place, right } from './page.js';
import { forgetPane, put, settlePane } from './pane.js';
import { keepLooking, lineIsBack, noLine, refresh, signedOut } from './refresh.js';
import { draw, range, toggle, watchSelection } from './selection.js';
import { forgetTyped, watchKeys } from './shortcuts.js';
import { watchSoftening } from './soften.js';
import { backToList, current, look, show, showEmpty, walk } from './walk.js';
import { nt, t } from './words.js';

outbox.listen({
  answered(entry, answers) {
    answered(entry, answers);
    forgetAnswers();
    refresh();
  },
  refused: refusedWhole,
  waits: noLine,
  runs: () => { lineIsBack(); refresh(); },
  signedOut,
  changed() {
    list.settleLines();
    draw();
  },
});

// A form of the pane whose answer is the pane anew.
async function sendForm(form, submitter) {
  const id = caseNow()?.dataset.id;
  const button = submitter ?? form.querySelector('button');
  if (button?.ariaBusy) return; // Pressed twice.
  if (button) button.ariaBusy = 'true';
  try {
    const found = await send(form, submitter);
    forgetPane(id);
    if (current() === id) {
      put(found);
      caseNow()?.focus();
      if (caseNow()?.dataset.made) decidedByForm(caseNow().dataset);
      const { said, job } = caseNow()?.dataset ?? {};
      const leaves = 'onward' in form.dataset && page.tab === 'waiting';
      if (said) tell(said, { key: 'said', link: job ? [t('See it, undo it'), job] : leaves && [t('Show it'), place(id)] });
      // As a decision does: the next key is not meant for what has just left the list.
      if (leaves) walk(id, 1, { round: true });
    }
    refresh();
  } catch (error) {
    if (error.signedOut) signedOut();
    else tell(error.message, { grave: true });
  } finally {
    if (button) button.ariaBusy = null;
  }
}

document.addEventListener('submit', (event) => {
  const form = event.target;
  if (form.matches('form[data-live]')) {
    event.preventDefault();
    sendForm(form, event.submitter);
  } else if (form.matches('form.bar')) {
    const [action, reason] = (event.submitter?.value ?? '').split(':');
    if (!ACTIONS.includes(action) || event.submitter.hasAttribute('formaction')) return;
    event.preventDefault();
    decide(action, reason);
  } else if (form.getAttribute('action') === '/moderate/sign-out') {
    signOut(event, form);
  }
});

// What is on its way arrives first; the next one to sign in comes back to this place.
function signOut(event, form) {
  if (!form.elements.next) form.append(Object.assign(document.createElement('input'), { type: 'hidden', name: 'next' }));
  form.elements.next.value = place(current());
  if (!outbox.waiting() || form.dataset.asked) return;
  event.preventDefault();
  form.dataset.asked = 'yes';
  outbox.run();
  tell(t('What you decided is being sent (%(n)s). Press again to sign out without waiting.', { n: outbox.waiting() }), { key: 'leaving', grave: true });
  const id = setInterval(() => {
    if (outbox.waiting()) return;
    clearInterval(id);
    form.requestSubmit();
  }, 100);
}

document.addEventListener('click', (event) => {
  const open = right.querySelector('.reject[open]');
  if (open && !open.contains(event.target)) open.open = false;
  const link = event.target.closest('a.item, .back a, #list .more a[rel=next]');
  if (!link || event.button) return;
  if (link.dataset.id && event.shiftKey) {
    event.preventDefault();
    getSelection()?.removeAllRanges();
    return void range(link.dataset.id);
  }
  if (link.dataset.id && (event.ctrlKey || event.metaKey) && event.altKey) return void toggle(link.dataset.id);
  if (event.ctrlKey || event.metaKey || event.shiftKey) return;
  event.preventDefault();
  forgetTyped();
  if (link.dataset.id) return void show(link.dataset.id, { push: link.dataset.id !== current() || narrow() });
  if (link.closest('.more')) return void list.loadMore().catch((error) => tell(error.message, { key: 'pane', grave: true }));
  backToList();
});
document.addEventListener('visibilitychange', () => { if (!document.hidden) refresh(); });
addEventListener('online', refresh);

const others = outbox.restoreOutbox();
if (others) tell(nt('%(num)s decision of another account was not sent from this tab.', '%(num)s decisions of another account were not sent from this tab.', others), { grave: true });
watchKeys();
watchSoftening();
watchSelection({ decide: decideSelected, everything: canDoAll() ? offerAll : null });
leases.watchPage(() => look());
lightMarks(right);
document.querySelector('.states [aria-current]')?.scrollIntoView({ block: 'nearest', inline: 'nearest' });
tellTimes();
settlePane();
sayLast();
history.replaceState({ view: page.view, pushed: history.state?.pushed }, '', place(current()));
if (outbox.hides(current())) walk(current(), 1, { round: true, otherwise: showEmpty });
else if (current()) look();
else if (list.items().length) walk(undefined, 1, { view: 'list', otherwise: showEmpty });
keepLooking();
setInterval(() => tellTimes(), 30_000);
