// What the form does: keeps the draft, sends, says what is wrong. `begin(here, form)` answers what each event of the form
// leads to. Its fields may be drawn and typed in before this part has come.

const STALE = 36e5;
const STYLES = `
  .act .check { align-self: center; margin-block: .6em; }
  .error .quiet { color: inherit; font-size: inherit; text-decoration: underline; }
`;

export default (here, form) => {
  const { call, h, path, quiet, signal, t, thread } = here;
  const { inputs, node } = form;
  const stored = here.memory('draft');
  const left = h('small');
  let draft = stored() ?? {};
  let busy;
  let timer;
  let tries = 0;
  let offered;
  let remembered;
  let nudged;
  let login;

  form.parent ??= draft.parent;

  // A box that stands for something says what, when it is ticked.
  const boxes = () => Object.fromEntries([...node.querySelectorAll('[type=checkbox][name]')].map((box) =>
    [box.name, box.checked ? box.value === 'on' || box.value : undefined]));

  // What stands in the form's fields.
  const typed = () => {
    const found = Object.fromEntries(new FormData(node));
    for (const name of Object.keys(boxes())) delete found[name];
    return found;
  };

  // The draft outlives the page; the e-mail address is never in it. Nothing is stored before something is typed.
  const keep = () => {
    const { email, ...rest } = typed();
    draft = { ...rest, parent: form.parent, attempt: draft.attempt };
    stored(Object.values(rest).some(Boolean) ? draft : null);
    count();
  };

  const count = () => {
    const most = form.fields.body?.max ?? 5000;
    const room = most - [...inputs.body.value].length;
    left.textContent = room < most / 5 ? t('{n} character left|{n} characters left', { n: room }) : '';
    left.className = room < 0 ? 'error' : 'soft';
  };

  const rest = () => {
    clearTimeout(timer);
    form.tell('');
  };

  // Says what is wrong with a field, or that nothing is known to be.
  const mark = (key, message = '') => {
    inputs[key].ariaInvalid = message ? 'true' : null;
    node.querySelector(`#${key}-error`).textContent = message;
  };

  // Shows what is wrong by the fields and goes to the first.
  const wrong = (errors) => {
    for (const key in inputs) mark(key, errors.find(({ field }) => field === key)?.message);
    form.tell(errors.filter(({ field }) => !inputs[field]).map(({ message }) => message).join(' '));
    inputs[errors.find(({ field }) => inputs[field])?.field]?.focus();
  };

  // The page's address. A canonical link counts on this site only: elsewhere the article is another's, and here is a copy.
  const address = () => {
    const link = here.look();
    const domain = (url) => /\/\/(?:www\.)?([^/]*)/.exec(url)?.[1];
    return link && domain(link) === domain(location.href) ? link : location.href;
  };

  // Read when a comment is sent. What still is as it was for another thread has been left behind.
  const said = (name) => {
    const value = here.element.getAttribute(name);
    return value && !here.former.includes(value) ? value : '';
  };
  const page = () => ({
    page_url: h('a', { href: said('page-url') }).href || address(),
    page_title: [...(said('page-title') || document.title)].slice(0, 200).join(''),
  });

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

  // The site's word on who writes, where the page has one; the part for it comes with the first.
  let begun;
  const signs = async () => {
    if (here.element.login || here.element.getAttribute('login')) begun ||= here.part('login');
    const make = await begun?.catch((problem) => {
      begun = null;
      throw problem;
    });
    if (make) login ||= make(here, form);
    await login?.look();
  };

  const submit = async () => {
    if (busy || signal.aborted) return;
    rest();
    wrong([]);
    busy = true;
    form.button.textContent = t('Sending…');
    await signs().catch(() => 0);
    const body = request();
    remember();
    const settled = () => {
      busy = false;
      form.button.textContent = form.sends ?? t('Send comment');
    };
    // Asked once for each text: whoever sends it again means it.
    if (here.settings.nudge && nudged !== body.body) {
      nudged = body.body;
      if (await here.part('nudge').then((ask) => ask(here, form, nudged)).catch(() => 0)) {
        // What is known to be wrong is still said.
        for (const key in inputs) look(inputs[key]);
        return settled();
      }
    }
    try {
      const { id, receipt, receipt_url } = await call(path + 'comments', {
        method: 'POST', headers: { 'Content-Type': 'application/json', 'Idempotency-Key': draft.attempt.key },
        body: JSON.stringify({ ...body, login: await login?.token() }),
      });
      const preview = form.preview?.isConnected ? form.preview.html : '';
      inputs.body.value = '';
      form.preview?.remove();
      draft = {};
      tries = 0;
      form.under();
      stored(null);
      count();
      form.load().catch(() => 0);
      here.sent({ id, receipt, url: receipt_url, name: login?.name() || body.name, html: preview, body: body.body, parent: body.parent_id, at: Date.now() });
    } catch (problem) {
      failure(problem);
    }
    settled();
  };

  const failure = ({ status, wait, code, detail, title, errors, suggestion }) => {
    if (errors) {
      // Nothing was taken: the page is looked at again as well.
      draft.attempt = null;
      wrong(errors);
      if (errors.some(({ field }) => field === 'login')) login?.refuse();
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

  const remember = () => {
    const { name, email, website } = typed();
    here.me(remembered?.checked ? { name, email, website } : null);
  };

  // What is wrong with a field is said when its writer leaves it, and by the service at last.
  const problem = (key, text) => {
    const { max } = form.fields[key] ?? {};
    if (max && [...text].length > max) return t('At most {n} character.|At most {n} characters.', { n: max });
    if (key === 'email' && text && !/^[^@\s]+@[^@\s.]+(\.[^@\s.]+)+$/.test(text)) return t('This is not a complete e-mail address.');
  };

  const look = ({ name, value }) => {
    const message = inputs[name] && problem(name, value.trim());
    if (message) mark(name, message);
  };

  const cancel = () => {
    const { article } = form.item;
    form.under();
    keep();
    article.querySelector('.act button').focus();
  };

  const check = (name, label) => h('label', { class: 'check' }, h('input', { type: 'checkbox', name }), label);

  // What is of use to who writes comes to the form that everybody sees. What was typed before stays; what was kept comes
  // back where nothing was.
  const drawn = () => {
    const mails = {
      notify: t('E-mail me when it is published'),
      notify_replies: t('E-mail me when somebody replies'),
      confirm: t('E-mail me a link to confirm that it was me'),
    };
    // Only who says so is remembered beyond this comment. After the button: Tab leads from the comment to that.
    here.styles(STYLES);
    const boxed = [];
    if (here.element.getAttribute('storage') !== 'none') {
      remembered = h('input', { type: 'checkbox', checked: here.me(), change: () => remember() });
      boxed.push(h('label', { class: 'check remember' }, remembered, t('Remember me here')));
    }
    const leave = quiet(t('Cancel reply'), cancel);
    form.moved = () => leave.hidden = !form.parent;
    form.moved();
    const show = quiet(t('Preview'), ({ currentTarget }) => here.use('preview', currentTarget, form));
    node.addEventListener('keydown', (event) => {
      if (event.key !== 'Escape' || !form.preview?.isConnected) return;
      // Not what the page has opened around us.
      event.stopPropagation();
      form.preview.remove();
      show.focus();
    });
    form.button.after(show, leave, ...boxed, left);
    for (const [name, label] of Object.entries(mails)) if (form.fields[name]) (form.house?.below ?? form.button.parentNode).before(check(name, label));
    // Whoever types fast has left a field before this part came.
    for (const key in inputs) if (inputs[key] !== node.getRootNode().activeElement) look(inputs[key]);
    for (const key in inputs) inputs[key].value ||= draft[key] ?? here.me()?.[key] ?? '';
    count();
    signs().catch(() => 0);
  };

  // While a button is being pressed nothing moves it away: what is wrong is said once it is let go.
  let pressed;
  node.addEventListener('pointerdown', () => pressed = true);
  for (const type of ['pointerup', 'pointercancel']) addEventListener(type, () => pressed = false, { signal, capture: true });
  node.addEventListener('focusout', ({ target }) => {
    if (pressed) addEventListener('pointerup', () => setTimeout(look, 0, target), { signal, once: true });
    else look(target);
  });

  const does = {
    submit,
    input({ target }) {
      if (target && inputs[target.name] === target) mark(target.name);
      rest();
      form.preview?.remove();
      keep();
    },
    // A page may lie open for hours: the token is fetched anew when the writing begins, so it is neither stale nor too young.
    focusin() {
      if (Date.now() - form.issued > STALE) form.load().catch(() => 0);
      signs().catch(() => 0);
    },
    drawn,
  };
  if (form.button) drawn();
  return does;
};
