// The list in the left pane: the server draws its lines, this keeps them as the server has them now. A line whose
// decision is on its way is hidden, and there again if the service says no.

import { forgetAnswers, part } from './calls.js';
import { tellTimes } from './clock.js';
import * as outbox from './outbox.js';
import { $, listQuery, page, place } from './page.js';
import { number, t } from './words.js';

export const list = () => $('list');
const lines = () => document.querySelector('#list .items');
export const all = () => [...document.querySelectorAll('#list .item')];
export const items = () => all().filter((one) => !row(one).hidden);
export const item = (id) => $('item-' + id);
export const isHeld = (one) => one.dataset.held === 'yes';
export const name = (id) => item(id)?.querySelector('.who b')?.textContent.trim() ?? '';

const row = (link) => link.closest('li');
const removed = new Map(); // comment -> its line and the one it stood before, for an undo
const MOST_REMOVED = 100;
const further = () => document.querySelector('#list .more a[rel=next]');
let whole = !further();
let waiting = Number(list()?.dataset.waiting ?? 0);
let oldest = list()?.dataset.oldest;

// Comments after (or before) `id`, nearest first; all of them for one that is not in the list.
export function beyond(id, step = 1) {
  const everything = all();
  const at = everything.findIndex((one) => one.dataset.id === id);
  const some = step > 0 ? everything.slice(at + 1) : everything.slice(0, Math.max(at, 0)).reverse();
  return some.filter((one) => !row(one).hidden);
}

let selected = null; // its line may come later than the comment is open

export function select(id) {
  selected = id;
  for (const one of all()) {
    if (one.dataset.id === id) one.setAttribute('aria-current', 'true');
    else one.removeAttribute('aria-current');
  }
  item(id)?.scrollIntoView({ block: 'nearest' });
}

// Shows and hides lines by what is on its way.
export function settleLines() {
  for (const one of all()) {
    const gone = outbox.hides(one.dataset.id);
    if (row(one).hidden === gone) continue;
    if (gone && one.contains(document.activeElement)) $('right').focus();
    row(one).hidden = gone;
  }
  empty();
  showNumbers();
}

function empty() {
  document.querySelector('#list .none')?.toggleAttribute('hidden', items().length > 0);
}

function remove(one) {
  const line = row(one);
  removed.set(one.dataset.id, { line, before: line.nextElementSibling });
  if (removed.size > MOST_REMOVED) removed.delete(removed.keys().next().value);
  line.remove();
}

// Puts the line of a comment back where it was, if it is known here.
export function restore(id) {
  if (item(id)) return void settleLines();
  const kept = removed.get(id);
  if (!kept) return;
  removed.delete(id);
  kept.line.hidden = false;
  lines().insertBefore(kept.line, kept.before?.parentElement === lines() ? kept.before : lines().firstChild);
  settleLines();
}

// The server counts to here, and says one more where there are more.
const COUNTED = 10000;

function total(count) {
  const words = number(Math.min(count, COUNTED));
  return count > COUNTED ? t('more than %(n)s', { n: words }) : words;
}

export const waits = () => (waiting > COUNTED ? waiting : Math.max(0, waiting - (page.tab === 'waiting' ? outbox.leaving() : 0)));

export function showNumbers() {
  const box = $('numbers');
  const count = box?.querySelector('b');
  if (!count) return;
  const words = total(waits());
  if (count.textContent !== words) count.textContent = words;
  count.dataset.count = waits();
  document.title = t('%(n)s waiting', { n: words }) + ' · Rejoinder';
  let since = box.querySelector('.oldest');
  if (!oldest || !waits()) return void since?.remove();
  if (!since) {
    since = Object.assign(document.createElement('span'), { className: 'oldest' });
    since.append(t('oldest') + ' ', document.createElement('time'));
    box.append(since);
  }
  since.querySelector('time').dateTime = oldest;
  tellTimes(since);
}

// The server counts a list that is not the open one to here.
const COUNTED_BESIDE = 1000;

// How many the other tabs have; `tabs` says nothing of them where the list is narrowed.
function showTabs(tabs) {
  for (const link of document.querySelectorAll('.states a[data-tab]')) {
    const found = tabs[link.dataset.tab] ?? 0;
    let count = link.querySelector('.count');
    if (!found) {
      count?.remove();
      continue;
    }
    if (!count) {
      count = Object.assign(document.createElement('span'), { className: 'count' });
      link.append(' ', count);
    }
    const words = number(Math.min(found, COUNTED_BESIDE)) + (found > COUNTED_BESIDE ? '+' : '');
    if (count.textContent !== words) count.textContent = words;
  }
}

// How many comments the list has, in the server's words. Above an empty tab nothing is counted.
function showTotal({ counted, rows }) {
  const line = document.querySelector('#list .total');
  if (!line) return;
  if (line.textContent !== counted) line.textContent = counted;
  if (line.matches('.narrowed')) line.hidden = !rows.length;
}

// Takes over what the server said of the list when it was asked at `since`. `kept`: stays while it is open. Resolves to
// the ids whose text or standing is another now.
export async function merge(said, since, kept) {
  waiting = said.waiting;
  oldest = said.oldest;
  showTabs(said.tabs);
  showTotal(said);
  whole = said.whole;
  const revisions = new Map(said.rows);
  // What is passed over now has to be told again.
  if (said.rows.some(([id]) => outbox.touched(id, since))) forgetAnswers();
  const stale = [];
  const here = all();
  const end = said.whole ? here.length : here.findLastIndex((one) => revisions.has(one.dataset.id)) + 1;
  here.forEach((one, at) => {
    const { id } = one.dataset;
    if (outbox.touched(id, since)) return;
    const revision = revisions.get(id);
    if (revision === undefined) {
      if (at >= end) return;
      if (id !== kept) remove(one);
      else say(one, said.whole ? t('Not in this list any more') : '');
      return;
    }
    if (revision !== Number(one.dataset.revision)) stale.push(id);
    const looks = said.looking[id];
    one.dataset.held = looks ? 'yes' : '';
    say(one, looks ? t('%(name)s is looking at this', { name: looks }) : '');
  });
  const wanted = said.rows.map(([id]) => id).filter((id) => (!item(id) || stale.includes(id)) && !outbox.touched(id, since));
  for (let at = 0; at < wanted.length; at += 50) await fetchLines(wanted.slice(at, at + 50), said);
  outbox.listed(since);
  settleLines();
  tellTimes(list());
  return stale;
}

function say(one, words) {
  const place = one.querySelector('.lease');
  if (place.textContent !== words) place.textContent = words;
}

async function fetchLines(ids, said) {
  const query = listQuery();
  query.set('ids', ids.join(','));
  const fresh = await part('/moderate/rows?' + query, 'rows');
  const order = said.rows.map(([id]) => id);
  for (const one of fresh.querySelectorAll('.item')) {
    const known = item(one.dataset.id);
    if (known) {
      for (const attribute of ['revision', 'status', 'severe']) known.dataset[attribute] = one.dataset[attribute] ?? '';
      known.replaceChildren(...one.childNodes);
      continue;
    }
    removed.delete(one.dataset.id);
    const before = order.slice(0, order.indexOf(one.dataset.id)).reverse().find((id) => item(id));
    lines().insertBefore(row(one), before ? row(item(before)).nextSibling : lines().firstChild);
    if (one.dataset.id === selected) one.setAttribute('aria-current', 'true');
  }
}

// Appends the next page; false where there is none.
export async function loadMore() {
  const link = further();
  if (!link && whole) return false;
  const fresh = await part(link ? link.getAttribute('href') : place(''), 'list');
  const added = [...fresh.querySelectorAll('.item')].filter((one) => !item(one.dataset.id));
  for (const one of added) {
    one.removeAttribute('aria-current');
    lines().append(row(one));
  }
  document.querySelector('#list .more')?.remove();
  const more = fresh.querySelector('.more');
  if (more) list().append(more);
  else whole = true;
  settleLines();
  tellTimes(list());
  return added.length > 0;
}
