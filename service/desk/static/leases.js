// Which comments this desk holds: the one that is open and the next few, so that two moderators never walk one path.
// Courtesy only: without leases everybody goes on, and the service still takes only one decision.

import { call } from './calls.js';
import { page } from './page.js';

const RENEW = 120_000;
const HIDDEN_FOR = 180_000;
export const AHEAD_MOST = 8;

const mine = new Map(); // comment -> when the lease ends, in milliseconds
let last = Promise.resolve();

export const hands = page.hands === 'yes';
export const holds = (id) => !hands || (mine.get(id) ?? 0) > Date.now();
export const forget = (id) => mine.delete(id);

// How many to hold ahead: of a short queue others get their share.
export const ahead = (waiting) => Math.min(AHEAD_MOST, Math.floor(waiting / 4));

// Leases up to `limit` of these, the first ones that nobody else holds; answers which. Of a comment that waits no more
// it does no harm.
export function claim(ids, limit) {
  return inTurn(async () => {
    if (!ids.length) return [];
    try {
      const { leases } = await call('POST', '/leases', { comment_ids: ids.slice(0, 100), limit });
      for (const lease of leases) mine.set(lease.comment_id, Date.parse(lease.until));
      return leases.map((lease) => lease.comment_id);
    } catch {
      return ids.slice(0, limit); // Without leases there is nobody to step aside for.
    }
  });
}

// Lets go of all but these.
export function keepOnly(ids) {
  const kept = new Set(ids);
  return letGoOf([...mine.keys()].filter((id) => !kept.has(id)));
}

export function letGoOf(ids, options) {
  for (const id of ids) mine.delete(id);
  if (!ids.length) return Promise.resolve();
  return inTurn(() => call('POST', '/leases/release', { comment_ids: ids.slice(0, 200) }, options).catch(() => {}));
}

// One after another: a lease asked for after letting go is not let go of.
function inTurn(act) {
  last = last.then(act, act);
  return last;
}

let away = 0;
let stepsAside = false;

function stepAside(options) {
  const ids = [...mine.keys()];
  mine.clear();
  stepsAside = true;
  if (ids.length) call('POST', '/leases/release', { comment_ids: ids }, options).catch(() => {});
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
