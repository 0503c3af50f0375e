// Votes beside each comment, where the site takes them. A vote is cast with a token that the service handed out half a
// minute before or earlier: what is pressed sooner shows at once and goes when its time has come. The token and what it
// said are kept in this browser only once somebody votes, so that a vote shows as pressed and can be taken back.

const RENEWED = 72e6; // milliseconds: a token works for a day, mostly
const STYLES = `.vote { display: inline-flex; gap: .4em; align-items: baseline; }
.vote .quiet { min-width: 24px; }
.vote [aria-pressed=true] { color: var(--accent); text-decoration: none; }
.vote b { font-size: max(.85em, 13px); font-variant-numeric: tabular-nums; font-weight: 400; min-width: 1em; text-align: center; }
@media (pointer: coarse) { .vote .quiet { min-width: 44px; } }`;

export default (here) => {
  const { call, h, path, quiet, root, signal, t } = here;
  const { token, votes } = here.form;
  if (!votes) return;
  const stored = here.memory('votes');
  const shown = new Map();
  const answers = new Map();
  const loaded = Date.now();
  const soonest = (votes.after + 1) * 1e3;
  // `own`: comment -> what was pressed last. A token that is too old says nothing new: then another begins anew.
  let mine = stored();
  if (!mine || Date.now() - mine.at > RENEWED) mine = { token, at: loaded, own: {} };

  const sheet = new CSSStyleSheet();
  sheet.replaceSync(STYLES);
  root.adoptedStyleSheets = [...root.adoptedStyleSheets, sheet];
  signal.addEventListener('abort', () => root.adoptedStyleSheets = root.adoptedStyleSheets.filter((one) => one !== sheet));

  // What the answer to one's own vote said, until the comments that are shown have moved on.
  const count = ({ id, votes }) => (answers.get(id)?.shown === votes ? answers.get(id).votes : votes);

  const draw = (one) => {
    const value = mine.own[one.comment.id] ?? 0;
    const now = count(one.comment);
    for (const button of one.buttons) button.ariaPressed = String(+button.value === value);
    one.number.textContent = now.toLocaleString(here.locale);
    one.said.textContent = t('{n} vote|{n} votes', { n: now });
  };

  const wait = (milliseconds) => new Promise((done) => {
    const timer = setTimeout(done, milliseconds);
    signal.addEventListener('abort', () => clearTimeout(timer), { once: true });
  });

  const send = async (id, value) => {
    await wait(mine.at + soonest - Date.now());
    // Pressed again meanwhile: the last one counts.
    if (mine.own[id] !== value) return;
    const body = JSON.stringify({ value, token: mine.token });
    return call(`${path}comments/${id}/votes`, { method: 'POST', headers: { 'Content-Type': 'application/json' }, body });
  };

  const press = async (one, value) => {
    const { id } = one.comment;
    const before = mine.own[id] ?? 0;
    const now = count(one.comment);
    mine.own[id] = value = value === before ? 0 : value;
    answers.set(id, { votes: now + value - before, shown: one.comment.votes });
    stored(mine);
    draw(one);
    one.trouble.remove();
    try {
      const answer = await send(id, value);
      if (!answer) return;
      answers.set(id, { votes: answer.votes, shown: one.comment.votes });
      mine.own[id] = answer.value;
      if (answer.value !== value) tell(one, t('Enough votes from your network were counted before yours.'));
    } catch (problem) {
      answers.set(id, { votes: now, shown: one.comment.votes });
      mine.own[id] = before;
      if (problem.errors?.some(({ field }) => field === 'token')) await renew();
      tell(one, t('Your vote could not be counted. Please try again.'));
    }
    stored(mine);
    draw(shown.get(id));
  };

  // What was said with the token before stays; it cannot be taken back any more.
  const renew = () => call(`${path}form?${new URLSearchParams({ thread: here.thread })}`)
    .then((answer) => mine = { token: answer.token, at: Date.now(), own: {} }).catch(() => 0);

  const tell = (one, text) => {
    const { node, trouble } = shown.get(one.comment.id);
    trouble.textContent = text;
    node.append(trouble);
  };

  here.tools.push((comment) => {
    const { id, author: { name } } = comment;
    const former = shown.get(id);
    const at = former?.buttons.indexOf(root.activeElement) ?? -1;
    const one = { comment, number: h('b', { 'aria-hidden': 'true' }), said: h('span', { class: 'away' }), trouble: h('span', { class: 'error', role: 'alert' }) };
    const button = (value, sign, label) => quiet(sign, () => press(shown.get(id), value), { value, title: label, 'aria-label': label });
    one.buttons = [button(1, '▲', t('Vote for it')), votes.values.includes(-1) && button(-1, '▼', t('Vote against it'))].filter(Boolean);
    one.node = h('span', { class: 'vote', role: 'group', 'aria-label': t('Votes for the comment by {name}', { name }) },
      one.buttons[0], one.number, one.said, one.buttons[1]);
    shown.set(id, one);
    draw(one);
    // Drawn anew because its number has changed, it keeps the focus of who has just pressed it.
    if (at >= 0) queueMicrotask(() => one.buttons[at].focus());
    return one.node;
  });
  here.redraw();
};
