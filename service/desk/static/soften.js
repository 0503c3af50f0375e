// Severe text is softened until z is held, by each moderator's choice. The browser keeps the choice.

import { keep, recall } from './memory.js';
import { $ } from './page.js';

const body = document.body;

function show(on) {
  body.classList.toggle('softened', on);
}

export function showSevere(on) {
  body.classList.toggle('as-typed', on);
}

export function watchSoftening() {
  const box = $('soften');
  box.checked = recall('soften', false, 'local') === true;
  show(box.checked);
  box.addEventListener('change', () => {
    keep('soften', box.checked, 'local');
    show(box.checked);
  });
  addEventListener('keyup', (event) => { if (event.key.toLowerCase() === 'z' || event.code === 'KeyZ') showSevere(false); });
  addEventListener('blur', () => showSevere(false));
  // By touch or mouse: pressed upon.
  document.addEventListener('pointerdown', (event) => { if (event.target.closest('[data-severe=yes] .text')) showSevere(true); });
  for (const name of ['pointerup', 'pointercancel']) document.addEventListener(name, () => showSevere(false));
}
