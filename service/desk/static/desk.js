// The desk: the next comment is there before the last decision has arrived, and every decision can be undone.

import { Offline, call, part, send } from './calls.js';
import { tellTimes } from './clock.js';
import { keyOf } from './keys.js';
import { forget, hold, letGo } from './leases.js';
import * as list from './list.js';
import { lightMarks, placeNotes } from './margin.js';

// Somebody who waits for work sees it sooner.
const lookAgainIn = () => (list.items().length ? 4000 : 1500);
const DONE = { approve: 'Approved', reject: 'Rejected', spam: 'Marked as spam', pending: 'Back to pending' };

const $ = (id) => document.getElementById(id);
const right = $('right');
const tab = document.body.dataset.tab;
const cluster = new URLSearchParams(location.search).get('cluster') ?? '';
const caseNow = () => $('case');
const drawn = new Map(); // comment id -> promise of its pane, fetched ahead
const busy = new Set(); // ids whose decision is on its way
const done = []; // decisions made here, the last one last
let asRead = false; // whether a comment is shown as readers will see it, too
let wanted = caseNow()?.dataset.id; // the comment that should be open

function place(id) {
  const query = new URLSearchParams(location.search);
  for (const name of ['done', 'trouble', 'at']) query.delete(name);
  if (id) query.set('at', id);
  return '/moderate/' + (query.size ? '?' + query : '');
}

function pane(id) {
  if (!drawn.has(id)) {
    const asked = part('/moderate/case/' + id + '?' + new URLSearchParams({ tab, cluster }), 'case');
    drawn.set(id, asked);
    asked.catch(() => drawn.delete(id));
    if (drawn.size > 8) drawn.delete(drawn.keys().next().value);
  }
  return drawn.get(id);
}

function settle() {
  showAsRead(asRead);
  tellTimes(right);
  placeNotes(right);
}

async function show(id, { view = 'case' } = {}) {
  wanted = id;
  if (!id) return showEmpty();
  list.select(id);
  document.body.dataset.view = view;
  history.replaceState(null, '', place(id));
  const hadFocus = right.contains(document.activeElement) ? focusName() : null;
  right.classList.add('loading');
  try {
    const found = await pane(id);
    drawn.delete(id);
    if (wanted !== id) return;
    right.replaceChildren(found);
    settle();
    right.querySelector('article').scrollTop = 0;
    if (view === 'case' && innerWidth < 900) scrollTo(0, 0);
    if (hadFocus) (right.querySelector(hadFocus) ?? caseNow()).focus();
    look();
    const next = list.neighbour(id);
    if (next && !busy.has(next)) pane(next);
  } catch (error) {
    trouble(error, () => show(id, { view }));
  } finally {
    if (wanted === id) right.classList.remove('loading');
  }
}

// Which action had the focus: after the pane is exchanged it has it again.
function focusName() {
  const value = document.activeElement.value;
  return ['approve', 'spam', 'pending'].includes(value) ? `.bar [value=${value}]` : '#case';
}

async function look() {
  const now = caseNow()?.dataset;
  if (!now || now.status !== 'pending' || !now.may) return letGo();
  if (await hold({ id: now.id, site: now.site })) return;
  // Somebody else was first: show who.
  const found = await pane(now.id).catch(() => null);
  drawn.delete(now.id);
  if (!found || caseNow()?.dataset.id !== now.id) return;
  right.replaceChildren(found);
  settle();
}

function showEmpty() {
  letGo();
  document.body.dataset.view = 'list';
  history.replaceState(null, '', place(''));
  right.replaceChildren($('empty').content.cloneNode(true));
}

async function decide(action, reason) {
  const now = caseNow()?.dataset;
  if (!now?.may || busy.has(now.id) || wanted !== now.id) return;
  const { id, revision } = now;
  const name = $('case-name').dataset.name;
  const next = list.following(id);
  const putBack = list.takeOut(id);
  busy.add(id);
  $('trouble').replaceChildren();
  if (now.status === 'pending' && action !== 'pending') list.countDown();
  if (action !== 'pending') forget(id);
  say(DONE[action], name);
  const shown = show(next, { view: next && document.body.dataset.view });
  try {
    const { decisions: [made] } = await call('POST', '/decisions', {
      decisions: [{ comment_id: id, action, reason: reason || null, expected_revision: Number(revision) }],
    }, { keepalive: true });
    if (made.code) {
      await shown;
      refused(made, name, putBack);
    } else {
      done.push({ decision: made.decision_id, comment: id, name });
      say(DONE[action], name, true);
    }
  } catch (error) {
    putBack();
    say('', '');
    const again = () => show(id).then(() => decide(action, reason));
    if (error instanceof Offline) note(`“${name}” was not decided: no connection. It is back in the list.`, again);
    else trouble(error, again);
  } finally {
    drawn.delete(id);
    busy.delete(id);
    refresh();
  }
}

function refused(problem, name, putBack) {
  say('', '');
  const by = problem.decided?.by?.name;
  if (problem.code === 'leased') {
    putBack();
    note(`“${name}” was not changed: another moderator is looking at it.`);
  } else if (problem.code === 'decided') {
    note(`“${name}” was not changed: ${by || 'somebody'} has decided it meanwhile.`);
  } else {
    note(`“${name}” was not changed: ${problem.detail || problem.title}.`);
  }
}

async function undo() {
  const last = done.pop();
  if (!last) return plainUndo();
  try {
    await call('POST', '/decisions/' + last.decision + '/undo');
    say('Taken back', last.name);
    drawn.delete(last.comment);
    await refresh();
    await show(last.comment);
  } catch (error) {
    if (error instanceof Offline) done.push(last);
    else say('', '');
    trouble(error, undo);
  }
}

// A decision from before this page was loaded has its form in the strip at the bottom.
function plainUndo() {
  $('done').querySelector('form')?.requestSubmit();
}

function say(what, name, undoable = false) {
  const strip = $('done');
  strip.replaceChildren();
  if (!what) return;
  const line = document.createElement('p');
  const who = document.createElement('bdi');
  who.textContent = name;
  line.append(what + ': ', who);
  strip.append(line);
  if (!undoable) return;
  const button = document.createElement('button');
  button.type = 'button';
  button.append('Undo ', Object.assign(document.createElement('kbd'), { textContent: 'u' }));
  button.addEventListener('click', undo);
  strip.append(button);
}

function note(text, again) {
  const line = document.createElement('p');
  line.className = 'notice error';
  line.textContent = text;
  if (again) {
    const button = document.createElement('button');
    button.textContent = 'Try again';
    button.addEventListener('click', () => { $('trouble').replaceChildren(); again(); });
    line.append(button);
  }
  $('trouble').replaceChildren(line);
}

// A form of the pane whose answer is the pane anew.
async function sendForm(form, submitter) {
  const id = caseNow()?.dataset.id;
  try {
    const found = await send(form, submitter);
    drawn.delete(id);
    if (wanted !== id) return;
    right.replaceChildren(found);
    settle();
    caseNow().focus();
    $('said').replaceChildren();
    if (caseNow().dataset.said) {
      const line = Object.assign(document.createElement('p'), { className: 'notice', textContent: caseNow().dataset.said });
      $('said').append(line);
    }
    refresh();
  } catch (error) {
    trouble(error);
  }
}

let offline = false;
function trouble(error, again) {
  if (error instanceof Offline) {
    offline = true;
    note('No connection. Nothing you decided before is lost; this page tries again by itself.', again);
  } else if (error.status === 401) {
    note('You were signed out. Sign in again to go on.', () => { location.href = '/moderate/sign-in'; });
  } else {
    note(error.message, again);
  }
}

let looking = false;
async function refresh() {
  if (looking) return;
  looking = true;
  try {
    const fresh = await part(place(''), 'list');
    list.merge(fresh, busy, caseNow()?.dataset.id);
    if (offline) $('trouble').replaceChildren();
    offline = false;
    if (!caseNow() && list.items().length && !busy.size) await show(list.items()[0].dataset.id, { view: 'list' });
  } catch (error) {
    if (!(error instanceof Offline) && error.status !== 401) return; // The next look may find more.
    trouble(error);
  } finally {
    looking = false;
  }
}

function move(step) {
  const next = list.neighbour(wanted, step);
  if (next) show(next, { view: document.body.dataset.view });
}

function reasons(open) {
  const box = right.querySelector('.reject');
  if (!box) return;
  box.open = open;
  if (open) box.querySelector('.reasons button').focus();
  else if (box.contains(document.activeElement)) box.querySelector('summary').focus();
}

// As typed, with the rules' marks, or below that also as a page will show it; it stays so from comment to comment.
function showAsRead(open) {
  asRead = open;
  const box = right.querySelector('.as-read');
  if (box) box.open = open;
}

const KEYS = {
  a: () => decide('approve'),
  s: () => decide('spam'),
  r: () => reasons(!right.querySelector('.reject')?.open),
  j: () => move(1),
  k: () => move(-1),
  u: undo,
  v: () => showAsRead(!right.querySelector('.as-read')?.open),
  '/': () => $('q').focus(),
  '?': () => $('help').showModal(),
  Escape: () => {
    if (right.querySelector('.reject')?.open) reasons(false);
    else if (document.body.dataset.view === 'case') document.body.dataset.view = 'list';
  },
};

// What a key stands for is clicked; what unfolds by it begins with its first field.
function press(control) {
  control.click();
  const folded = control.closest('details');
  if (control.matches('summary') && folded.open) {
    folded.scrollIntoView({ block: 'nearest' });
    folded.querySelector('input:not([type=hidden]), textarea, select, button')?.focus();
  }
}

function onKey(event) {
  const key = keyOf(event);
  if (!key || $('help').open) return;
  if (event.target.isContentEditable || event.target.matches('input, textarea, select')) {
    if (key === 'Escape') event.target.blur();
    return;
  }
  if (!$('keys-on').checked && key !== 'Escape') return;
  const menu = right.querySelector('.reject[open]');
  const chosen = menu?.querySelector(`[data-key="${CSS.escape(key)}"]`);
  const shortcut = chosen ?? right.querySelector(`[data-shortcut="${CSS.escape(key)}"]:not(:disabled)`);
  const act = shortcut ? () => press(shortcut) : KEYS[key];
  if (!act || (event.repeat && !'jk'.includes(key))) return;
  event.preventDefault();
  act();
}

document.addEventListener('keydown', onKey);
document.addEventListener('toggle', (event) => { if (event.target.matches('.as-read')) asRead = event.target.open; }, true);
document.addEventListener('submit', (event) => {
  if (event.target.matches('form[data-live]')) {
    event.preventDefault();
    sendForm(event.target, event.submitter);
    return;
  }
  if (!event.target.matches('form.bar')) return;
  event.preventDefault();
  const [action, reason] = (event.submitter?.value ?? '').split(':');
  if (action in DONE) decide(action, reason);
});
document.addEventListener('click', (event) => {
  const open = right.querySelector('.reject[open]');
  if (open && !open.contains(event.target)) open.open = false;
  if (event.ctrlKey || event.metaKey || event.shiftKey || event.button) return;
  const link = event.target.closest('a.item, .back a');
  if (!link) return;
  event.preventDefault();
  if (link.dataset.id) return void show(link.dataset.id);
  document.body.dataset.view = 'list';
  list.item(wanted)?.focus();
});
addEventListener('resize', () => placeNotes(right));
addEventListener('online', refresh);
document.addEventListener('visibilitychange', () => { if (!document.hidden) refresh(); });

try {
  $('keys-on').checked = localStorage.getItem('rejoinder-keys') !== 'off';
} catch { /* No storage: keys are on. */ }
$('keys-on').addEventListener('change', (event) => {
  try {
    localStorage.setItem('rejoinder-keys', event.target.checked ? 'on' : 'off');
  } catch { /* It holds for this page, then. */ }
});
$('help-button').hidden = false;
$('help-button').addEventListener('click', () => $('help').showModal());

lightMarks(right);
tellTimes();
settle();
look();
if (wanted && list.neighbour(wanted)) pane(list.neighbour(wanted));
(function again() {
  setTimeout(async () => {
    if (!document.hidden) await refresh();
    again();
  }, lookAgainIn());
})();
setInterval(() => tellTimes(), 30_000);
