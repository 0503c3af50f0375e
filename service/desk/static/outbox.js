// Decisions on their way: one request after another, each under a key that makes a second sending harmless. What has
// gathered meanwhile goes in one, so that a slow service is not left behind by quick hands. They are kept for this tab, so that a reload, a cut line or a session that has ended loses none: ids, actions and reasons' codes, no text.

import { Offline, Refused, call } from './calls.js';
import { keep, recall } from './memory.js';
import { page } from './page.js';

export const BATCH = 100; // The service undoes so many at once, and decides more.
const PAUSES = [1000, 2000, 4000, 8000, 15_000];

const settled = new Map(); // comment -> when the service has answered; the list may not know yet
let entries = []; // what waits, the first one perhaps under way
let sending = null;
let ended = false; // the session is over: nothing is sent until somebody has signed in again
let failures = 0;
let timer = 0;
let hear = {};

// `answered(entry, answers)`, `refused(entry, error)`, `waits(error)`, `runs()`, `signedOut()`, `changed()`.
export function listen(hooks) {
  hear = hooks;
}

export function restoreOutbox() {
  const kept = recall('outbox', null);
  if (!kept?.entries?.length) return 0;
  if (kept.actor !== page.actor) {
    // Somebody else's: not to be sent under this name.
    keep('outbox', null);
    return kept.entries.length;
  }
  entries = kept.entries;
  run();
  return 0;
}

function save() {
  keep('outbox', entries.length ? { actor: page.actor, entries } : null);
  hear.changed?.();
  wake();
}

// Adds decisions (at most `BATCH`) or an undoing, and returns the entry.
export function post(entry) {
  const added = { key: crypto.randomUUID?.() ?? String(Math.random()).slice(2).padEnd(16, '0') + Date.now(), ...entry };
  entries.push(added);
  save();
  run();
  return added;
}

// Takes an entry out that has not been sent; false where it is too late.
export function cancel(key) {
  const entry = entries.find((one) => one.key === key);
  if (!entry || entry === sending || entry.tried) return false;
  entries = entries.filter((one) => one !== entry);
  save();
  return true;
}

const about = (entry) => (entry.kind === 'undo' ? entry.made.comments : entry.items.map((item) => item.comment_id));

// Whether something about the comment is on its way.
export const isAbout = (id) => entries.some((entry) => about(entry).includes(id));

// Whether the last thing asked for takes the comment out of the list.
export function hides(id) {
  const last = entries.findLast((entry) => about(entry).includes(id));
  return last ? last.kind === 'decide' : settled.get(id)?.gone === true;
}

// Whether the service has decided it, as far as this page knows.
export const isDecided = (id) => !isAbout(id) && settled.get(id)?.gone === true;

// Whether a list that was asked for at `since` can be wrong about the comment.
export function touched(id, since) {
  return isAbout(id) || (settled.get(id)?.at ?? -1) > since;
}

// What a list that was asked for at `since` knows, it is told about again.
export function listed(since) {
  for (const [id, { at }] of settled) if (at <= since) settled.delete(id);
}

// How many comments that wait are decided here and counted there.
export function leaving() {
  const ids = new Set([...settled].filter(([, one]) => one.gone).map(([id]) => id));
  for (const entry of entries) for (const id of about(entry)) ids.add(id);
  return [...ids].filter(hides).length;
}

export const undoings = () => entries.filter((entry) => entry.kind === 'undo');
export const waiting = () => entries.length;

const waiters = []; // [comment, what to call once nothing about it is under way]

// Resolves when nothing that is about the comment is under way any more.
export function through(id) {
  return new Promise((resolve) => {
    waiters.push([id, resolve]);
    wake();
  });
}

function wake() {
  for (const waiter of waiters.splice(0)) {
    if (isAbout(waiter[0])) waiters.push(waiter);
    else waiter[1]();
  }
}

export async function run() {
  clearTimeout(timer);
  if (sending || ended) return;
  while (entries.length && !ended) {
    sending = gathered();
    sending.tried = true;
    keep('outbox', { actor: page.actor, entries });
    try {
      const answers = await transmit(sending);
      finish(sending, (entry, from, to) => hear.answered?.(entry, answers.slice(from, to)));
      if (failures) hear.runs?.();
      failures = 0;
    } catch (error) {
      const entry = sending;
      sending = null;
      if (error instanceof Refused && error.signedOut) {
        ended = true;
        hear.signedOut?.();
        return;
      }
      if (error instanceof Offline || error.passing) {
        timer = setTimeout(run, PAUSES[Math.min(failures++, PAUSES.length - 1)]);
        hear.waits?.(error);
        return;
      }
      finish(entry, (one) => hear.refused?.(one, error));
    }
    sending = null;
  }
}

// The first one, and with it the decisions behind it that have not been sent either: from now on one entry, of `parts`.
function gathered() {
  const [first] = entries;
  const some = [first];
  let count = first.items?.length;
  for (const one of entries.slice(1)) {
    if (first.tried || first.kind !== 'decide' || one.tried || one.kind !== 'decide') break;
    count += one.items.length;
    if (count > BATCH) break;
    some.push(one);
  }
  if (some.length === 1) return first;
  const parts = some.map(({ key, items }) => ({ key, count: items.length }));
  const together = { ...first, items: some.flatMap((one) => one.items), parts };
  entries = [together, ...entries.slice(some.length)];
  return together;
}

// The entries that were sent as this one: each with where its answers begin and end.
function partsOf(entry) {
  let at = 0;
  return entry.parts.map(({ key, count }) => {
    const from = at;
    at += count;
    return [{ kind: entry.kind, key, items: entry.items.slice(from, at) }, from, at];
  });
}

async function transmit(entry) {
  if (entry.kind === 'decide') {
    const { decisions } = await call('POST', '/decisions', { decisions: entry.items }, { key: entry.key, keepalive: true });
    return decisions;
  }
  const answers = [];
  const ids = [...entry.made.decisions].reverse();
  for (let at = 0; at < ids.length; at += BATCH) {
    const some = ids.slice(at, at + BATCH);
    const { decisions } = await call('POST', '/decisions/undo', { decisions: some }, { keepalive: true });
    answers.push(...decisions);
  }
  return answers;
}

function finish(entry, tell) {
  entries = entries.filter((one) => one !== entry);
  if (entry.parts) for (const part of partsOf(entry)) tell(...part);
  else tell(entry);
  save();
}

export function settle(id, gone) {
  settled.set(id, { at: performance.now(), gone });
}

addEventListener('online', run);
