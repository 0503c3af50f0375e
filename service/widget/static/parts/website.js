// Where a site asks for a website only of who wants to say one: a button brings the field. Called before the form is drawn.

export default ({ h, me, memory, quiet, t }, form) => {
  const { draw, inputs } = form;
  form.draw = (fields) => {
    draw(fields);
    const field = h('p', { class: 'website' });
    const open = () => {
      inputs.website = h('input', {
        id: 'website', name: 'website', class: 'input', dir: 'auto', type: 'url', autocomplete: 'url', 'aria-describedby': 'website-error',
      });
      field.replaceChildren(h('label', { for: 'website' }, t('Website (optional)')), inputs.website,
        h('small', { id: 'website-error', class: 'error' }));
      inputs.website.focus();
    };
    field.append(quiet(t('Add your website'), open));
    form.node.querySelector('.email').after(field);
    // What was typed or is remembered has its field; the writing part fills it.
    if (memory('draft')()?.website || me()?.website) open();
  };
};
