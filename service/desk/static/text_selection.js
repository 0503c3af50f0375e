// What was selected last in a comment's text goes into the field that asks for it: choosing the field ends a selection.

let selected = '';

document.addEventListener('selectionchange', () => {
  const selection = document.getSelection();
  const text = selection?.toString().trim() ?? '';
  const node = selection?.anchorNode;
  const element = node instanceof Element ? node : node?.parentElement;
  if (!text || !element) return;
  if (element.closest('#case .text, #case .words, #case-name')) selected = text;
});

document.addEventListener('toggle', (event) => {
  if (!event.target.open) {
    if (event.target.matches?.('.policy-word')) selected = '';
    return;
  }
  const field = event.target.querySelector?.('[data-from-selection]');
  if (field && selected) {
    field.value = selected;
    field.select();
  }
}, true);
