// The form: one for the whole thread, moved under a comment to reply to it, so there is one draft and it goes along.

const PROMISE = 'Your e-mail address will not be published.';
const STALE = 36e5;

// `{site, thread, path, page, locale, signal}` is the element's; `page()` says where it stands; `sent(comment)` gets what was
// accepted, `known()` the receipt that proves a returning writer.
const makeForm = ({ site, thread, path, page, locale, signal }, sent, known) => {
  const stored = memory(site, thread, 'draft');
  const inputs = Object.create(null);
  const home = h('div');
  const title = h('h3');
  const note = h('p', { role: 'status' });
  const left = h('small');
  const button = h('button', { class: 'send' }, 'Send comment');
  const cancel = quiet('Cancel reply', () => {
    const { article } = at;
    under();
    keep();
    article.lastChild.focus();
  });
  const box = h('input', { type: 'checkbox' });
  let draft = stored() ?? {};
  let most;
  let token;
  let issued;
  let parent;
  let at;
  let busy;
  let timer;
  let tries = 0;
  let offered;

  // Answers {open, fields} and keeps the token, which says when the form was fetched.
  const load = async () => {
    // The comments are drawn with the form: they do not wait for long.
    const answer = await call(`${path}form?${new URLSearchParams({ thread })}`, { signal: AbortSignal.timeout(8e3) });
    token = answer.token;
    issued = Date.now();
    return answer;
  };

  const typed = () => Object.fromEntries(new FormData(node));

  // The draft outlives the page; the e-mail address is never in it. Nothing is stored before something is typed.
  const keep = () => {
    const { email, ...rest } = typed();
    draft = { ...rest, parent, attempt: draft.attempt };
    stored(draft);
    count();
  };

  const count = () => {
    const room = most - [...inputs.body.value].length;
    left.textContent = room < most / 5 ? room.toLocaleString(locale) + ' characters left' : '';
    left.className = room < 0 ? 'error' : 'soft';
  };

  const tell = (text) => note.textContent = text;

  const rest = () => {
    clearTimeout(timer);
    tell();
  };

  // Moves the form under a comment, or home.
  const under = (comment, item) => {
    parent = comment?.id;
    at = item;
    title.replaceChildren(...(comment ? ['Reply to ', h('bdi', null, comment.author.name)] : ['Write a comment']));
    cancel.hidden = !comment;
    if (comment) item.article.after(node);
    else home.append(node);
  };

  // Says what is wrong with a field, or that nothing is known to be.
  const mark = (key, message) => {
    inputs[key].ariaInvalid = message && true;
    inputs[key].parentNode.lastChild.textContent = message;
  };

  // Shows what is wrong by the fields and goes to the first.
  const wrong = (errors) => {
    for (const key in inputs) mark(key, errors.find(({ field }) => field === key)?.message);
    tell(errors.filter(({ field }) => !inputs[field]).map(({ message }) => message).join(' '));
    inputs[errors.find(({ field }) => inputs[field])?.field]?.focus();
  };

  // The same text keeps its key, token, receipt and page over retries and reloads: however often it is sent, it arrives once.
  const request = () => {
    const { email, ...rest } = { thread, parent_id: parent, ...typed() };
    const print = JSON.stringify(rest);
    if (draft.attempt?.print !== print) {
      draft.attempt = { print, key: crypto.getRandomValues(new Uint8Array(16)).join('-'), proof: { token, earlier_receipt: known(), ...page() } };
      keep();
    }
    return { ...rest, email, ...draft.attempt.proof, confirm: box.checked, offer_correction: email !== offered };
  };

  const submit = async () => {
    if (busy || signal.aborted) return;
    rest();
    wrong([]);
    busy = true;
    button.textContent = 'Sending…';
    const body = request();
    try {
      const { id, receipt, receipt_url } = await call(path + 'comments', {
        method: 'POST', headers: { 'Content-Type': 'application/json', 'Idempotency-Key': draft.attempt.key }, body: JSON.stringify(body),
      });
      inputs.body.value = '';
      draft = {};
      tries = 0;
      under();
      keep();
      load().catch(() => 0);
      sent({ id, receipt, url: receipt_url, name: body.name, body: body.body, parent: body.parent_id, at: Date.now() });
    } catch (problem) {
      failed(problem);
    }
    busy = false;
    button.textContent = 'Send comment';
  };

  const failed = ({ status, wait, code, detail, title, errors, suggestion }) => {
    if (errors) {
      // Nothing was taken: the page is looked at again as well.
      draft.attempt = null;
      wrong(errors);
      // A likely slip is offered once for each address: sent again as it is, it counts as meant.
      const { email } = inputs;
      offered = email.value;
      if (suggestion) email.parentNode.lastChild.append(' ', quiet('Use ' + suggestion, () => {
        email.value = offered.replace(/[^@]*$/, suggestion);
        wrong([]);
      }));
      return;
    }
    if (status === 429) tell(`That was a lot in a short time. Please send this comment again in ${wait || 30} seconds.`);
    else if ((status || 500) > 499 && tries++ < 9) {
      // Sending by itself is safe: the key is the same.
      tell(`The comment service cannot be reached. Your comment is kept here and will be sent again in ${wait ||= 5 * tries} seconds.`);
      timer = setTimeout(submit, wait * 1e3);
    } else tell(detail || title || 'Your comment is kept here; it could not be sent. Please try again.');
    if (/idempotency/.test(code)) draft.attempt = null;
  };

  const field = (key, label, properties, hint = '') => {
    inputs[key] = h(key === 'body' ? 'textarea' : 'input', { id: key, name: key, dir: 'auto', 'aria-describedby': `${key}-hint ${key}-error`, ...properties, input: () => mark(key) });
    inputs[key].value = draft[key] ?? '';
    return h('p', { class: key }, h('label', { for: key }, label), inputs[key],
      h('small', { id: key + '-hint', class: 'soft' }, hint), h('small', { id: key + '-error', class: 'error' }));
  };

  const draw = ({ website, body, confirm, honeypot }) => {
    most = body?.max ?? 5000;
    node.replaceChildren(...[
      title,
      field('name', 'Name', { required: true, autocomplete: 'name' }),
      field('email', 'E-mail', { required: true, type: 'email', autocomplete: 'email' }, PROMISE),
      website && field('website', 'Website (optional)', { type: 'url', autocomplete: 'url' }),
      field('body', 'Comment', { required: true, rows: 5 }),
      h('p', { class: 'away', 'aria-hidden': 'true' },
        h('label', null, 'Leave this empty', h('input', { name: honeypot, tabindex: -1, autocomplete: 'off' }))),
      confirm && h('label', { class: 'check' }, box, 'E-mail me a link to confirm that it was me'),
      h('p', { class: 'act' }, button, cancel, left),
      note,
    ].filter(Boolean));
    under();
    count();
  };

  // Outside of a shadow root nobody sees that somebody types: a page's own keys, as arrows for the next article, stay out.
  const shield = (event) => event.ctrlKey || event.metaKey || /Tab|Esc/.test(event.key) || event.stopPropagation();

  const node = h('form', {
    novalidate: true,
    keydown: shield,
    keypress: shield,
    keyup: shield,
    input() {
      rest();
      keep();
    },
    submit(event) {
      event.preventDefault();
      submit();
    },
  });
  // A page may lie open for hours: the token is fetched anew when the writing begins, so it is neither stale nor too young.
  node.addEventListener('focusin', () => Date.now() - issued > STALE && load().catch(() => 0));

  return { node, home, load, draw, under, parent: draft.parent, focus: () => inputs.body.focus() };
};
