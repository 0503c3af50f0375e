// What this browser sent and has not yet seen decided. Each comment's receipt is asked after, often at first, then ever
// more seldom, only while somebody looks; the receipt is the writer's and stays in this browser.

const SOON = 1200; // milliseconds: an approval shows within two seconds, the way back and the list's reload included
const KEPT = 6048e5; // a week: what nobody has decided by then is no longer shown here

const STYLES = `
  .fate { border-inline-start: 3px solid var(--rule); padding-inline-start: .8em; }
  .typed { white-space: pre-wrap; }
  .typed, .fate { margin-top: .4em; }
  .fate .quiet { color: inherit; font-size: inherit; text-decoration: underline; }
  .waiting :is(header, .text) { opacity: .74; }
  .waiting svg { filter: grayscale(1); }
`;

export default (here) => {
  here.styles(STYLES);
  const { byline, call, emit, h, known, path, quiet, reveal, say, signal, t } = here;
  const stored = here.memory('sent');
  let timer;
  let asked;

  // Always read anew: the same article may be open in another tab. Kept as an object: some pages change how lists become JSON.
  const all = () => Object.values(stored() ?? {}).filter((one) => Date.now() - one.at < KEPT);
  const keep = (list) => stored({ ...list });
  const drop = ({ receipt }) => keep(all().filter((one) => one.receipt !== receipt));

  const arrived = async ({ id }) => {
    await here.refresh();
    // It stands on a page that is not shown, or another process of the service is a moment behind.
    if (!here.shown.comments.some((comment) => comment.id === id)) {
      here.shown.comments.push(await call(`${path}comments/${id}`));
      here.redraw();
    }
    here.root.getElementById('comment-' + id)?.firstChild.classList.add('found');
    emit('decided', { status: 'published' });
    say(t('Your comment is published.'));
  };

  const ask = async (one) => {
    const { status, reason } = await call('receipts/' + one.receipt).catch((problem) => problem);
    if (status === 'published') {
      known(one.receipt);
      await arrived(one);
    } else if (status === 'rejected') {
      one.reason = reason?.text || t('The moderators decided against it.');
      keep(all().map((other) => (other.receipt === one.receipt ? one : other)));
      here.redraw();
      emit('decided', { status });
      return say(t('There is a decision on your comment.'));
    // 404: its receipt was revoked, as when the comment was erased. Every other trouble may pass.
    } else if (status !== 'withdrawn' && status !== 404) return;
    drop(one);
    here.redraw();
  };

  const round = async () => {
    if (signal.aborted || document.hidden) return;
    const start = Date.now();
    const waiting = all().filter((one) => !one.reason);
    for (const answer of waiting.map((one) => ask(one).catch(() => 0))) await answer;
    // Full pace for a minute, then ever slower; after half an hour it waits to be looked at again.
    clearTimeout(timer);
    if (waiting.length && asked++ < 300) timer = setTimeout(round, Math.max(SOON, (asked - 50) * 60) + start - Date.now());
  };

  const follow = () => {
    clearTimeout(timer);
    asked = 0;
    timer = setTimeout(round);
  };

  document.addEventListener('visibilitychange', follow, { signal });
  follow();

  // The reader's own words as typed, paler, and what happens next.
  const draw = (one) => h('li', { class: one.reason ? 'mine' : 'mine waiting', id: 'mine-' + one.id },
    h('article', { tabindex: -1 },
      byline(one.id, one.name),
      h('div', { class: 'text typed', dir: 'auto' }, one.body),
      h('p', { class: 'fate soft' },
        h('b', null, one.reason ? t('Not published:') : t('Waiting to be checked.')), ' ',
        one.reason ?? t('Only you can see it; it appears here once it is published.'), ' ',
        h('a', { href: one.url, target: '_blank' }, t('Your receipt')), ' ',
        one.reason && quiet(t('Hide'), () => {
          drop(one);
          here.redraw();
        }))));

  return {
    sent(one) {
      keep([...all(), one].slice(-10));
      follow();
      here.redraw();
      reveal('mine-' + one.id);
      say(t('Your comment has arrived.'));
    },
    // They stand where they will stand: under what they answer, or where new ones appear.
    place({ items, node, below }) {
      for (const old of here.root.querySelectorAll('.mine')) old.remove();
      for (const one of all()) {
        const above = items.get(one.parent);
        if (!items.has(one.id)) (above ? below(above) : node)[above || here.asked.sort === 'oldest' ? 'append' : 'prepend'](draw(one));
      }
    },
  };
};
