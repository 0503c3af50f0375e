// What was selected last in a comment's text goes into the field that asks for it: choosing the field ends a selection.

let selected = { id: '', words: '' };
const openCase = () => document.getElementById('case')?.dataset.id;

function remember() {
  const selection = document.getSelection();
  const words = selection?.toString().trim() ?? '';
  const node = selection?.anchorNode;
  const element = node instanceof Element ? node : node?.parentElement;
  if (!words || !element) return;
  if (element.closest('#case .text, #case .words, #case-name')) selected = { id: openCase(), words };
}

// A busy browser tells of a selection with its next frame: a key or a click may come before.
for (const event of ['selectionchange', 'keydown', 'pointerdown']) document.addEventListener(event, remember, true);

document.addEventListener('toggle', (event) => {
  if (!event.target.open) {
    if (event.target.matches?.('.policy-word')) selected = { id: '', words: '' };
    return;
  }
  const field = event.target.querySelector?.('[data-from-selection]');
  if (field && selected.words && selected.id === openCase()) {
    field.value = selected.words;
    field.select();
  }
}, true);
