// What this browser sent. Of what it has not yet seen decided, a new comment or a change, the receipt is asked after, often
// at first, then ever more seldom, only while somebody looks; the receipt is the writer's and stays in this browser.

const SOON = 1200; // milliseconds: an approval shows within two seconds, the way back and the list's reload included
const KEPT = 6048e5; // a week: what nobody has decided by then is no longer shown here
const HELD = 2592e6; // 30 days: so long a published comment can be changed and withdrawn where it stands

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
  const everything = () => Object.values(stored() ?? {}).filter((one) => Date.now() - one.at < (one.shown ? HELD : KEPT));
  const all = () => everything().filter((one) => !one.shown);
  const keep = (list) => stored({ ...list });
  const drop = ({ receipt }) => keep(everything().filter((one) => one.receipt !== receipt));
  const latest = ({ receipt }) => everything().find((one) => one.receipt === receipt);
  const put = (one) => keep(everything().map((other) => (other.receipt === one.receipt ? one : other)));

  const spot = (id) => here.shown.comments.findIndex((comment) => comment.id === id);
  // Lists are up to a second behind; a comment that is asked for by itself is as it is now.
  const set = async (id) => {
    const now = await call(`${path}comments/${id}`);
    const at = spot(id);
    here.shown.comments[at < 0 ? here.shown.comments.length : at] = now;
    here.redraw();
  };

  const arrived = async ({ id }) => {
    await here.refresh();
    // It stands on a page that is not shown, or the list is behind.
    if (spot(id) < 0) await set(id);
    here.root.getElementById('comment-' + id)?.firstChild.classList.add('found');
    emit('decided', { status: 'published' });
    say(t('Your comment is published.'));
  };

  const ask = async (one) => {
    const { status, reason, appeal, html } = await call('receipts/' + one.receipt).catch((problem) => problem);
    if (one.appealed && appeal?.status === 'open' && (status === 'rejected' || one.shown)) return;
    if (status === 'published') {
      known(one.receipt);
      const { appealed, changed } = one;
      put({ ...one, shown: true, changed: false, appealed: false });
      if (!one.shown || !appealed && !changed) return arrived(one);
      await here.refresh();
      await set(one.id).catch(() => 0);
      if (appealed) return say(appeal.text);
      return say(reason ? t('Your change was not published.') + ' ' + reason.text : t('Your change is published.'));
    }
    if (status === 'rejected') {
      put({ ...one, html: html ?? one.html, shown: false, appealed: false, reason: reason?.text || t('The moderators decided against it.') });
      here.redraw();
      emit('decided', { status });
      return say(one.appealed ? appeal.text : t('There is a decision on your comment.'));
    // 404: its receipt was revoked, as when the comment was erased. Every other trouble may pass.
    } else if (status !== 'withdrawn' && status !== 404) {
      // As the service draws it; what was typed stands there until then.
      if (html && html !== one.html) {
        put({ ...one, html });
        here.redraw();
      }
      return;
    }
    drop(one);
    here.redraw();
  };

  const round = async () => {
    if (signal.aborted || document.hidden) return;
    const start = Date.now();
    const waiting = everything().filter((one) => one.appealed || !one.reason && (!one.shown || one.changed));
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

  // What the part `own` tells of a comment that was changed or withdrawn there.
  const hands = {
    changed(one) {
      put(one);
      follow();
      if (one.shown) return;
      here.redraw();
      here.root.getElementById('mine-' + one.id)?.firstChild.focus();
    },
    // Whoever decides it may take longer than comments usually wait.
    appealed(one) {
      put({ ...one, at: Date.now() });
      follow();
    },
    async withdrawn(one) {
      drop(one);
      here.redraw();
      await here.refresh();
      const { comments, thread } = here.shown;
      const own = comments[spot(one.id)];
      // The list may be behind: what is answered leaves a gap there.
      if (!own?.author) return;
      thread.count--;
      if (own.replies) Object.assign(own, { state: 'withdrawn', author: null, html: null });
      else comments.splice(spot(one.id), 1);
      here.redraw();
    },
  };
  const door = (one) => quiet(one.reason ? t('Messages and appeal') : t('Change or withdraw'), ({ currentTarget }) => here.use('own', currentTarget, latest(one) ?? one, hands));

  const doors = new Map();
  const drawn = new Map();
  // As it would be published, or else as it was typed.
  const content = ({ body, html }) => (html ? here.markup(html) : h('div', { class: 'text typed', dir: 'auto' }, body));
  // The reader's own words, paler, and what happens next.
  const draw = (one) => h('li', { class: one.reason ? 'mine' : 'mine waiting', id: 'mine-' + one.id },
    h('article', { tabindex: -1 },
      byline(one.id, one.name),
      content(one),
      h('p', { class: 'fate soft' },
        h('b', null, one.reason ? t('Not published:') : t('Waiting to be checked.')), ' ',
        one.reason ?? t('Only you can see it; it appears here once it is published.'), ' ',
        h('a', { href: one.url, target: '_blank' }, t('Your receipt')), ' ',
        door(one), ' ',
        one.reason && quiet(t('Hide'), () => {
          drop(one);
          here.redraw();
        }))));

  // The same node while it says the same: what is opened or typed in it stays.
  const standing = (one) => {
    const print = JSON.stringify({ ...[one.body, one.reason, here.locale] });
    if (drawn.get(one.id)?.print !== print) drawn.set(one.id, { print, html: one.html, node: draw(one) });
    const was = drawn.get(one.id);
    if (was.html !== one.html) {
      was.html = one.html;
      was.node.querySelector('.text').replaceWith(content(one));
    }
    return was.node;
  };

  return {
    sent(one) {
      keep([...everything(), one].slice(-20));
      follow();
      here.redraw();
      reveal('mine-' + one.id);
      say(t('Your comment has arrived.'));
    },
    // They stand where they will stand: under what they answer, or where new ones appear.
    place({ items, node, below }) {
      const { activeElement } = here.root;
      for (const old of here.root.querySelectorAll('.mine')) old.remove();
      for (const one of all()) {
        const above = items.get(one.parent);
        if (!items.has(one.id)) (above ? below(above) : node)[above || here.asked.sort === 'oldest' ? 'append' : 'prepend'](standing(one));
      }
      // Below what stands in the list as well. That may have been drawn before it was known here that it is published.
      for (const one of everything()) {
        const acts = one.shown && items.get(one.id)?.article.querySelector('.act');
        if (!acts || acts.contains(doors.get(one.id))) continue;
        doors.set(one.id, door(one));
        acts.lastChild.before(doors.get(one.id));
      }
      // Somebody may be typing in one of them.
      activeElement?.focus({ preventScroll: true });
    },
  };
};
