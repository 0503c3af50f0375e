// What the single keys do. Keys pressed while a comment is on its way wait for it: they are meant for its line.

import { undo, decide } from './decide.js';
import { decideSelected } from './bulk.js';
import { keyOf } from './keys.js';
import { tell, withdraw } from './messages.js';
import { recall, keep } from './memory.js';
import { $, narrow, page, right } from './page.js';
import { reasons, toggleAsRead } from './pane.js';
import { clear, range, selected, toggle } from './selection.js';
import { showSevere } from './soften.js';
import { backToList, current, isThere, isUnderWay, move, whenThere } from './walk.js';
import { t } from './words.js';

const TYPED_AHEAD = 12;
// The pane's folded forms, while they are open.
const UNFOLDED = '#case details:is(.tool, .ban, .wrong)[open]';
let typed = [];

const orSelected = (action) => () => (selected().length ? decideSelected(action) : decide(action));

const KEYS = {
  a: orSelected('approve'),
  s: orSelected('spam'),
  r: () => reasons(!right.querySelector('.reject')?.open),
  j: () => move(1),
  k: () => move(-1),
  u: undo,
  v: toggleAsRead,
  x: () => toggle(current()),
  X: () => range(current()),
  z: () => showSevere(true),
  '/': () => $('q').focus(),
  '?': () => $('help').showModal(),
  Escape: () => {
    if (right.querySelector('.reject')?.open) reasons(false);
    else if (fold(right.querySelector(UNFOLDED))) return;
    else if (selected().length) clear();
    else if (narrow() && page.view === 'case') backToList();
  },
};
// They need no comment in the pane.
const ANYTIME = new Set(['u', 'x', 'X', 'z', '/', '?', 'Escape']);

// Whether a key waits for the comment that is on its way; an undo only behind what it may be meant to take back.
function hasToWait(key) {
  if (!isUnderWay()) return false;
  if (ANYTIME.has(key)) return key === 'u' && typed.length > 0;
  return typed.length > 0 || !'jk'.includes(key);
}

// What a key stands for is clicked; what unfolds by it begins with its first field.
function press(control) {
  control.click();
  const folded = control.closest('details');
  if (control.matches('summary') && folded.open) {
    folded.scrollIntoView({ block: 'nearest' });
    folded.querySelector('input:not([type=hidden]), textarea, select, button, .unreachable')?.focus();
  }
}

// What was typed there stays.
function fold(box) {
  if (!box) return false;
  const inside = box.contains(document.activeElement);
  box.open = false;
  if (inside) box.querySelector('summary').focus();
  return true;
}

function meaning(key) {
  const chosen = right.querySelector(`.reject[open] [data-key="${CSS.escape(key)}"]`);
  if (chosen) return () => press(chosen);
  if (selected().length && 'as'.includes(key)) return KEYS[key];
  const control = right.querySelector(`[data-shortcut="${CSS.escape(key)}"]:not(:disabled)`);
  return control ? () => press(control) : KEYS[key];
}

// A key that `?` lists, and that this comment has no use for: whoever goes on typing should know.
function meaningless(key) {
  const listed = [...$('help').querySelectorAll('kbd')].some((one) => one.textContent === key);
  return listed && isThere() ? () => tell(t('%(key)s does nothing for this comment.', { key }), { key: 'typed' }) : undefined;
}

function onKey(event) {
  const key = keyOf(event);
  if (!key || document.querySelector('dialog[open]')) return;
  if (event.target.isContentEditable || event.target.matches('input:not([type=checkbox]), textarea, select')) {
    if (key === 'Escape' && !fold(event.target.closest(UNFOLDED))) event.target.blur();
    return;
  }
  if (!$('keys-on').checked && key !== 'Escape') return;
  if (hasToWait(key)) {
    if (event.repeat || !/^[!-~]$/.test(key)) return;
    event.preventDefault();
    if (typed.length < TYPED_AHEAD) typed.push(key);
    return;
  }
  const act = meaning(key) ?? meaningless(key);
  if (!act || (event.repeat && !'jkz'.includes(key))) return;
  event.preventDefault();
  if (key === 'z' && event.repeat) return;
  act();
}

// The comment is there: what was typed for it is done, one key after another.
function catchUp(there) {
  if (!there) {
    const lost = typed.filter((key) => !ANYTIME.has(key));
    typed = [];
    if (lost.length) tell(t('What you typed meanwhile (%(keys)s) was not done: the comment could not be shown.', { keys: lost.join(' ') }), { key: 'typed', grave: true });
    return;
  }
  withdraw('typed');
  while (typed.length && (isThere() || ANYTIME.has(typed[0]))) {
    meaning(typed.shift())?.();
    // A form has unfolded: what came after its key was meant for its field.
    if (document.activeElement?.matches('input:not([type=checkbox]), textarea, select')) typed = [];
  }
  if (typed.length && !isUnderWay()) typed = [];
}

// Somebody went elsewhere with the mouse: what was typed was not meant for that.
export function forgetTyped() {
  typed = [];
}

export function watchKeys() {
  document.addEventListener('keydown', onKey);
  whenThere(catchUp);
  $('keys-on').checked = recall('keys', 'on', 'local') !== 'off';
  $('keys-on').addEventListener('change', (event) => keep('keys', event.target.checked ? 'on' : 'off', 'local'));
  $('help-button').hidden = false;
  $('help-button').addEventListener('click', () => $('help').showModal());
}
