// The writer's own comment, opened below it: what became of it, what the editors wrote, changing and withdrawing it. The
// receipt is all the proof there is. `hands` are told of what was done: `changed(one)`, `appealed(one)`, `withdrawn(one)`.

const STYLES = `.own { margin-top: .75em; }
.own :is(div, .act) { row-gap: .5em; }
.own > div, .own > div > div { display: grid; }
.own > div:empty { display: none; }
.own blockquote { border-inline-start: 3px solid var(--rule); margin: 0; padding-inline-start: .8em; }`;

export default async (here, node, one, hands) => {
  const { call, h, quiet, t } = here;
  const path = 'receipts/' + one.receipt;
  const place = node.closest('article');
  const opened = place.querySelector('.own');
  if (opened) return opened.remove();
  here.ownStyles ??= here.styles(STYLES);

  let view = await call(path);
  // What was typed outlives the page until it is taken.
  const draft = here.memory('change', one.id);
  const text = h('textarea', { id: 'own-' + one.id, rows: 5, dir: 'auto', 'aria-describedby': 'own-fault-' + one.id });
  const fault = h('small', { id: 'own-fault-' + one.id, class: 'error' });
  const note = h('p', { role: 'status' });
  const save = h('button', { class: 'send' }, t('Save the change'));

  const wrong = (message) => {
    fault.textContent = message;
    text.ariaInvalid = message ? 'true' : null;
  };

  const news = h('div');
  const plea = h('div');
  const tell = async () => {
    const { messages, reason, shown, status } = view;
    const fates = {
      // Of one that nobody has seen its place says so already.
      waiting: shown && t('Your change is waiting to be checked. Until then readers see the comment as it was published.'),
      published: reason ? t('Your change was not published.') + ' ' + reason.text : t('It is published.'),
      withdrawn: t('Your comment is withdrawn.'),
    };
    news.replaceChildren(...[
      fates[status] && h('p', { class: 'soft' }, fates[status]),
      ...messages.map((message) => h('p', null, h('b', null, t('The editors wrote:')), ' ', h('span', { dir: 'auto' }, message.text))),
    ].filter(Boolean));
    if (view.appeal || view.appealable) plea.replaceChildren((await here.part('appeal'))(here, one, view, (told) => {
      view = told;
      one = { ...one, appealed: true };
      hands.appealed(one);
      tell();
      close.focus();
    }));
  };

  const failed = ({ status, code, detail, title, wait, errors }) => {
    if (errors) wrong(errors.map(({ message }) => message).join(' '));
    else if (status === 429) note.textContent = t('That was a lot in a short time. Please save this change again in {n} second.|That was a lot in a short time. Please save this change again in {n} seconds.', { n: wait || 30 });
    else if (!status || status > 499) note.textContent = t('Your change is kept here; it could not be saved. Please try again.');
    else note.textContent = [title, detail].filter(Boolean).join('. ');
    return code === 'text_changed';
  };

  let busy;
  const send = async (event) => {
    event.preventDefault();
    if (busy) return;
    busy = true;
    wrong('');
    note.textContent = '';
    try {
      view = await call(path, {
        method: 'PATCH', headers: { 'Content-Type': 'application/json' }, body: JSON.stringify({ body: text.value, version: view.version }),
      });
      draft({ body: '' });
      const waits = view.status === 'waiting';
      hands.changed({ ...one, body: view.text, html: view.html, changed: waits, at: waits ? Date.now() : one.at });
      here.say(waits ? t('Your change has arrived and is checked like a new comment.') : t('Nothing was changed.'));
      tell();
      if (news.isConnected) close.focus();
    } catch (problem) {
      // Now that it is read, the newer text may be replaced; what was typed stays.
      if (failed(problem)) {
        view = await call(path).catch(() => view);
        tell();
        news.append(h('div', { class: 'text typed', dir: 'auto' }, view.text ?? ''));
      }
      text.focus();
    }
    busy = false;
  };

  const withdraw = async () => {
    try {
      view = await call(path, { method: 'DELETE' });
      panel.remove();
      await hands.withdrawn(one);
      here.say(t('Your comment is withdrawn.'));
    } catch (problem) {
      failed(problem);
    }
  };
  const sure = quiet(t('Withdraw it for good'), withdraw);
  const ask = quiet(t('Withdraw this comment'), () => {
    ask.replaceWith(sure);
    note.textContent = t('It is taken down for good; this cannot be undone.');
    sure.focus();
  });
  const close = quiet(t('Close'), () => {
    panel.remove();
    // The button that opened it may have been drawn anew.
    (node.isConnected ? node : place).focus();
  });

  // As the form for new comments: a page's own keys stay out.
  const shield = (event) => {
    if (event.type === 'keydown' && event.key === 'Escape') close.click();
    event.ctrlKey || event.metaKey || event.key === 'Tab' || event.stopPropagation();
  };
  const panel = h('form', { class: 'own', novalidate: true, submit: send, keydown: shield, keypress: shield, keyup: shield },
    news, plea,
    view.editable && h('p', null, h('label', { for: text.id }, t('Change your comment')), text, fault),
    h('p', { class: 'act' }, view.editable && save, view.status !== 'withdrawn' && ask,
      one.shown && h('a', { href: one.url, target: '_blank', class: 'soft' }, t('Your receipt')), close),
    note);
  text.value = draft()?.body || view.text || '';
  text.oninput = () => draft({ body: text.value });
  await tell();
  place.append(panel);
  (view.editable ? text : plea.querySelector('textarea') ?? close).focus();
};
