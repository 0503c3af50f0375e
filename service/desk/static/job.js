// A job's progress, without loading the page again; once it has ended, the page with what came of it.

import { part } from './calls.js';

const SOON = 1000;
const LATER = 10000;

const shown = document.getElementById('running');
let wait = SOON;

async function look() {
  try {
    const found = await part(shown.dataset.from, 'progress');
    if (found.querySelector('[data-ended]')) {
      location.reload();
      return;
    }
    // Only what differs: a screen reader need not hear all of it again.
    const bar = shown.querySelector('progress');
    const now = found.querySelector('progress');
    if (now.hasAttribute('value')) {
      bar.max = now.max;
      bar.value = now.value;
    }
    const [label, said] = [shown.querySelector('label'), found.querySelector('label').textContent];
    if (label.textContent !== said) label.textContent = said;
    wait = SOON;
  } catch {
    // No connection, or the service is busy: it is asked again, less often.
    wait = Math.min(wait * 2, LATER);
  }
  setTimeout(look, wait);
}

if (shown) setTimeout(look, wait);
