// Comments picked out of the list, to be decided together: x one, Shift and x (or a click) a range.

import * as list from './list.js';
import * as outbox from './outbox.js';
import { $ } from './page.js';
import { nt, t } from './words.js';

const picked = new Set();
let anchor = null;
let act = {};

export const selected = () => list.items().map((one) => one.dataset.id).filter((id) => picked.has(id));

// `decide(action, reason)`: what the bar's buttons do; `everything()`: what "all that match" does, if it can be asked for.
export function watchSelection(acts) {
  act = acts;
  list.list().addEventListener('change', (event) => {
    if (event.target.matches('.pick')) set(event.target.dataset.id, event.target.checked);
  });
  new MutationObserver(adopt).observe(document.querySelector('#list .items'), { childList: true, subtree: true });
  adopt();
}

// Each line gets its box.
function adopt() {
  for (const one of list.all()) {
    if (one.parentElement.querySelector('.pick')) continue;
    const box = Object.assign(document.createElement('input'), { type: 'checkbox', className: 'pick' });
    box.dataset.id = one.dataset.id;
    box.setAttribute('aria-label', t('Select the comment by %(name)s', { name: list.name(one.dataset.id) }));
    box.checked = picked.has(one.dataset.id);
    one.before(box);
  }
  draw();
}

function set(id, on) {
  if (on) picked.add(id);
  else picked.delete(id);
  anchor = id;
  draw();
}

export function toggle(id) {
  if (id && list.item(id)) set(id, !picked.has(id));
}

export function range(id) {
  const ids = list.items().map((one) => one.dataset.id);
  const [from, to] = [ids.indexOf(anchor ?? ids[0]), ids.indexOf(id)].sort((a, b) => a - b);
  if (from < 0) return toggle(id);
  for (const one of ids.slice(from, to + 1)) picked.add(one);
  draw();
}

export function clear() {
  picked.clear();
  anchor = null;
  draw();
}

let loading = false;

// All of this list, page by page, as many as go in one go.
export async function selectLoaded(most = 500) {
  if (loading) return;
  loading = true;
  draw();
  try {
    while (list.items().length < most && (await list.loadMore()));
  } catch { /* What is here can be selected all the same. */ }
  loading = false;
  for (const one of list.items().slice(0, most)) picked.add(one.dataset.id);
  draw();
}

export function draw() {
  for (const id of picked) if (!list.item(id) || outbox.hides(id)) picked.delete(id);
  for (const box of document.querySelectorAll('#list .pick')) {
    box.checked = picked.has(box.dataset.id);
    box.closest('li').classList.toggle('picked', box.checked);
  }
  list.list().classList.toggle('picking', picked.size > 0);
  const bar = $('bulk');
  if (!picked.size) {
    if (bar.contains(document.activeElement)) $('case')?.focus();
    bar.hidden = true;
    return;
  }
  if (bar.hidden || !bar.childElementCount) build(bar);
  offerReasons(bar);
  bar.querySelector('.count').textContent = loading ? t('Selecting…') : nt('%(num)s selected', '%(num)s selected', selected().length);
}

// Why a selection can be rejected: what each of its sites knows. What another site calls so would be refused there.
function offerReasons(bar) {
  const known = JSON.parse(bar.dataset.reasons || '{}');
  const sites = [...new Set(selected().map((id) => list.item(id).dataset.site))].sort();
  const choice = bar.querySelector('select');
  if (choice.dataset.of === sites.join(' ')) return;
  choice.dataset.of = sites.join(' ');
  const [first = [], ...others] = sites.map((site) => known[site] ?? known[''] ?? []);
  const common = first.filter(([code]) => others.every((reasons) => reasons.some(([other]) => other === code)));
  const chosen = choice.value;
  choice.replaceChildren(new Option(t('Another reason'), ''), ...common.map(([code, label]) => new Option(label, code)));
  choice.value = common.some(([code]) => code === chosen) ? chosen : '';
  bar.querySelector('.fewer').hidden = [first, ...others].every((reasons) => reasons.length === common.length);
}

function build(bar) {
  const count = Object.assign(document.createElement('p'), { className: 'count' });
  const reason = document.createElement('select');
  reason.setAttribute('aria-label', t('Reason for rejecting'));
  const fewer = Object.assign(document.createElement('p'), { className: 'fewer small soft', hidden: true });
  fewer.textContent = t('Only reasons that all of their sites have can be chosen.');
  const row = Object.assign(document.createElement('div'), { className: 'row' });
  row.append(
    button(t('Approve'), 'a', () => act.decide('approve')),
    button(t('Spam'), 's', () => act.decide('spam')),
    button(t('Reject'), '', () => act.decide('reject', reason.value)),
    reason,
  );
  const more = Object.assign(document.createElement('div'), { className: 'row' });
  more.append(button(t('Select up to 500'), '', () => selectLoaded()));
  if (act.everything) more.append(button(t('All that match…'), '', act.everything));
  more.append(button(t('Clear'), 'Esc', clear));
  bar.replaceChildren(count, row, fewer, more);
  bar.hidden = false;
}

function button(label, key, does) {
  const made = Object.assign(document.createElement('button'), { type: 'button' });
  made.append(label);
  if (key) made.append(' ', Object.assign(document.createElement('kbd'), { textContent: key }));
  made.addEventListener('click', does);
  return made;
}
