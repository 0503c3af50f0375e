// The list in the left pane: the server draws it, this takes over what is new and what is gone without a flicker.

import { tellTimes } from './clock.js';

export const list = () => document.getElementById('list');
export const items = () => [...document.querySelectorAll('#list .item')];
export const item = (id) => document.getElementById('item-' + id);

const row = (link) => link.closest('li');

// The one after `id`, or before it at the end of the list.
export function neighbour(id, step = 1) {
  const all = items();
  const at = all.findIndex((one) => one.dataset.id === id);
  if (at < 0) return all[0]?.dataset.id;
  return (all[at + step] ?? null)?.dataset.id;
}

export function following(id) {
  return neighbour(id, 1) ?? neighbour(id, -1);
}

export function select(id) {
  for (const one of items()) {
    if (one.dataset.id === id) one.setAttribute('aria-current', 'true');
    else one.removeAttribute('aria-current');
  }
  item(id)?.scrollIntoView({ block: 'nearest' });
}

// Takes a comment out; the function it returns puts it back where it was.
export function takeOut(id) {
  const link = item(id);
  if (!link) return () => {};
  const gone = row(link);
  const next = gone.nextElementSibling;
  const parent = gone.parentElement;
  gone.remove();
  return () => {
    if (!item(id)) parent.insertBefore(gone, next?.parentElement === parent ? next : null);
  };
}

// The server counts to here, and says one more where there are more.
const COUNTED = 10000;

function total(waiting) {
  const words = new Intl.NumberFormat('en').format(Math.min(waiting, COUNTED));
  return waiting > COUNTED ? `more than ${words}` : words;
}

export function showNumbers(waiting, oldest) {
  const box = document.getElementById('numbers');
  const count = box.querySelector('b');
  const words = total(waiting);
  if (count.textContent !== words) count.textContent = words;
  count.dataset.count = waiting;
  document.title = `${words} waiting · Rejoinder`;
  let since = box.querySelector('.oldest');
  if (!oldest) return void since?.remove();
  if (!since) {
    since = document.createElement('span');
    since.className = 'oldest';
    since.append('oldest ', document.createElement('time'));
    box.append(since);
  }
  since.querySelector('time').dateTime = oldest;
  tellTimes(since);
}

export function countDown() {
  const now = Number(document.querySelector('#numbers b').dataset.count);
  showNumbers(now > COUNTED ? now : Math.max(0, now - 1), document.querySelector('#numbers time')?.dateTime);
}

// `fresh`: the list as the server has it now. `busy`: decided here, perhaps not yet there. `kept`: stays while it is open.
export function merge(fresh, busy, kept) {
  const incoming = fresh.querySelector('#list');
  const here = document.querySelector('#list .items');
  const wanted = [...incoming.querySelectorAll('.item')].filter((one) => !busy.has(one.dataset.id));
  const ids = new Set(wanted.map((one) => one.dataset.id));
  const whole = !incoming.querySelector('.more');
  for (const one of items()) {
    if (ids.has(one.dataset.id)) continue;
    if (one.dataset.id !== kept) row(one).remove();
    else if (whole) one.querySelector('.lease').textContent = 'Decided meanwhile';
  }
  let before = null;
  for (const one of wanted) {
    const known = item(one.dataset.id);
    if (!known) {
      one.removeAttribute('aria-current');
      here.insertBefore(row(one), before ? row(before).nextSibling : here.firstChild);
    } else {
      known.dataset.revision = one.dataset.revision;
      for (const name of ['.lease', '.chips']) {
        const [old, now] = [known.querySelector(name), one.querySelector(name)];
        if (old.innerHTML.trim() !== now.innerHTML.trim()) old.replaceChildren(...now.childNodes);
      }
    }
    before = item(one.dataset.id);
  }
  document.querySelector('#list .none')?.toggleAttribute('hidden', items().length > 0);
  showNumbers(Number(incoming.dataset.waiting), incoming.dataset.oldest);
  tellTimes(list());
}
