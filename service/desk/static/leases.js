// Which comments this desk holds: the one that is open and the next few, so that two moderators never walk one path.
// Courtesy only: without leases everybody goes on, and the service still takes only one decision.

import { Refused, call } from './calls.js';
import * as outbox from './outbox.js';
import { page } from './page.js';
import { heldElsewhere, publish } from './tabs.js';

const RENEW = 120_000;
const HIDDEN_FOR = 180_000;
const PAUSES = [250, 500, 1000, 2000]; // while the service is busy
export const AHEAD_MOST = 8;

const mine = new Map(); // comment -> when the lease ends, in milliseconds
let last = Promise.resolve();

export const hands = page.hands === 'yes';
const live = (id) => (mine.get(id) ?? 0) > Date.now();
// Whether a comment may be gone to: where nothing is handed out, every one may.
export const holds = (id) => !hands || live(id);
export function forget(id) {
  if (mine.delete(id)) publish(mine);
}

// How many to hold ahead: of a short queue others get their share.
export const ahead = (waiting) => Math.min(AHEAD_MOST, Math.floor(waiting / 4));

// Leases up to `limit` of these, the first ones that wait and that nobody else holds; answers which.
export const claim = (ids, limit) => inTurn(() => take(ids, limit));

async function take(ids, limit) {
  if (!ids.length) return [];
  for (const pause of [...PAUSES, null]) {
    try {
      const { leases } = await call('POST', '/leases', { comment_ids: ids.slice(0, 100), limit, status: 'pending' });
      for (const { comment_id: id, until, kept } of leases) {
        if (kept && !outbox.isDecided(id)) mine.set(id, Date.parse(until));
      }
      publish(mine);
      return leases.map((lease) => lease.comment_id);
    } catch (error) {
      // A service that is busy knows what colleagues hold; one that cannot be reached tells nobody.
      if (pause === null || !(error instanceof Refused && error.passing)) break;
      await new Promise((resolve) => setTimeout(resolve, pause));
    }
  }
  return ids.slice(0, limit); // Without leases there is nobody to step aside for.
}

// Leases what `wish()` says ({ ids, limit }), where it is not held yet, and lets go of all else but `besides()`: both are
// asked when their turn has come, so that nothing is let go of that was taken meanwhile. What is decided here is held
// until the decision has arrived: let go of before, it would be handed to a colleague. Answers what is held of `ids`;
// null where there is nothing to wish for now.
export function holdOnly(wish, besides) {
  return inTurn(async () => {
    const asked = wish();
    if (!asked) return null;
    const { ids, limit } = asked;
    const first = ids.slice(0, limit);
    const taken = first.every(live) ? first : await take(ids, limit);
    const others = besides();
    if (!others) return taken;
    const kept = new Set([...taken, ...others]);
    const left = [...mine.keys()].filter((id) => !kept.has(id) && !outbox.isAbout(id));
    await letGo(left);
    return taken;
  });
}

// Holds these no more, and ends the leases that no other tab goes by.
async function letGo(ids, options) {
  if (!ids.length) return;
  for (const id of ids) mine.delete(id);
  publish(mine);
  const others = heldElsewhere();
  const left = ids.filter((id) => !others.has(id));
  if (left.length) await call('POST', '/leases/release', { comment_ids: left }, options).catch(() => {});
}

// One after another: a lease asked for after letting go is not let go of.
function inTurn(act) {
  last = last.then(act, act);
  return last;
}

let away = 0;
let stepsAside = false;

function stepAside(options) {
  stepsAside = true;
  letGo([...mine.keys()], options);
}

// `comesBack`: after the page was away for so long that it holds nothing any more.
export function watchPage(comesBack) {
  setInterval(() => {
    if (!document.hidden && mine.size) claim([...mine.keys()], mine.size);
  }, RENEW);
  addEventListener('pagehide', () => stepAside({ keepalive: true }));
  addEventListener('pageshow', (event) => { if (event.persisted) back(); });
  document.addEventListener('visibilitychange', () => {
    clearTimeout(away);
    if (document.hidden) away = setTimeout(stepAside, HIDDEN_FOR);
    else back();
  });
  function back() {
    if (stepsAside) comesBack();
    stepsAside = false;
  }
}
