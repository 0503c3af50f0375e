// <rejoinder-comments site="demo" thread="4711">: everything above, joined in a shadow root.

// Where the page's canonical link was first seen: one that stays when the page goes on belongs to the article before.
let canonical;
let seen;
const place = () => location.pathname + location.search;
const look = () => {
  const link = document.querySelector('link[rel~=canonical]')?.href;
  if (link !== canonical) {
    canonical = link;
    seen = place();
  }
  return seen === place() && link;
};

// Everything rests when `signal` is aborted. `former` holds what was said of another thread's page.
const start = (host, root, signal, former) => {
  const attribute = (name) => host.getAttribute(name) || '';
  const site = attribute('site');
  const thread = attribute('thread');
  const path = `sites/${encodeURIComponent(site)}/`;
  const kept = attribute('storage') !== 'none';
  const linked = () => /^#comment-(\w{26})$/.exec(location.hash)?.[1];
  // What of the thread is shown.
  const asked = { sort: /^(newest|top)$/.exec(attribute('sort'))?.[0] || 'oldest', around: linked(), pages: 1 };
  let turn = 0;
  let comments = [];
  let head = {};
  let cursor;
  let reply;
  let prepared;
  let latest;
  let mine;

  const say = (text) => live.textContent = text;
  const tell = (...content) => state.replaceChildren(...content.filter(Boolean));
  // Without text or anybody's id: a page may hand it to whatever counts its visits.
  const emit = (type, detail) => host.dispatchEvent(new CustomEvent('rejoinder:' + type, { bubbles: true, composed: true, detail: { site, thread, ...detail } }));

  // What a part is given: docs/architecture.md says what it may count on.
  const here = Object.assign(makeWords(), {
    element: host, root, signal, site, thread, path, former, look, asked, settings: {}, tools: [],
    h, quiet, byline, markup, part, say, emit,
    // What is sent, and receipts (all but `sites/…`), are answered in words: in ours. All else has one address for everybody.
    call: (path, options) => call(path + (options?.body || path < 's' ? '?lang=' + here.locale : ''), options),
    // Styles of a part, once.
    styles: (text) => root.adoptedStyleSheets = [...root.adoptedStyleSheets, makeSheet(text)],
    memory: (...names) => memory(kept, site, thread, ...names),
    known: memory(kept, site, 'known'),
    me: memory(kept, 'me'),

    // Runs a part for what the reader pressed; what cannot be had is said there, and the rest goes on.
    async use(name, node, ...rest) {
      try {
        const run = await part(name);
        missing.remove();
        return await run(here, node, ...rest);
      } catch {
        missing.textContent = here.t('This cannot be loaded just now. Please try again.');
        node.after(missing);
      }
    },

    async sent(one) {
      emit('submitted');
      await follow();
      mine.sent(one);
    },
  });
  const { t } = here;
  const speak = (...first) => here.speak(attribute('language'), ...first, host.lang, document.documentElement.lang);
  const follow = async () => mine ||= (await part('mine'))(here);

  const trouble = ({ code, status }) => {
    emit('error', { code, status });
    if (code === 'unknown_thread') tell(t('This conversation is closed.'));
    else tell(t('The comments cannot be loaded just now') + '. ', quiet(t('Try again'), load));
  };

  // All pages that are shown, asked for anew; those that did not change cost a 304 each.
  const pull = async () => {
    const { sort, around, pages } = asked;
    const found = new Map();
    let query = around && { around };
    let answer;
    for (let n = 0; n < pages; n++) {
      answer = await call(`${path}comments?${new URLSearchParams({ thread, sort, limit: n ? 200 : 100, ...asked.only, ...query })}`);
      for (const comment of answer.comments) found.set(comment.id, comment);
      if (!answer.next_cursor) break;
      query = { cursor: answer.next_cursor };
    }
    return { ...answer, comments: [...found.values()] };
  };

  const show = (found) => {
    ({ comments, thread: head, next_cursor: cursor } = here.shown = found);
    redraw();
    emit('shown', { count: head.count });
  };

  const draw = async (mine) => {
    const found = await pull();
    // One drawing for comments and form, and for all who ask meanwhile: nothing that stands is pushed away.
    await prepared;
    if (mine !== turn) return latest;
    if (!signal.aborted) show(found);
  };

  const refresh = () => latest = draw(++turn);

  const redraw = () => {
    const { dir, locale } = here;
    const { count } = head;
    const { sort } = asked;
    const rest = count - comments.filter(({ author }) => author).length;
    Object.assign(frame, { dir, lang: locale });
    heading.textContent = count ? t('{n} comment|{n} comments', { n: count }) : t('Comments');
    order.hidden = count < 2;
    const orders = { oldest: t('oldest first'), newest: t('newest first'), top: t('top first') };
    for (const button of order.children) {
      button.textContent = orders[button.value];
      button.ariaPressed = button.value === sort;
    }
    more.textContent = asked.more ?? t('Show {n} more comment|Show {n} more comments', { n: rest });
    more.hidden = !cursor;
    banner.textContent = head.banner;
    list.show(comments, reply);
    mine?.place(list);
    for (const empty of list.node.querySelectorAll('ol:empty')) empty.remove();
    list.node.hidden = !list.node.firstChild;
    if (form.note && !frame.contains(form.node)) form.under();
    tell(list.node.hidden && (asked.none ?? t('No comments yet. Yours would be the first.')),
      asked.around && rest > 0 && quiet(t('Show all comments'), () => go(sort)));
  };

  // Answers what the form is like. All that has to be there when it is drawn is, and was asked for at once.
  const prepare = async (guessed) => {
    const fetched = form.load();
    fetched.catch(() => 0);
    if (here.memory('sent')()) await follow().catch(() => 0);
    await guessed;
    const answer = await fetched;
    here.form = answer;
    here.settings = answer.settings ?? {};
    await speak(here.settings.language);
    // Before the comments are drawn: each is drawn once, with what can be done about it.
    if (answer.open) reply = (comment, item) => {
      form.under(comment, item);
      form.focus();
    };
    return answer;
  };

  const load = async () => {
    frame.ariaBusy = 'true';
    tell();
    // The words of this language come with the answers; the site may name another one.
    prepared = prepare(speak()).catch((problem) => problem);
    try {
      await refresh();
      const answer = await prepared;
      if (!answer.fields) throw answer;
      const { parent } = form;
      if (answer.open) form.draw(answer.fields);
      else form.home.replaceChildren(t('This conversation is closed.'));
      if (!items.has(asked.around)) asked.around = null;
      redraw();
      const comment = comments.find(({ id, author }) => author && id === parent);
      if (answer.open && comment) form.under(comment, items.get(comment.id));
      emit('ready', { count: head.count });
    } catch (problem) {
      trouble(problem);
    }
    // What the place kept for us has moved below the fold stays there until the reader does something.
    frame.style.minHeight = innerHeight - Math.max(0, host.getBoundingClientRect().top) + 'px';
    frame.ariaBusy = null;
    if (asked.around) here.use('rest', state, asked.around);
    for (const name of here.settings.parts ?? []) here.use(name, state);
    // What is new meanwhile is asked for ever more seldom, and by nobody who looks elsewhere.
    setTimeout(() => signal.aborted || part('news').then((begin) => begin(here, more), () => 0), 1e4);
  };

  const reveal = (id) => {
    const article = items.get(id)?.article ?? root.getElementById(id)?.firstChild;
    for (let folded; folded = article?.closest('ol[hidden]');) folded.toggle.click();
    article?.scrollIntoView({ block: 'center' });
    article?.focus({ preventScroll: true });
    article?.classList.add('found');
  };

  const go = (sort, around) => {
    Object.assign(asked, { sort, around, pages: 1 });
    return refresh().catch(trouble);
  };

  const heading = h('h2', { class: 'count' });
  const order = h('div', { class: 'order', hidden: true }, ...['oldest', 'newest', 'top'].map((value) => quiet('', () => go(value), { value })));
  const live = h('p', { class: 'away', role: 'status' });
  const banner = h('p', { class: 'banner', dir: 'auto' });
  const state = h('div', { class: 'soft' });
  const missing = h('p', { role: 'alert', class: 'error' });
  const more = h('button', { type: 'button', class: 'more', hidden: true, click: () => here.use('rest', more) });
  const list = makeList(here);
  const form = makeForm(here);
  const { items } = list;
  Object.assign(here, { items, redraw, refresh, pull, show, reveal, go });
  const frame = h('section', { class: 'widget' }, h('div', { class: 'head' }, heading, order), banner, form.home, state, list.node, more, live);

  // The page's own text colour says whether we stand on dark ground; a reader may switch it at any time. The outline has
  // that colour as `color(srgb 0 .5 1)`, in whatever space the page named it.
  const paint = () => {
    const [, , red, green, blue] = getComputedStyle(frame).outlineColor.split(/[ (]/).map((part) => parseFloat(part) || 0);
    const theme = /^(light|dark)$/.exec(attribute('theme'))?.[0];
    frame.classList.toggle('themed', !!theme);
    frame.classList.toggle('dark', theme ? theme === 'dark' : red * 0.3 + green * 0.6 + blue * 0.1 > 0.55);
  };

  const tick = () => {
    if (signal.aborted) return;
    paint();
    for (const time of root.querySelectorAll('time')) {
      time.textContent = ago(time.dateTime, here.locale);
      // Not as they are drawn: the first one costs as much as thirty comments.
      time.title ||= new Date(time.dateTime).toLocaleString(here.locale, { dateStyle: 'full', timeStyle: 'short' });
    }
    setTimeout(tick, 5e3);
  };

  host.paint = paint;
  frame.style.setProperty('--accent', attribute('accent'));
  for (const type of ['click', 'keydown']) addEventListener(type, () => frame.style.minHeight = '', { signal, capture: true });
  addEventListener('hashchange', () => linked() && here.use('rest', state, linked()), { signal });
  frame.ariaBusy = 'true';
  root.adoptedStyleSheets = [sheet];
  root.replaceChildren(frame);
  look();
  tick();
  // Far below the fold nothing is asked for until a reader comes near.
  const near = new IntersectionObserver(([{ isIntersecting }]) => {
    if (!isIntersecting && !asked.around && attribute('loading') !== 'eager') return;
    near.disconnect();
    if (!signal.aborted) load();
  }, { rootMargin: '2000px' });
  near.observe(frame);
};

customElements.get('rejoinder-comments') || customElements.define('rejoinder-comments', class extends HTMLElement {
  static get observedAttributes() {
    return ['site', 'thread', 'sort', 'language', 'storage', 'theme'];
  }

  connectedCallback() {
    this.settle();
  }

  disconnectedCallback() {
    this.settle();
  }

  attributeChangedCallback() {
    this.settle();
    this.paint?.();
  }

  // After all that a page does in one go, as to set several attributes or to move the element: begins, goes on or rests.
  settle() {
    queueMicrotask(() => {
      if (!sheet) return part('plain').then((draw) => draw(this, API, h), () => 0);
      const attributes = (...names) => names.map((name) => this.getAttribute(name));
      const thread = attributes('site', 'thread').join(' ');
      const shown = this.isConnected && thread + attributes('sort', 'language', 'storage');
      if (shown === this.shown) return;
      this.shown = shown;
      this.life?.abort();
      if (!shown) return;
      if (thread !== this.last) {
        this.former = this.said ?? [];
        this.said = attributes('page-url', 'page-title');
        this.last = thread;
      }
      if (!this.shadowRoot) this.attachShadow({ mode: 'open' });
      this.life = new AbortController();
      start(this, this.shadowRoot, this.life.signal, this.former);
    });
  }
});
