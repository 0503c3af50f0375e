// What can be taken back, the last one last: kept for this tab, so that it can be after a reload too. Ids and actions.

import { keep, recall } from './memory.js';
import { page } from './page.js';

const MOST = 20;
const kept = recall('undos', null);
let stack = kept?.actor === page.actor ? kept.stack : [];

export function saveUndos() {
  stack = stack.slice(-MOST);
  keep('undos', { actor: page.actor, stack });
}

// `made`: { action, comments, keys, decisions } of decisions, or { action, job, count } of a job.
export function remember(made) {
  stack.push(made);
  saveUndos();
  return made;
}

export function last() {
  return stack.at(-1);
}

export function takeLast() {
  const made = stack.pop();
  saveUndos();
  return made;
}

export function forgetUndo(made) {
  stack = stack.filter((one) => one !== made);
  saveUndos();
}

// What the entry of the outbox belongs to.
export function madeBy(key, others = []) {
  return [...stack, ...others].find((made) => made.keys?.includes(key));
}
