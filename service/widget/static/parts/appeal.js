// A writer's appeal against a refusal, in what is opened below the own comment: what came of the last one, and the form for
// another where one would be taken. `sent(view)` is told of an appeal that arrived, with the receipt's answer.

export default ({ call, h, memory, quiet, say, t }, one, { appeal, appealable, appeal_to_the_same }, sent) => {
  // What was typed outlives the page until it is taken.
  const draft = memory('appeal', one.id);
  const id = 'appeal-' + one.id;
  const fault = h('small', { id: id + '-fault', class: 'error' });
  const text = h('textarea', { id, rows: 4, dir: 'auto', 'aria-describedby': `${id}-hint ${id}-fault`, input: () => draft({ text: text.value }) });
  const note = h('p', { role: 'status' });

  let busy;
  const send = async () => {
    if (busy) return;
    busy = true;
    text.ariaInvalid = null;
    fault.textContent = note.textContent = '';
    try {
      const view = await call(`receipts/${one.receipt}/appeal`, {
        method: 'POST', headers: { 'Content-Type': 'application/json' }, body: JSON.stringify({ text: text.value }),
      });
      draft(null);
      sent(view);
      say(t('Your appeal has arrived.'));
    } catch ({ status, errors, title, detail }) {
      if (errors) {
        fault.textContent = errors.map(({ message }) => message).join(' ');
        text.ariaInvalid = 'true';
      } else note.textContent = !status || status > 499 ? t('Your appeal could not be sent. Please try again.') : [title, detail].filter(Boolean).join('. ');
      text.focus();
    }
    busy = false;
  };

  text.value = draft()?.text || '';
  return h('div', null,
    appeal && h('p', null, h('b', null, t('Your appeal:')), ' ', h('span', { dir: 'auto' }, appeal.text)),
    appeal && h('blockquote', { class: 'text typed', dir: 'auto' }, appeal.said),
    appealable && h('p', null,
      h('label', { for: id }, t('Why was it wrong?')),
      h('small', { id: id + '-hint', class: 'soft' }, appeal_to_the_same
        ? t('Nobody else can decide on this site: whoever decided looks at your comment once more. You can appeal once.')
        : t('Somebody else than who decided looks at your comment once more. You can appeal once.')),
      text, fault),
    appealable && h('p', { class: 'act' }, quiet(t('Send the appeal'), send, { class: 'send' })),
    note);
};
