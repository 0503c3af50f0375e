// A decision shows at once and goes its way; it can be taken back at once, and is put right if the service says no.

import { call } from './calls.js';
import * as leases from './leases.js';
import * as list from './list.js';
import { tell, withdraw } from './messages.js';
import * as outbox from './outbox.js';
import { $, caseNow, page } from './page.js';
import { forgetPane } from './pane.js';
import * as undos from './undos.js';
import { current, isThere, show, showEmpty, walk } from './walk.js';
import { nt, number, t } from './words.js';

export const ACTIONS = ['approve', 'reject', 'spam', 'pending', 'keep'];
const DONE = {
  approve: () => t('Approved'),
  reject: () => t('Rejected'),
  spam: () => t('Marked as spam'),
  pending: () => t('Back to what waits'),
  keep: () => t('Seen and kept'),
  redact: () => t('A passage was removed'),
};
const names = new Map(); // comment -> its writer's name, as long as this page lives

const nameOf = (id) => names.get(id) ?? list.name(id) ?? '';

let saidOf = null; // what the strip is about

// What was just done, with its way back.
export function say(what, name = '', undoable = false, about = null) {
  const strip = $('done');
  saidOf = about;
  const had = strip.contains(document.activeElement);
  strip.replaceChildren();
  if (!what) return;
  const line = document.createElement('p');
  line.append(what);
  if (name) line.append(': ', Object.assign(document.createElement('bdi'), { textContent: name }));
  strip.append(line);
  if (undoable) {
    const button = Object.assign(document.createElement('button'), { type: 'button' });
    button.append(t('Undo') + ' ', Object.assign(document.createElement('kbd'), { textContent: 'u' }));
    button.addEventListener('click', undo);
    strip.append(button);
    if (had) button.focus();
  } else if (had) {
    $('case')?.focus();
  }
}

export function sayLast() {
  const made = undos.last();
  if (!made || $('done').childElementCount) return;
  sayMade(made);
  learnName(made, sayMade);
}

// Of what a page before this one has decided the tab keeps ids alone: whose it is, the service says; `again` says it then.
async function learnName(made, again) {
  const [id, ...more] = made.comments ?? [];
  if (!id || more.length || nameOf(id)) return;
  const found = await call('GET', '/comments/' + id).catch(() => null);
  if (!found) return;
  names.set(id, found.author.name);
  if (saidOf === made) again(made);
}

export function sayMade(made) {
  say(summary(made), made.comments?.length === 1 ? nameOf(made.comments[0]) : '', true, made);
}

function sayTakenBack(made) {
  const of = made.comments.length === 1 ? nameOf(made.comments[0]) : nt('%(num)s comment', '%(num)s comments', made.comments.length);
  say(t('Taken back'), of, false, made);
}

function summary({ action, comments, count }) {
  const n = count ?? comments.length;
  return n === 1 ? DONE[action]() : nt('%(done)s: %(num)s comment', '%(done)s: %(num)s comments', n, { done: DONE[action]() });
}

export function decide(action, reason) {
  if (!current()) return; // A key too many at the end of the queue.
  const now = caseNow()?.dataset;
  if (!now?.may || !isThere()) {
    return void tell(t('Nothing was decided: the comment was not there yet.'), { key: 'not-there', grave: true });
  }
  withdraw('not-there');
  const { id, revision, status } = now;
  if (outbox.hides(id)) return;
  names.set(id, $('case-name').dataset.name);
  send([{ comment_id: id, action, reason: reason || null, expected_revision: Number(revision) }], action, status);
  walk(id, 1, { round: true, otherwise: showEmpty, view: page.view });
}

// Sends decisions, in batches, and lets them be taken back together.
export function send(items, action) {
  const made = undos.remember({ action, comments: items.map((item) => item.comment_id), keys: [], decisions: [], refused: [] });
  for (let at = 0; at < items.length; at += outbox.BATCH) {
    const some = items.slice(at, at + outbox.BATCH);
    for (const { comment_id: id } of some) forgetPane(id);
    made.keys.push(outbox.post({ kind: 'decide', items: some }).key);
  }
  undos.saveUndos();
  sayMade(made);
  return made;
}

// A form of the pane has decided: `u` takes it back like any other.
export function decidedByForm({ id, made, done }) {
  if (done in DONE) sayMade(undos.remember({ action: done, comments: [id], keys: [], decisions: [made], refused: [], form: true }));
}

export function undo() {
  const made = undos.takeLast();
  if (!made) return plainUndo();
  // What a form said of it is no longer so.
  if (made.form) withdraw('said');
  if (made.job) return undoJob(made);
  // What has not been sent yet never was.
  const sent = made.keys.filter((key) => !outbox.cancel(key));
  if (sent.length || made.decisions.length) outbox.post({ kind: 'undo', made: { ...made, keys: sent } });
  for (const id of made.comments) {
    forgetPane(id);
    list.restore(id);
  }
  list.settleLines();
  sayTakenBack(made);
  learnName(made, sayTakenBack);
  if (made.comments.length === 1) return show(made.comments[0], { view: page.view });
}

let undoJob = () => {};
export const whenJobIsUndone = (act) => { undoJob = act; };

// A decision from before this page was loaded has its form in the strip at the bottom.
function plainUndo() {
  $('done').querySelector('form')?.requestSubmit();
}

// What the service said to an entry of the outbox.
export function answered(entry, answers) {
  if (entry.kind === 'undo') return answeredUndo(entry, answers);
  const made = undos.madeBy(entry.key, outbox.undoings().map((one) => one.made));
  const refused = answers.filter((answer) => answer.code);
  for (const answer of answers) {
    outbox.settle(answer.comment_id, !answer.code);
    if (answer.code) continue;
    // The service let go of it with the decision.
    leases.forget(answer.comment_id);
    made?.decisions.push(answer.decision_id);
  }
  if (made) {
    made.refused.push(...refused.map((answer) => answer.comment_id));
    made.comments = made.comments.filter((id) => !made.refused.includes(id));
    if (!made.comments.length) undos.forgetUndo(made);
    undos.saveUndos();
    if (refused.length && saidOf === made) made.comments.length ? sayMade(made) : say('');
  }
  if (refused.length) tellRefused(refused, entry.items.length);
}

function tellRefused(refused, asked) {
  if (asked === 1) return void tell(t('“%(name)s” was not changed: %(why)s', { name: nameOf(refused[0].comment_id), why: why(refused[0]) }), { grave: true });
  const counts = new Map();
  for (const one of refused) counts.set(why(one), (counts.get(why(one)) ?? 0) + 1);
  const reasons = [...counts].map(([words, n]) => `${n}: ${words}`).join('; ');
  tell(nt('%(num)s of %(all)s comments was not changed. %(reasons)s', '%(num)s of %(all)s comments were not changed. %(reasons)s', refused.length, { all: number(asked), reasons }), { grave: true });
}

function why({ code, decided, detail, title }) {
  if (code === 'leased') return t('another moderator is looking at it.');
  if (code !== 'decided') return detail || title;
  const by = decided?.by?.name;
  return by ? t('%(name)s has decided it meanwhile.', { name: by }) : t('somebody has decided it meanwhile.');
}

function answeredUndo(entry, answers) {
  const refused = answers.filter((answer) => answer.code);
  for (const id of entry.made.comments) outbox.settle(id, false);
  if (!refused.length) return;
  say('');
  const asked = entry.made.comments.length;
  if (asked === 1) tell(t('“%(name)s” was not taken back: %(why)s', { name: nameOf(entry.made.comments[0]), why: why(refused[0]) }), { grave: true });
  else tell(nt('%(num)s of %(all)s decisions was not taken back: others have decided meanwhile.', '%(num)s of %(all)s decisions were not taken back: others have decided meanwhile.', refused.length, { all: number(answers.length) }), { grave: true });
}

// The service took none of it.
export function refusedWhole(entry, error) {
  const ids = entry.kind === 'undo' ? entry.made.comments : entry.items.map((item) => item.comment_id);
  for (const id of ids) outbox.settle(id, entry.kind === 'undo');
  const made = undos.madeBy(entry.key);
  if (made && !made.decisions.length) undos.forgetUndo(made);
  if (!made || saidOf === made) say('');
  tell(nt('%(num)s decision was not made: %(why)s', '%(num)s decisions were not made: %(why)s', ids.length, { why: error.message }), { grave: true });
}
