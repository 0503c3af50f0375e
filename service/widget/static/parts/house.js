// The newsroom's words above the form, and the terms that a writer accepts with each comment. Called whenever the form is
// fetched: what stands already is brought up to it, and terms that have changed are accepted anew.

const lines = (text, h) => text.split('\n').flatMap((line) => [h('br'), line]).slice(1);

export default async (here, form, { announcement, guideline, settings, fields: { terms, website } }) => {
  const { h, t } = here;
  // What only some forms have.
  if (website && !website.shown && !form.house) await here.part('website').then((add) => add(here, form), () => 0);
  if (settings.questions) await here.part('questions').then((add) => add(here, form), () => 0);
  const house = form.house ??= { above: h('div'), below: h('div') };
  const said = (text, properties) => text && h('p', { dir: 'auto', ...properties }, ...lines(text, h));
  house.above.replaceChildren(...[said(announcement, { role: 'note' }), said(guideline, { class: 'soft' })].filter(Boolean));
  // What is empty would still have its distance.
  house.above.hidden = !house.above.firstChild;
  house.below.hidden = !terms;
  if (form.inputs.terms?.value === terms?.version) return;
  house.below.replaceChildren();
  delete form.inputs.terms;
  if (!terms) return;
  const box = h('input', { type: 'checkbox', id: 'terms', name: 'terms', value: terms.version, required: true, 'aria-describedby': 'terms-error' });
  form.inputs.terms = box;
  house.below.append(
    h('label', { class: 'check' }, box, terms.text ? h('span', { dir: 'auto' }, terms.text) : t('I accept the terms of this conversation')), ' ',
    terms.url && h('a', { href: terms.url, target: '_blank', rel: 'noopener' }, t('Read the terms')), ' ',
    h('small', { id: 'terms-error', class: 'error' }));
};
