// Looks every few seconds at what has changed in the list; only that is fetched.

import { Offline, changed, forgetAnswers } from './calls.js';
import * as list from './list.js';
import { tell, withdraw } from './messages.js';
import * as outbox from './outbox.js';
import { caseNow, listQuery } from './page.js';
import { forgetPane } from './pane.js';
import { current, emptyAnew, isUnderWay, look, showAgain, showEmpty, walk } from './walk.js';
import { t } from './words.js';

// Somebody who waits for work sees it sooner.
const lookAgainIn = () => (list.items().length ? 4000 : 1500);
let looking = null;
let cut = false;

export function signedOut() {
  const back = location.pathname + location.search;
  const n = outbox.waiting();
  const words = n
    ? t('You were signed out. Sign in again: what you decided meanwhile (%(n)s) is kept in this tab and sent then.', { n })
    : t('You were signed out. Sign in again to go on.');
  tell(words, {
    key: 'signed-out',
    grave: true,
    actions: [[t('Sign in'), () => { location.href = '/moderate/sign-in?next=' + encodeURIComponent(back); }]],
  });
}

export function noLine() {
  cut = true;
  const n = outbox.waiting();
  const words = n
    ? t('No connection. What you decide is kept and sent by itself: %(n)s so far.', { n })
    : t('No connection. This page tries again by itself.');
  tell(words, { key: 'line', grave: true, actions: [[t('Try now'), () => { outbox.run(); refresh(); }]] });
}

export function lineIsBack() {
  if (cut) withdraw('line');
  cut = false;
}

let again = false;

// Looks now; where a look is under way, once more after it, since that one may have missed what this one is for.
export function refresh() {
  if (looking) again = true;
  looking ??= (async () => {
    do {
      again = false;
      await once();
    } while (again);
  })().finally(() => { looking = null; });
  return looking;
}

async function once() {
  const since = performance.now();
  const query = listQuery();
  query.set('lines', list.all().length);
  try {
    const said = await changed('/moderate/changes?' + query);
    if (!outbox.waiting()) lineIsBack();
    outbox.listed(since);
    if (said) {
      const stale = await list.merge(said, since, current());
      for (const id of stale) if (id !== caseNow()?.dataset.id) forgetPane(id);
    }
    list.settleLines();
    await showAgain();
    if (!current() && list.items().some((one) => !list.isHeld(one)) && !isUnderWay()) {
      await walk(undefined, 1, { view: 'list', otherwise: showEmpty });
    } else {
      emptyAnew();
      if (said) look();
    }
  } catch (error) {
    forgetAnswers();
    if (error instanceof Offline) noLine();
    else if (error.signedOut) signedOut();
    // Anything else passes: the next look may find more.
  }
}

export function keepLooking() {
  setTimeout(async () => {
    if (!document.hidden) await refresh();
    keepLooking();
  }, lookAgainIn());
}
