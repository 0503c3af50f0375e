// A reader's report of a comment, opened below it. What becomes of it is told at the receipt's address, which only the
// reader gets; this browser keeps it, and tells whoever asks again.

const LEGAL = ['illegal', 'child_abuse'];
// However long a reason is, nothing is wider than the comment.
const STYLES = `.report { grid-template-columns: minmax(0, 1fr); margin-top: .75em; }
.report select { background: var(--wash); border: 1px solid var(--edge); border-radius: 4px; color: inherit; font: inherit; margin: .2em 0; max-width: 100%; min-height: 2.5em; padding: 0 .4em; }
.report .act { row-gap: .5em; }
.report > div { display: grid; gap: .75em; }
.report option { background: #fff; color: #1b1b1b; }
.report label { display: block; }`;

let sheet;

export default async (here, node, { id }) => {
  const { call, h, path, quiet, root, t } = here;
  const place = node.closest('article');
  const opened = place.querySelector('.report');
  if (opened) return opened.remove();
  if (!sheet) (sheet = new CSSStyleSheet()).replaceSync(STYLES);
  if (!root.adoptedStyleSheets.includes(sheet)) root.adoptedStyleSheets = [...root.adoptedStyleSheets, sheet];

  // One for all parts that ask: where nothing may be stored, it lasts as long as the page.
  const kept = here.reports ??= here.memory('reports');
  const mine = kept()?.[id];
  const told = mine && await call('reports/' + mine.receipt).catch(({ status }) => status === 404 ? null : { text: t('This cannot be loaded just now. Please try again.') });

  const reasons = {
    '': t('Choose what is wrong'),
    spam: t('It is advertising or spam'),
    insult: t('It insults or harasses somebody'),
    hate: t('It demeans people for who they are'),
    threat: t('It threatens somebody'),
    personal_data: t('It gives away something private about somebody'),
    unfounded: t('It claims something false as a fact'),
    off_topic: t('It does not belong here'),
    other: t('Something else'),
    illegal: t('It is against the law'),
    child_abuse: t('It shows or offers sexual abuse of children'),
  };
  // The same report sent twice, by a click or over a bad line, is one.
  const key = Array.from(crypto.getRandomValues(new Uint8Array(16)), (byte) => byte.toString(16).padStart(2, '0')).join('');
  const controls = {};
  const faults = {};
  const field = (name, label, control) => {
    controls[name] = control;
    control.id = `report-${name}-${id}`;
    faults[name] = h('small', { id: control.id + '-fault', class: 'error' });
    control.setAttribute('aria-describedby', faults[name].id);
    return h('p', null, h('label', { for: control.id }, label), control, faults[name]);
  };

  const law = h('div', null,
    field('law', t('Which law, if you know it'), h('input', { dir: 'auto', maxlength: 200 })),
    field('name', t('Your name'), h('input', { dir: 'auto', maxlength: 200, autocomplete: 'name' })),
    field('email', t('Your e-mail address'), h('input', { dir: 'auto', inputmode: 'email', autocomplete: 'email', autocapitalize: 'none', spellcheck: 'false' })),
    h('p', { class: 'soft' }, t('The address is sealed. Neither name nor address is shown to readers or to the comment’s writer.')),
    h('p', { class: 'soft' }, t('With the report you say that, to the best of your knowledge, it is true and complete.')));
  const unnamed = h('p', { class: 'soft' }, t('Reports of abused children need neither name nor address.'));
  law.prepend(unnamed);
  law.hidden = true;
  const choice = h('select', { change: () => {
    law.hidden = !LEGAL.includes(choice.value);
    unnamed.hidden = choice.value !== 'child_abuse';
  } },
    ...Object.entries(reasons).map(([value, words]) => {
      const option = h('option', null, words);
      option.value = value;
      return option;
    }));
  const note = h('p', { role: 'status' });

  let busy;
  const send = async (event) => {
    event.preventDefault();
    if (busy) return;
    busy = true;
    note.textContent = '';
    for (const name in faults) {
      faults[name].textContent = '';
      controls[name].ariaInvalid = null;
    }
    const said = Object.fromEntries(Object.entries(controls).map(([name, control]) => [name, control.value]));
    try {
      const { receipt, receipt_url } = await call(path + 'comments/' + id + '/reports', {
        method: 'POST', headers: { 'Content-Type': 'application/json', 'Idempotency-Key': key }, body: JSON.stringify(said),
      });
      kept(Object.fromEntries([...Object.entries(kept() ?? {}), [id, { receipt, url: receipt_url }]].slice(-20)));
      const door = h('a', { href: receipt_url, target: '_blank' }, t('What becomes of your report'));
      panel.replaceChildren(h('p', null, t('Your report has arrived. Keep this address: it tells what becomes of it.')), h('p', { class: 'act' }, door, close));
      here.say(t('Your report has arrived. Keep this address: it tells what becomes of it.'));
      door.focus();
    } catch ({ status, detail, title, errors = [] }) {
      for (const { field: name, message } of errors) {
        if (!faults[name]) continue;
        faults[name].textContent = message;
        controls[name].ariaInvalid = 'true';
      }
      controls[errors.find(({ field: name }) => controls[name])?.field]?.focus();
      if (!status || status > 499) note.textContent = t('Your report could not be sent. Please try again.');
      else if (!errors.length) note.textContent = [title, detail].filter(Boolean).join('. ');
    }
    busy = false;
  };
  const close = quiet(t('Close'), () => {
    panel.remove();
    (node.isConnected ? node : place).focus();
  });
  // As the form for new comments: a page's own keys stay out.
  const shield = (event) => {
    if (event.type === 'keydown' && event.key === 'Escape') close.click();
    event.ctrlKey || event.metaKey || event.key === 'Tab' || event.stopPropagation();
  };
  const panel = h('form', { class: 'report', novalidate: true, submit: send, keydown: shield, keypress: shield, keyup: shield });
  const ask = () => panel.replaceChildren(
    field('reason', t('What is wrong with it?'), choice),
    field('text', t('What should the editors know?'), h('textarea', { rows: 3, dir: 'auto', maxlength: 2000 })),
    law,
    h('p', { class: 'act' }, h('button', { class: 'send' }, t('Send report')), close),
    note);
  // What became of the report that was sent from here, as it stands now.
  const tell = ({ text, status }) => panel.replaceChildren(
    h('p', { role: 'status' }, h('b', null, t('Your report:')), ' ', text),
    h('p', { class: 'act' },
      h('a', { href: mine.url, target: '_blank' }, t('What becomes of your report')),
      status === 'open' && quiet(t('Take this report back'), async () => {
        tell(await call('reports/' + mine.receipt, { method: 'DELETE' }).catch(() => ({ text: t('This cannot be loaded just now. Please try again.'), status })));
        close.focus();
      }),
      quiet(t('Report something else'), () => {
        ask();
        choice.focus();
      }), close));
  if (told) tell(told);
  else ask();
  place.append(panel);
  (told ? close : choice).focus();
};
