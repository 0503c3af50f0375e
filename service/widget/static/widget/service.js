// The way to the service, to the widget's parts, and to the browser's memory.

const API = new URL('api/v1/', import.meta.url);

// Throws {status, wait, code, detail, errors}: a problem document, or status 0 when no answer came at all.
// `no-cache` asks with the ETag the browser holds: an unchanged list costs a 304 and no preflight.
const call = async (path, options) => {
  const answer = await fetch(new URL(path, API), {
    cache: 'no-cache', signal: AbortSignal.timeout(2e4), ...options,
  }).catch(() => ({}));
  const data = await answer.json?.().catch(() => 0);
  if (answer.ok && data) return data;
  throw { ...data, status: answer.ok ? 0 : answer.status, wait: +answer.headers?.get('Retry-After') };
};

// What a part exports. Browsers may remember that an import failed: what is asked for after that has another address.
let again = '';
const part = (name) => import(`./parts/${PARTS}/${name}.js${again}`).then((found) => found.default, (problem) => {
  again = '?' + Date.now();
  throw problem;
});

// Answers what is remembered, after `value` where there is one; null forgets. Storage can be full, blocked or absent (private windows, sandboxed frames), or not wanted: then it lasts as long as the page.
const memory = (kept, ...place) => {
  const name = ['rejoinder', API.host, ...place].join(' ');
  let held;
  return (value) => {
    if (value !== undefined) held = value;
    try {
      if (kept) {
        if (value) localStorage[name] = JSON.stringify(value);
        else if (value === null) delete localStorage[name];
        held = JSON.parse(localStorage[name]);
      }
    } catch {
      // As long as the page, then.
    }
    return held;
  };
};
