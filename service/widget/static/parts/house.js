// What a newsroom says above the form, and the terms that it wants accepted: for the sites that have any.

export default ({ h, t }, { guideline, announcement, fields: { terms } }, form) => {
  const said = (text, name) => text && h('p', { class: name, dir: 'auto' }, text);
  const accept = () => {
    const box = form.inputs.terms = h('input', { type: 'checkbox', id: 'terms', name: 'terms', value: terms.version, required: true, 'aria-describedby': 'terms-error' });
    return h('p', { class: 'check terms' }, box,
      h('label', { for: 'terms' }, terms.text ? h('span', { dir: 'auto' }, terms.text) : t('I accept the terms of this conversation')), ' ',
      terms.url && h('a', { href: terms.url, target: '_blank', rel: 'noopener' }, t('Read the terms')),
      h('small', { id: 'terms-error', class: 'error' }));
  };
  form.home.replaceChildren(...[said(announcement, 'banner'), said(guideline, 'guideline soft')].filter(Boolean));
  return terms ? [accept()] : [];
};
