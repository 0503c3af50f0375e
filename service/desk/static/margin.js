// Puts each note beside the words it is about. Without this they stand in a list, which reads as well.

const GAP = 12;

export function placeNotes(root) {
  const notes = root.querySelector('.notes');
  const list = notes?.querySelector('ol');
  const reading = root.querySelector('.reading');
  if (!list) return;
  notes.classList.remove('placed');
  list.style.height = '';
  if (getComputedStyle(reading).display !== 'grid') return;
  notes.classList.add('placed');
  const top = list.getBoundingClientRect().top;
  let free = 0;
  for (const note of list.children) {
    // What is marked in the name or the website stands above or below: its note has no line of its own here.
    const mark = note.dataset.n && reading.querySelector('#mark-' + note.dataset.n);
    const wanted = mark ? mark.getBoundingClientRect().top - top : free;
    note.style.top = Math.max(free, wanted) + 'px';
    free = Math.max(free, wanted) + note.offsetHeight + GAP;
  }
  list.style.height = free + 'px';
}

// A note under the pointer or with the focus lights up its words.
export function lightMarks(root) {
  // What unfolds in a note pushes those below it down.
  root.addEventListener('toggle', (event) => { if (event.target.closest('.notes')) placeNotes(root); }, true);
  const light = (event) => {
    const note = event.target.closest?.('.notes li[data-n]');
    for (const mark of root.querySelectorAll('mark')) {
      const about = mark.dataset.notes.split(' ');
      mark.classList.toggle('lit', Boolean(note) && about.includes('note-' + note.dataset.n));
    }
  };
  root.addEventListener('pointerover', light);
  root.addEventListener('focusin', light);
}
