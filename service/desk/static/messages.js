// The page's one place for messages: a short stack, each with its own way out. A message with the same key takes the
// place of the one before; no other message and no refresh removes one.

import { $ } from './page.js';
import { t } from './words.js';

const shown = new Map(); // key -> element
let count = 0;

// Shows a message and returns its key. `grave`: said at once by a screen reader. `actions`: [label, what it does] each;
// `link`: [label, address].
export function tell(text, { key = 'message-' + ++count, grave = false, actions = [], link } = {}) {
  withdraw(key);
  const line = document.createElement('p');
  line.className = grave ? 'notice error' : 'notice';
  line.append(Object.assign(document.createElement('span'), { textContent: text }));
  if (link) line.append(Object.assign(document.createElement('a'), { textContent: link[0], href: link[1] }));
  for (const [label, act] of actions) {
    const button = Object.assign(document.createElement('button'), { type: 'button', textContent: label });
    button.addEventListener('click', () => { withdraw(key); act(); });
    line.append(button);
  }
  line.append(dismissal(() => withdraw(key)));
  shown.set(key, line);
  $(grave ? 'trouble' : 'said').append(line);
  return key;
}

export function withdraw(key) {
  const line = shown.get(key);
  if (!line) return;
  if (line.contains(document.activeElement)) ($('case') ?? $('right')).focus();
  line.remove();
  shown.delete(key);
}

function dismissal(act) {
  const button = Object.assign(document.createElement('button'), { type: 'button', className: 'quiet dismiss', textContent: '×' });
  button.setAttribute('aria-label', t('Dismiss this message'));
  button.addEventListener('click', act);
  return button;
}

// What the server wrote into the page can be dismissed too.
for (const line of document.querySelectorAll('#trouble .notice, #said .notice')) {
  line.append(dismissal(() => line.remove()));
}
