// From comment to comment: which one is open, which one is next, and what a colleague holds is passed by.

import { Offline } from './calls.js';
import * as leases from './leases.js';
import * as list from './list.js';
import { tell, withdraw } from './messages.js';
import * as outbox from './outbox.js';
import { $, caseNow, narrow, page, place, right } from './page.js';
import { fetchPane, forgetPane, put, putNotice } from './pane.js';
import { t } from './words.js';

const FETCHED_AHEAD = 3;
let wanted = caseNow()?.dataset.id; // the comment whose line is current
let moves = 0; // counts what was asked for; an answer to an older question is dropped
let looking = false; // for the next comment
let coming = false; // its pane: what stands in the pane now is another comment's, or this one's from before
let settled = [];

export const current = () => wanted;
// Whether the pane shows the comment whose line is current.
export const isThere = () => !looking && !coming && caseNow()?.dataset.id === wanted;
export const isUnderWay = () => looking || coming;
// Called each time a comment has come, or could not: with whether it has.
export const whenThere = (act) => settled.push(act);

function arrived(there) {
  for (const act of settled) act(there);
}

function go(view, url, push) {
  document.body.dataset.view = view;
  const pushed = push || Boolean(history.state?.pushed && view === 'case');
  if (push) history.pushState({ view, pushed }, '', url);
  else history.replaceState({ view, pushed }, '', url);
}

function awaitPane(on) {
  coming = on;
  right.classList.toggle('loading', on);
}

// As it stands once what was taken back of it is through: earlier the service would still show the decision.
async function paneAsItStands(id) {
  if (outbox.isAbout(id) && !outbox.hides(id)) {
    await outbox.through(id);
    forgetPane(id);
  }
  return fetchPane(id);
}

// Opens a comment. `push`: Back leads to where one was.
export async function show(id, { view = 'case', push = false, keepAddress = false } = {}) {
  const move = ++moves;
  looking = false;
  wanted = id;
  if (!id) return showEmpty();
  list.select(id);
  if (!keepAddress) go(view, place(id), push);
  awaitPane(true);
  try {
    const found = await paneAsItStands(id);
    forgetPane(id);
    if (move !== moves) return;
    put(found);
    awaitPane(false);
    withdraw('pane');
    withdraw('not-there');
    const text = right.querySelector('article');
    if (text) text.scrollTop = 0;
    if (view === 'case' && narrow()) scrollTo(0, 0);
    look();
    arrived(true);
  } catch (error) {
    if (move !== moves) return;
    awaitPane(false);
    if (error instanceof Offline || error.passing) putNotice(t('This comment cannot be shown without a connection. It comes by itself.'));
    else if (error.status === 404) putNotice(t('This comment is not there any more.'));
    else putNotice(error.message);
    arrived(false);
  }
}

// Again, where it could not be shown before.
export function showAgain() {
  if (wanted && !isThere() && !isUnderWay()) return show(wanted, { view: page.view });
}

// Nothing is open, and why has changed.
export function emptyAnew() {
  if (!wanted && !looking && emptyOfHeld !== list.items().length > 0) showEmpty();
}

let emptyOfHeld = false; // whether the pane says that colleagues look at what there is

export function showEmpty() {
  emptyOfHeld = list.items().length > 0;
  moves++;
  looking = false;
  wanted = undefined;
  list.select('');
  look();
  go('list', place(''), false);
  awaitPane(false);
  const empty = $('empty').content.cloneNode(true);
  if (emptyOfHeld) {
    empty.querySelector('.empty').replaceChildren(
      Object.assign(document.createElement('h2'), { textContent: t('Colleagues are looking at all of these') }),
      Object.assign(document.createElement('p'), { textContent: t('What they let go of opens here by itself. You can open any comment of the list.') }),
    );
  }
  right.replaceChildren(empty);
  arrived(false);
}

// The first comment beyond `from` that is leased or needs no lease; undefined where one has to be asked for.
function known(from, step) {
  const [first] = list.beyond(from, step).filter((one) => !list.isHeld(one));
  return first && leases.holds(first.dataset.id) ? first.dataset.id : undefined;
}

async function find(from, step, round) {
  for (;;) {
    const free = list.beyond(from, step).filter((one) => !list.isHeld(one)).map((one) => one.dataset.id);
    if (free.length) {
      if (leases.holds(free[0])) return free[0];
      const some = free.slice(0, 50);
      const limit = step > 0 ? 1 + leases.ahead(list.waits()) : 1;
      const taken = new Set(await leases.claim(some, limit));
      const first = some.find((id) => taken.has(id));
      // What was passed by is a colleague's; who it is, the list's next look says.
      for (const id of some.slice(0, first ? some.indexOf(first) : some.length)) {
        const one = list.item(id);
        if (one && !taken.has(id)) one.dataset.held = 'yes';
      }
      if (first) return first;
      continue;
    }
    if (step > 0 && (await list.loadMore())) continue;
    if (!round) return undefined;
    [from, step, round] = [undefined, 1, false];
  }
}

// Goes to the next comment that nobody else holds; with `round` from the top once the end is reached. `otherwise`: what
// to do where there is none.
export async function walk(from, step, { round = false, otherwise = () => {}, view = page.view } = {}) {
  const near = known(from, step);
  if (near) return show(near, { view });
  const move = ++moves;
  looking = true;
  try {
    const id = await find(from, step, round);
    if (move !== moves) return;
    looking = false;
    if (id) return await show(id, { view });
    otherwise();
  } catch (error) {
    if (move !== moves) return;
    looking = false;
    tell(error instanceof Offline ? t('No connection: the next comments cannot be fetched yet.') : error.message, { key: 'pane', grave: true });
  }
  // One stays where one was: what was on its way there is still wanted.
  if (coming) return show(wanted, { view });
  look();
  arrived(isThere());
}

export const move = (step) => walk(wanted, step);

// Leases what is open and the next few, and fetches those; lets go of what was left behind.
let topping = null;
let topAgain = false;

// Once more where it is under way: what has opened since then is not looked at by it.
export function look() {
  if (topping) topAgain = true;
  topping ??= (async () => {
    do {
      topAgain = false;
      await topUp();
    } while (topAgain);
  })().finally(() => { topping = null; });
  return topping;
}

async function topUp() {
  const open = () => (wanted && caseNow()?.dataset.id === wanted ? caseNow().dataset : null);
  const mayBeMine = () => (leases.hands ? open()?.may !== '' : open()?.may && open().status === 'pending');
  const upcoming = () => (leases.hands ? list.beyond(wanted).filter((one) => !list.isHeld(one)).map((one) => one.dataset.id) : []);
  const taken = await leases.holdOnly(
    () => {
      // What is being looked for is not open yet: once it is, or there is none, this comes again.
      if (looking) return null;
      const mine = wanted && mayBeMine() ? [wanted] : [];
      return { ids: [...mine, ...upcoming().slice(0, 60)], limit: mine.length + (leases.hands ? leases.ahead(list.waits()) : 0) };
    },
    () => (looking ? null : [wanted]),
  );
  if (!taken) return;
  if (open() && mayBeMine() && !taken.includes(wanted)) await showHolder(wanted);
  for (const id of upcoming().slice(0, FETCHED_AHEAD)) fetchAhead(id);
}

// Leased or not: of a short queue hardly any is leased ahead, and without a line what is here can be decided.
async function fetchAhead(id) {
  if (outbox.isAbout(id)) return;
  const found = await fetchPane(id).catch(() => null);
  // A colleague's is drawn anew when it is come to: it may be free by then.
  if (found?.querySelector('.lease-note')) forgetPane(id);
}

// Somebody else was first: show who.
async function showHolder(id) {
  if (caseNow()?.querySelector('.lease-note')) return;
  forgetPane(id);
  const found = await fetchPane(id).catch(() => null);
  forgetPane(id);
  if (found && caseNow()?.dataset.id === id && wanted === id && !right.querySelector('form:focus-within, details[open].reject')) put(found);
}

// Back and Forward: the place is in the address, the view in its state.
addEventListener('popstate', (event) => {
  const at = new URLSearchParams(location.search).get('at');
  const view = event.state?.view ?? (at ? 'case' : 'list');
  const listAlone = view === 'list' && narrow();
  if (at && at !== wanted && !listAlone) return void show(at, { view, keepAddress: true });
  document.body.dataset.view = view;
  if (view === 'list') list.item(wanted)?.focus();
});

export function backToList() {
  if (history.state?.pushed) return history.back();
  document.body.dataset.view = 'list';
  list.item(wanted)?.focus();
}
