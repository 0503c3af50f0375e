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
const live = (id) => (mine.get(id) ?? 0) > Date.now();
// Whether a comment may be gone to: where nothing is handed out, every one may.
export const holds = (id) => !hands || live(id);
export const forget = (id) => mine.delete(id);

// How many to hold ahead: of a short queue others get their share.
export const ahead = (waiting) => Math.min(AHEAD_MOST, Math.floor(waiting / 4));

// Leases up to `limit` of these, the first ones that wait and that nobody else holds; answers which.
export const claim = (ids, limit) => inTurn(() => take(ids, limit));

async function take(ids, limit) {
  if (!ids.length) return [];
  try {
    const { leases } = await call('POST', '/leases', { comment_ids: ids.slice(0, 100), limit, status: 'pending' });
    for (const lease of leases) mine.set(lease.comment_id, Date.parse(lease.until));
    return leases.map((lease) => lease.comment_id);
  } catch {
    return ids.slice(0, limit); // Without leases there is nobody to step aside for.
  }
}

// Leases what `wish()` says ({ ids, limit }), where it is not held yet, and lets go of all else but `besides()`: both are
// asked when their turn has come, so that nothing is let go of that was taken meanwhile. Answers what is held of `ids`.
export function holdOnly(wish, besides) {
  return inTurn(async () => {
    const { ids, limit } = wish();
    const first = ids.slice(0, limit);
    const taken = first.every(live) ? first : await take(ids, limit);
    const kept = new Set([...taken, ...besides()]);
    const left = [...mine.keys()].filter((id) => !kept.has(id));
    for (const id of left) mine.delete(id);
    if (left.length) await call('POST', '/leases/release', { comment_ids: left }).catch(() => {});
    return taken;
  });
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
