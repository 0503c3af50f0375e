// The comment as it would be published, below the form; `form.preview` is the box for it, closed by what is typed next.

export default async ({ call, h, markup, path, say, t }, node, form) => {
  const body = form.inputs.body.value;
  form.preview?.remove();
  if (!body.trim()) return form.focus();
  const box = form.preview = h('div', { class: 'preview' }, h('h3', null, t('Preview')));
  try {
    const { html } = await call(path + 'preview', {
      method: 'POST', headers: { 'Content-Type': 'application/json' }, body: JSON.stringify({ body }),
    });
    box.html = html;
    box.append(markup(html));
  } catch (problem) {
    // What is wrong with the text stands by its field when it is sent.
    const { errors, status, title } = problem;
    if (!errors && status !== 429) throw problem;
    box.append(h('p', { class: 'error' }, errors ? errors.map(({ message }) => message).join(' ') : title));
  }
  form.note.before(box);
  say(t('The preview stands below the form.'));
};
