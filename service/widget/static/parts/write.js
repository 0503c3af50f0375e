// What the form does: keeps the draft, sends, says what is wrong. `begin(here, form)` answers what each event of the form
// leads to. Its fields may be drawn and typed in before this part has come.

const STALE = 36e5;

export default (here, form) => {
  const { call, h, memory, page, path, quiet, signal, t, thread } = here;
  const { inputs, node } = form;
  const stored = here.memory('draft');
  let draft = stored() ?? {};
  let busy;
  let timer;
  let tries = 0;
  let offered;

  form.parent ??= draft.parent;

  // A box that stands for something says what, when it is ticked.
  const boxes = () => Object.fromEntries([...node.querySelectorAll('[type=checkbox]')].map((box) =>
    [box.name, box.checked ? box.value === 'on' || box.value : undefined]));

  // What stands in the form's fields; boxes are no part of a text.
  const typed = () => {
    const found = Object.fromEntries(new FormData(node));
    for (const name in boxes()) delete found[name];
    return found;
  };

  // The draft outlives the page; the e-mail address is never in it. Nothing is stored before something is typed.
  const keep = () => {
    const { email, ...rest } = typed();
    draft = { ...rest, parent: form.parent, attempt: draft.attempt };
    stored(draft);
    count();
  };

  const count = () => {
    const most = form.fields.body?.max ?? 5000;
    const room = most - [...inputs.body.value].length;
    form.left.textContent = room < most / 5 ? t('{n} character left|{n} characters left', { n: room }) : '';
    form.left.className = room < 0 ? 'error' : 'soft';
  };

  const rest = () => {
    clearTimeout(timer);
    form.tell('');
  };

  // Says what is wrong with a field, or that nothing is known to be.
  const mark = (key, message) => {
    inputs[key].ariaInvalid = message && true;
    node.querySelector(`#${key}-error`).textContent = message;
  };

  // Shows what is wrong by the fields and goes to the first.
  const wrong = (errors) => {
    for (const key in inputs) mark(key, errors.find(({ field }) => field === key)?.message);
    form.tell(errors.filter(({ field }) => !inputs[field]).map(({ message }) => message).join(' '));
    inputs[errors.find(({ field }) => inputs[field])?.field]?.focus();
  };

  // The same text keeps its key, token, receipt and page over retries and reloads: however often it is sent, it arrives once.
  const request = () => {
    const { email, ...words } = { thread, parent_id: form.parent, ...typed() };
    const print = JSON.stringify(words);
    if (draft.attempt?.print !== print) {
      const key = crypto.getRandomValues(new Uint8Array(16)).join('-');
      draft.attempt = { print, key, proof: { token: form.token, earlier_receipt: here.known(), ...page() } };
      keep();
    }
    return { ...words, email, ...draft.attempt.proof, ...boxes(), offer_correction: email !== offered };
  };

  const submit = async () => {
    if (busy || signal.aborted) return;
    rest();
    wrong([]);
    busy = true;
    form.button.textContent = t('Sending…');
    const body = request();
    try {
      const { id, receipt, receipt_url } = await call(path + 'comments', {
        method: 'POST', headers: { 'Content-Type': 'application/json', 'Idempotency-Key': draft.attempt.key }, body: JSON.stringify(body),
      });
      inputs.body.value = '';
      draft = {};
      tries = 0;
      form.under();
      keep();
      form.load().catch(() => 0);
      here.sent({ id, receipt, url: receipt_url, name: body.name, body: body.body, parent: body.parent_id, at: Date.now() });
    } catch (problem) {
      failure(problem);
    }
    busy = false;
    form.button.textContent = t('Send comment');
  };

  const failure = ({ status, wait, code, detail, title, errors, suggestion }) => {
    if (errors) {
      // Nothing was taken: the page is looked at again as well.
      draft.attempt = null;
      wrong(errors);
      if (errors.some(({ field, code }) => field === 'terms' && code === 'changed')) form.load().then(() => inputs.terms?.focus(), () => 0);
      // A likely slip is offered once for each address: sent again as it is, it counts as meant.
      const { email } = inputs;
      offered = email.value;
      if (suggestion) email.parentNode.lastChild.append(' ', quiet(t('Use {address}', { address: suggestion }), () => {
        email.value = offered.replace(/[^@]*$/, suggestion);
        wrong([]);
      }));
      return;
    }
    if (status === 429) form.tell(t('That was a lot in a short time. Please send this comment again in {n} second.|That was a lot in a short time. Please send this comment again in {n} seconds.', { n: wait || 30 }));
    else if ((status || 500) > 499 && tries++ < 9) {
      // Sending by itself is safe: the key is the same.
      wait ||= 5 * tries;
      form.tell(t('The comment service cannot be reached. Your comment is kept here and will be sent again in {n} second.|The comment service cannot be reached. Your comment is kept here and will be sent again in {n} seconds.', { n: wait }));
      timer = setTimeout(submit, wait * 1e3);
    } else form.tell(detail || title || t('Your comment is kept here; it could not be sent. Please try again.'));
    if (/idempotency/.test(code)) draft.attempt = null;
  };

  const does = {
    submit,
    input({ target }) {
      if (target && inputs[target.name] === target) mark(target.name);
      rest();
      keep();
    },
    // A page may lie open for hours: the token is fetched anew when the writing begins, so it is neither stale nor too young.
    focusin() {
      if (Date.now() - form.issued > STALE) form.load().catch(() => 0);
    },
    // What was typed before stays; what was kept comes back where nothing was.
    drawn() {
      for (const key in inputs) inputs[key].value ||= draft[key] ?? '';
      count();
    },
  };
  return does;
};
