// What outlives this page: for the tab (`session`) or for the browser (`local`). Without storage it lasts as long as the
// page. No text, no name and no address of anybody is kept: ids, actions and switches.

const lost = new Map();

function area(kind) {
  try {
    return kind === 'local' ? localStorage : sessionStorage;
  } catch {
    return null; // The browser keeps nothing for this site.
  }
}

export function recall(name, otherwise, kind = 'session') {
  try {
    const found = area(kind)?.getItem('rejoinder-' + name) ?? lost.get(name);
    return found === undefined || found === null ? otherwise : JSON.parse(found);
  } catch {
    return otherwise;
  }
}

export function keep(name, value, kind = 'session') {
  const text = JSON.stringify(value);
  lost.set(name, text);
  try {
    area(kind)?.setItem('rejoinder-' + name, text);
  } catch { /* Full or closed: it lasts as long as this page. */ }
}

export function drop(name, kind = 'session') {
  lost.delete(name);
  try {
    area(kind)?.removeItem('rejoinder-' + name);
  } catch { /* Then it was not kept either. */ }
}

// The names that something is kept under and that begin so.
export function keptUnder(beginning, kind = 'session') {
  try {
    const whole = 'rejoinder-' + beginning;
    return Object.keys(area(kind) ?? {}).filter((name) => name.startsWith(whole)).map((name) => name.slice('rejoinder-'.length));
  } catch {
    return [];
  }
}
