// While a comment is open here, other moderators see who looks at it. Courtesy only: deciding works without.

import { call } from './calls.js';

const RENEW = 120_000;
let held = null;

async function take({ id, site }) {
  try {
    const { leases } = await call('POST', '/leases', { site, comment_ids: [id], limit: 1 });
    return leases.length > 0;
  } catch {
    return true; // Without leases there is nobody to step aside for.
  }
}

// Resolves to false when somebody else holds it.
export async function hold(comment) {
  if (held?.id !== comment.id) letGo();
  held = comment;
  return take(comment);
}

export function letGo(options) {
  if (held) call('DELETE', '/leases/' + held.id + '?only=mine', undefined, options).catch(() => {});
  held = null;
}

// Decided comments are nobody's any more.
export function forget(id) {
  if (held?.id === id) held = null;
}

setInterval(() => { if (held && !document.hidden) take(held); }, RENEW);
addEventListener('pagehide', () => letGo({ keepalive: true }));
