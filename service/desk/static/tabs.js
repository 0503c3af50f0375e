// Other tabs of this browser in which the same moderator works: a lease is a person's, so what one tab lets go of, another
// may still be looking at. Each tab says what it holds, until when; ids alone, and nothing once it is gone.

import { drop, keep, keptUnder, recall } from './memory.js';
import { page } from './page.js';

const PREFIX = 'held-';
const own = PREFIX + (crypto.randomUUID?.() ?? String(Math.random()).slice(2));

// `held`: comment -> when its lease ends, in milliseconds.
export function publish(held) {
  if (held.size) keep(own, { actor: page.actor, held: [...held] }, 'local');
  else drop(own, 'local');
}

// The comments that other tabs hold. What a tab has left behind that ended in the middle goes with its last lease.
export function heldElsewhere() {
  const found = new Set();
  for (const name of keptUnder(PREFIX, 'local')) {
    if (name === own) continue;
    const said = recall(name, null, 'local');
    const live = (said?.held ?? []).filter(([, until]) => until > Date.now());
    if (!live.length) drop(name, 'local');
    else if (said.actor === page.actor) for (const [id] of live) found.add(id);
  }
  return found;
}
