// A thread in which readers ask and the newsroom answers: the form asks a question, answers are marked, and a reader sees
// what is answered and what is not. Called before the form is drawn, and again whenever it is fetched.

export default (here, form) => {
  const { asked, h, quiet, root, t, tools } = here;
  if (form.asks) return;
  form.asks = true;
  const { under } = form;
  form.under = (comment, item) => {
    under(comment, item);
    // It is put into its place before it is drawn, too.
    if (!form.node.firstChild) return;
    const put = (selector, text) => form.node.querySelector(selector).textContent = text;
    if (!comment) put('h3', t('Ask a question'));
    put('[for=body]', comment ? t('Comment') : t('Your question'));
    // What the button says while nothing is on its way.
    form.sends = comment ? t('Send comment') : t('Send question');
    if (form.button.textContent !== t('Sending…')) form.button.textContent = form.sends;
  };

  here.styles(`.answer > article { border-inline-start: 3px solid var(--accent); padding-inline-start: .75em; }
.asks { align-items: baseline; display: flex; flex-wrap: wrap; gap: .25em 1em; margin-bottom: 1em; }
.asks b { flex: 1 0 100%; font-weight: 400; }
.asks [aria-pressed=true] { font-weight: 700; text-decoration: none; }
.some li:not(:has(> ol > li)) [aria-expanded] { display: none; }`);

  const choices = { '': t('All questions'), unanswered: t('Unanswered'), answered: t('Answered') };
  const empty = { unanswered: t('Every question has been answered.'), answered: t('No question has been answered yet.') };
  const choose = (value) => {
    asked.only = value && { filter: value };
    asked.more = value && t('Show more questions') || undefined;
    asked.none = empty[value] ?? t('No questions yet. Yours would be the first.');
    for (const button of buttons) button.ariaPressed = String(button.value === value);
    // A comment that stays is not drawn anew.
    for (const button of root.querySelectorAll('.whole')) button.hidden = !value;
    // Among some of the questions no more replies come than stand there.
    root.querySelector('.tree').classList.toggle('some', !!value);
  };
  const buttons = Object.entries(choices).map(([value, label]) => quiet(label, async () => {
    choose(value);
    await here.go(asked.sort);
    here.say(label);
  }, { value }));
  for (const button of buttons) button.value ||= '';
  choose('');
  const row = h('div', { class: 'asks', role: 'group', 'aria-label': t('Questions') },
    h('b', { class: 'soft' }, t('Questions to the newsroom: answers stand right below them.')), ...buttons);
  root.querySelector('.head').after(row);

  // A badge says it, and a line beside it, of what the newsroom answers a reader with.
  tools.push((comment, { article, li }) => {
    const answer = comment.parent_id && comment.author.badge === 'staff';
    li.classList.toggle('answer', !!answer);
    if (answer) queueMicrotask(() => article.querySelector('.badge').textContent = t('Answer'));
    const rest = comment.replies && !comment.parent_id;
    return rest && quiet(t('Show the whole conversation'), async () => {
      choose('');
      await here.go(asked.sort, comment.id);
      here.reveal(comment.id);
    }, { class: 'quiet whole', hidden: !asked.only });
  });
};
