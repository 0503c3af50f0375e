// Calls to the service. A refusal carries the problem document; no answer at all is `Offline`.

import { t } from './words.js';

export class Refused extends Error {
  constructor(status, problem) {
    super(problem.detail || problem.title || t('The service refused this.'));
    this.status = status;
    this.problem = problem;
  }

  // Whether the session is over, or belongs to another sign-in than this page.
  get signedOut() {
    return this.status === 401 || this.problem.code === 'csrf';
  }

  // Whether the same may well be taken later.
  get passing() {
    return this.status >= 500 || this.status === 429 || this.status === 408;
  }
}

export class Offline extends Error {}

// A line that is cut sometimes just says nothing.
const PATIENCE = 20_000;

async function ask(path, options) {
  try {
    return await fetch(path, { credentials: 'same-origin', signal: AbortSignal.timeout(PATIENCE), ...options });
  } catch {
    throw new Offline(t('No connection.'));
  }
}

async function read(answer, how) {
  try {
    return await answer[how]();
  } catch (error) {
    if (error instanceof SyntaxError) return {};
    throw new Offline(t('The connection was cut.'));
  }
}

export async function call(method, path, body, { key, ...options } = {}) {
  const headers = { 'X-CSRF-Token': document.body.dataset.csrf ?? '' };
  if (body) headers['Content-Type'] = 'application/json';
  if (key) headers['Idempotency-Key'] = key;
  const answer = await ask('/api/v1/moderation' + path, { method, headers, body: body && JSON.stringify(body), ...options });
  if (answer.status === 204) return null;
  const said = await read(answer, 'json');
  if (!answer.ok) throw new Refused(answer.status, said);
  return said;
}

// The only text of which markup is made: what this service itself has drawn. Not every browser knows Trusted Types.
const drawn = globalThis.trustedTypes?.createPolicy('rejoinder-part', { createHTML: (text) => text });

// A part of a page, as the server draws it.
export async function part(path, name, options = {}) {
  const answer = await ask(path, { headers: { 'X-Part': name }, mode: 'same-origin', ...options });
  if (!answer.ok) throw new Refused(answer.status, await answer.json().catch(() => ({})));
  const box = document.createElement('template');
  const text = await read(answer, 'text');
  box.innerHTML = drawn ? drawn.createHTML(text) : text;
  return box.content;
}

let known = null; // { path, tag } of the last answer that the page shows as a whole
let asked = 0; // counts what makes an answer under way one that must not be gone by

// Small JSON beside a page; null where nothing has changed since it was last asked for.
export async function changed(path) {
  const headers = { 'X-Part': 'changes' };
  if (known?.path === path) headers['If-None-Match'] = known.tag;
  const at = asked;
  const answer = await ask(path, { headers, mode: 'same-origin', cache: 'no-store' });
  if (answer.status === 304) return null;
  if (!answer.ok) throw new Refused(answer.status, await answer.json().catch(() => ({})));
  const said = await read(answer, 'json');
  known = at === asked ? { path, tag: answer.headers.get('ETag') } : null;
  return said;
}

// What was answered is not what the page shows: the next answer is wanted whole.
export function forgetAnswers() {
  asked++;
  known = null;
}

// Sends a form of the pane; answered with the pane as it is afterwards.
export function send(form, submitter) {
  const fields = new URLSearchParams(new FormData(form));
  if (submitter?.name) fields.set(submitter.name, submitter.value);
  return part(submitter?.getAttribute('formaction') ?? form.getAttribute('action'), 'case', { method: 'POST', body: fields });
}
