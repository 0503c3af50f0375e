// What this browser sent and has not yet seen decided. Each comment's receipt is asked after, often at first, then ever
// more seldom, only while somebody looks; the receipt is the writer's and stays in this browser.

const SOON = 1200; // milliseconds: an approval shows within two seconds, the way back and the list's reload included
const KEPT = 6048e5; // a week: what nobody has decided by then is no longer shown here

export default (here) => {
  const { byline, call, h, known, quiet, signal, t } = here;
  const stored = here.memory('sent');
  let timer;
  let asked;

  // Always read anew: the same article may be open in another tab. Kept as an object: some pages change how lists become JSON.
  const all = () => Object.values(stored() ?? {}).filter((one) => Date.now() - one.at < KEPT);
  const keep = (list) => stored({ ...list });
  const drop = ({ receipt }) => keep(all().filter((one) => one.receipt !== receipt));

  const ask = async (one) => {
    const { status, reason } = await call('receipts/' + one.receipt).catch((problem) => problem);
    if (status === 'published') {
      known(one.receipt);
      await here.arrived(one);
    } else if (status === 'rejected') {
      one.reason = reason?.text || t('The moderators decided against it.');
      keep(all().map((other) => (other.receipt === one.receipt ? one : other)));
      here.redraw();
      return here.say(t('There is a decision on your comment.'));
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

  return {
    all,
    add(one) {
      keep([...all(), one].slice(-10));
      follow();
    },
    // The reader's own words as typed, paler, and what happens next.
    draw: (one) => h('li', { class: one.reason ? 'mine' : 'mine waiting', id: 'mine-' + one.id },
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
          })))),
  };
};
