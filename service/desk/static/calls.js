// Calls to the service. A refusal carries the problem document; no answer at all is `Offline`.

export class Refused extends Error {
  constructor(status, problem) {
    super(problem.detail || problem.title || 'The service refused this.');
    this.status = status;
    this.problem = problem;
  }
}

export class Offline extends Error {}

async function ask(path, options) {
  try {
    return await fetch(path, { credentials: 'same-origin', ...options });
  } catch {
    throw new Offline('No connection.');
  }
}

export async function call(method, path, body, options = {}) {
  const headers = { 'X-CSRF-Token': document.body.dataset.csrf ?? '' };
  if (body) headers['Content-Type'] = 'application/json';
  const answer = await ask('/api/v1/moderation' + path, {
    method, headers, body: body && JSON.stringify(body), ...options,
  });
  if (answer.status === 204) return null;
  const said = await answer.json().catch(() => ({}));
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
  const text = await answer.text();
  box.innerHTML = drawn ? drawn.createHTML(text) : text;
  return box.content;
}

// Sends a form of the pane; answered with the pane as it is afterwards.
export function send(form, submitter) {
  const fields = new URLSearchParams(new FormData(form));
  if (submitter?.name) fields.set(submitter.name, submitter.value);
  return part(submitter?.getAttribute('formaction') ?? form.getAttribute('action'), 'case', { method: 'POST', body: fields });
}
