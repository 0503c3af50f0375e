// The forms of tools.html: saved replies fill them, and a selection says which passage is removed.

// Code points of a text's first UTF-16 units: what the service counts in.
const points = (text, units) => [...text.slice(0, units)].length;

// What was last selected where the text is read, and in which comment: a click on the tool ends the selection itself.
let read = { id: '', words: '' };
const openCase = () => document.getElementById('case')?.dataset.id;
function remember() {
  const selection = document.getSelection();
  if (!document.querySelector('#case .reading .text')?.contains(selection.anchorNode)) return;
  read = { id: openCase(), words: selection.isCollapsed ? '' : selection.toString().trim() };
}

// A busy browser tells of a selection with its next frame: a key or a click may come before.
for (const event of ['selectionchange', 'keydown', 'pointerdown']) document.addEventListener(event, remember, true);

// Where those words stand, if they do so once: nobody has to select them again.
function selectedBefore(text) {
  const at = read.words && read.id === openCase() ? text.indexOf(read.words) : -1;
  return at >= 0 && text.indexOf(read.words, at + 1) < 0 ? [at, at + read.words.length] : null;
}

function take(form, [from, to]) {
  const source = form.querySelector('#redact-source');
  const text = source.value;
  form.elements.start.value = points(text, from);
  form.elements.end.value = points(text, to);
  form.elements.passage.value = text.slice(from, to);
}

document.addEventListener('select', (event) => {
  const { target } = event;
  if (target.id === 'redact-source' && target.selectionStart < target.selectionEnd) take(target.form, [target.selectionStart, target.selectionEnd]);
});

// Written by hand, the passage is looked for; what was selected before does not count any more.
document.addEventListener('input', ({ target }) => {
  if (target.id === 'redact-passage') target.form.elements.start.value = target.form.elements.end.value = '';
});

document.addEventListener('toggle', ({ target }) => {
  const form = target.open && target.querySelector?.('form.redact');
  if (!form) return;
  const found = selectedBefore(form.querySelector('#redact-source').value);
  if (found) take(form, found);
}, true);

document.addEventListener('change', ({ target }) => {
  const field = target.dataset?.fills && document.getElementById(target.dataset.fills);
  if (!field) return;
  const words = target.selectedOptions[0]?.dataset.text ?? '';
  if (!words) return;
  field.value = field.value.trim() ? `${field.value.trimEnd()}\n\n${words}` : words;
  target.value = '';
  field.focus();
});
