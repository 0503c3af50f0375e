// What happens to the thread while somebody reads it: removals, changes and what was put back appear by themselves, new
// comments when the reader wants them. Asked with one small URL that is the same for everybody.

const OFTEN = 15e3;
const SELDOM = 6e4;

const STYLES = `
  .news { bottom: 1em; height: 0; position: sticky; text-align: center; z-index: 1; }
  .news button { background: var(--accent); border-color: var(--accent); color: var(--rejoinder-on-accent, var(--on)); transform: translateY(-100%); }
`;

export default (here) => {
  here.styles(STYLES);
  const { call, h, items, path, root, signal, t, thread } = here;
  const address = `${path}counts?${new URLSearchParams({ thread })}`;
  // All that was on the page once: what comes back is nothing new.
  const seen = new Set(items.keys());
  let { shown } = here;
  let base = shown.thread.count;
  let found;
  let version;
  let wait = OFTEN;
  let timer;
  let last = 0;
  let told = 0;

  const button = h('button', {
    type: 'button',
    hidden: true,
    click() {
      const first = found?.comments.find(({ id }) => !seen.has(id));
      offer(0);
      // What is not on the pages that are shown is found where the newest are.
      if (first) here.show(found);
      (first ? Promise.resolve() : here.go('newest')).then(() => here.reveal(first ? first.id : here.shown.comments[0]?.id));
    },
  });
  const offer = (n) => {
    button.hidden = !n;
    button.textContent = t('{n} new comment|{n} new comments', { n });
    if (n > told) here.say(button.textContent);
    told = n;
  };

  // What is shown besides by us (another order, one's own comment published) shows all that is new.
  const catchUp = () => {
    for (const id of items.keys()) seen.add(id);
    if (here.shown === shown) return;
    shown = here.shown;
    base = shown.thread.count;
    offer(0);
  };

  const compare = async () => {
    found = await here.pull();
    if (signal.aborted) return;
    catchUp();
    // One's own is nothing new: it was published already, where another process of the service was a moment behind.
    const own = new Set(Object.values(here.memory('sent')() ?? {}).map(({ id }) => id));
    const fresh = found.comments.filter(({ id }) => !seen.has(id) && !own.has(id));
    const ids = new Set(fresh.map(({ id }) => id));
    here.show({ ...found, comments: found.comments.filter(({ id }) => !ids.has(id)) });
    shown = here.shown;
    offer(Math.max(fresh.filter(({ author }) => author).length, found.next_cursor ? found.thread.count - base : 0));
  };

  const round = async () => {
    clearTimeout(timer);
    if (signal.aborted || document.hidden) return;
    last = Date.now();
    try {
      catchUp();
      const { counts, versions } = await call(address);
      const now = versions[thread];
      const changed = version ? now !== version : counts[thread] !== shown.thread.count;
      if (changed) await compare();
      version = now;
      wait = changed ? OFTEN : Math.min(SELDOM, wait * 1.25);
    } catch {
      wait = SELDOM;
    }
    clearTimeout(timer);
    timer = setTimeout(round, wait);
  };

  document.addEventListener('visibilitychange', () => Date.now() - last > OFTEN && round(), { signal });
  root.lastChild.append(h('div', { class: 'news' }, button));
  round();
};
