// The form: one for the whole thread, moved under a comment to reply to it, so there is one draft and it goes along.
// What it does is the part `write`, which comes when somebody turns to it, or with a draft that is kept here.

const makeForm = (here) => {
  const { path, t, words } = here;
  const inputs = Object.create(null);
  const title = h('h3');
  let writing;

  const write = () => writing ||= part('write').then((begin) => begin(here, form)).catch((problem) => {
    writing = null;
    form.tell(t('The form cannot be loaded just now. Please try again.'));
    throw problem;
  });

  const on = (event) => {
    if (event.type === 'submit') event.preventDefault();
    write().then((does) => does[event.type]?.(event), () => 0);
  };

  // Outside of a shadow root nobody sees that somebody types: a page's own keys, as arrows for the next article, stay out.
  const shield = (event) => event.ctrlKey || event.metaKey || /Tab|Esc/.test(event.key) || event.stopPropagation();

  const field = (key, label, properties, hint = '') => {
    inputs[key] = h(key === 'body' ? 'textarea' : 'input', {
      id: key, name: key, class: 'input', dir: 'auto', 'aria-describedby': `${key}-hint ${key}-error`, ...properties,
    });
    return h('p', { class: key }, h('label', { for: key }, label), inputs[key],
      h('small', { id: key + '-hint', class: 'soft' }, hint), h('small', { id: key + '-error', class: 'error' }));
  };

  const form = {
    inputs,
    home: h('div'),
    node: h('form', { class: 'form', novalidate: true, keydown: shield, keypress: shield, keyup: shield, focusin: on, input: on, submit: on }),

    // Answers {open, fields, settings} and keeps the token, which says when the form was fetched.
    async load() {
      const fetched = call(`${path}form?${new URLSearchParams({ thread: here.thread })}`, { signal: AbortSignal.timeout(8e3) });
      fetched.catch(() => 0);
      // A draft is there when the form is drawn, not a moment later; and what a login says is not asked for.
      if (here.memory('draft')() || here.me() || here.element.login || here.element.attributes.login) await write().catch(() => 0);
      const answer = await fetched;
      if (answer.settings?.house) await part('house').then((make) => make(here, form, answer)).catch(() => 0);
      form.token = answer.token;
      form.issued = Date.now();
      return answer;
    },

    draw(fields) {
      const { website, honeypot } = form.fields = fields;
      form.note = h('p', { role: 'status' });
      form.button = h('button', { class: 'send' }, t('Send comment'));
      form.node.replaceChildren(...[
        title,
        form.house?.above,
        field('name', t('Name'), { required: true, autocomplete: 'name' }),
        field('email', t('E-mail'), { required: true, type: 'email', autocomplete: 'email' }, t('Your e-mail address will not be published.')),
        website?.shown && field('website', t('Website (optional)'), { type: 'url', autocomplete: 'url' }),
        field('body', t('Comment'), { required: true, rows: 5 }),
        h('p', { class: 'away', 'aria-hidden': 'true' },
          h('label', null, t('Leave this empty'), h('input', { name: honeypot, tabindex: -1, autocomplete: 'off' }))),
        form.house?.below,
        h('p', { class: 'act' }, form.button),
        form.note,
      ].filter(Boolean));
      form.under();
      if (writing) on({ type: 'drawn' });
    },

    // Moves the form under a comment, or home.
    under(comment, item) {
      form.parent = comment?.id;
      form.item = item;
      title.replaceChildren(...(comment ? words('Reply to {name}', { name: h('bdi', null, comment.author.name) }) : [t('Write a comment')]));
      form.moved?.();
      if (comment) item.article.after(form.node);
      else form.home.append(form.node);
    },

    tell: (text) => form.note.textContent = text,
    focus: () => inputs.body.focus(),
  };
  return form;
};
