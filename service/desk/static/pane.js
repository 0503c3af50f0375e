// The right pane: one comment as the server draws it, fetched ahead so that it is there when it is wanted.

import { part } from './calls.js';
import { tellTimes } from './clock.js';
import { placeNotes } from './margin.js';
import { caseNow, listQuery, right } from './page.js';

const MOST = 12;
const drawn = new Map(); // comment -> promise of its pane
let asRead = false; // whether a comment is shown as readers will see it, too

export function fetchPane(id) {
  if (!drawn.has(id)) {
    const asked = part('/moderate/case/' + id + '?' + listQuery(), 'case');
    drawn.set(id, asked);
    asked.catch(() => drawn.delete(id));
    if (drawn.size > MOST) drawn.delete(drawn.keys().next().value);
  }
  return drawn.get(id);
}

export const forgetPane = (id) => drawn.delete(id);

// Which control had the focus: after the pane is exchanged it has it again.
function focused() {
  if (!right.contains(document.activeElement)) return null;
  const { value } = document.activeElement;
  return ['approve', 'spam', 'pending', 'keep'].includes(value) ? `.bar [value=${value}]` : '#case';
}

export function put(found) {
  const place = focused();
  right.replaceChildren(found);
  settlePane();
  if (place) (right.querySelector(place) ?? caseNow() ?? right).focus({ preventScroll: true });
}

export function settlePane() {
  showAsRead(asRead);
  tellTimes(right);
  placeNotes(right);
}

// As typed, with the rules' marks, or below that also as a page will show it; it stays so from comment to comment.
export function showAsRead(open) {
  asRead = open;
  const box = right.querySelector('.as-read');
  if (box) box.open = open;
}

export const toggleAsRead = () => showAsRead(!right.querySelector('.as-read')?.open);

export function reasons(open) {
  const box = right.querySelector('.reject');
  if (!box) return;
  box.open = open;
  if (open) box.querySelector('.reasons button')?.focus();
  else if (box.contains(document.activeElement)) box.querySelector('summary').focus();
}

// In place of a comment that cannot be fetched.
export function putNotice(text) {
  const box = document.createElement('div');
  box.className = 'empty';
  box.append(Object.assign(document.createElement('p'), { textContent: text }));
  put(box);
}

document.addEventListener('toggle', (event) => { if (event.target.matches('.as-read')) asRead = event.target.open; }, true);
addEventListener('resize', () => placeNotes(right));
