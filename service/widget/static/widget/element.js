// <rejoinder-comments site="demo" thread="4711">: everything above, joined in a shadow root.

// Where the page's canonical link was first seen: one that stays when the page goes on belongs to the article before.
let canonical;
let seen;

// The page's address. A canonical link counts on this site only: elsewhere the article is another's, and here is a copy.
const address = () => {
  const link = document.querySelector('link[rel~=canonical]')?.href;
  const { href, pathname, search } = location;
  const domain = (url) => /\/\/(?:www\.)?([^/]*)/.exec(url)?.[1];
  if (link !== canonical) {
    canonical = link;
    seen = pathname + search;
  }
  return link && seen === pathname + search && domain(link) === domain(href) ? link : href;
};

// Everything rests when `signal` is aborted. `former` holds what was said of another thread's page.
const start = (host, root, signal, former) => {
  const attribute = (name) => host.getAttribute(name) || '';
  const site = attribute('site');
  const thread = attribute('thread');
  const path = `sites/${encodeURIComponent(site)}/`;
  // The words are English; dates and numbers follow the page where it is English of some country.
  const [locale] = /^en(-[A-Z]{2})?$/.exec(host.lang || document.documentElement.lang) ?? ['en'];
  // Read when a comment is sent. What still is as it was for another thread has been left behind.
  const said = (name) => !former.includes(host.getAttribute(name)) && attribute(name);
  const page = () => ({
    page_url: h('a', { href: said('page-url') }).href || address(),
    page_title: [...(said('page-title') || document.title)].slice(0, 200).join(''),
  });
  const anchor = /^#comment-(\w{26})$/.exec(location.hash)?.[1];
  let sort = attribute('sort') === 'newest' ? 'newest' : 'oldest';
  let around = anchor;
  let pages = 1;
  let turn = 0;
  let comments = [];
  let count = 0;
  let cursor;
  let reply;
  let asked;
  let latest;

  const say = (text) => live.textContent = text;
  const tell = (...content) => state.replaceChildren(...content.filter(Boolean));

  const trouble = ({ title }) => tell((title || 'The comments cannot be loaded just now') + '. ', quiet('Try again', load));

  const ask = (query) => call(`${path}comments?${new URLSearchParams({ thread, sort, ...query })}`);

  // All pages that are shown are asked for anew; those that did not change cost a 304 each.
  const pull = async (mine) => {
    const found = new Map();
    let query = around && { around };
    let answer;
    for (let n = 0; n < pages; n++) {
      answer = await ask(query);
      for (const comment of answer.comments) found.set(comment.id, comment);
      if (!answer.next_cursor) break;
      query = { cursor: answer.next_cursor };
    }
    // One drawing for comments and form, and for all who ask meanwhile: nothing that stands is pushed away.
    await asked;
    if (mine !== turn) return latest;
    if (signal.aborted) return;
    comments = [...found.values()];
    count = answer.thread.count;
    cursor = answer.next_cursor;
    redraw();
  };

  const refresh = () => latest = pull(++turn);

  const redraw = () => {
    heading.textContent = count ? `${count.toLocaleString(locale)} comment${count > 1 ? 's' : ''}` : 'Comments';
    order.hidden = count < 2;
    for (const button of order.children) button.ariaPressed = button.value === sort;
    more.hidden = !cursor;
    list.show(comments, reply);
    // The writer's own waiting comments stand where they will stand: under what they answer, or where new ones appear.
    for (const node of root.querySelectorAll('.mine')) node.remove();
    for (const one of mine.all()) {
      const replies = list.items.get(one.parent)?.replies;
      if (!list.items.has(one.id)) (replies ?? list.node)[replies || sort === 'oldest' ? 'append' : 'prepend'](mine.draw(one));
    }
    if (reply && !frame.contains(form.node)) form.under();
    tell(!list.node.firstChild && 'No comments yet. Yours would be the first.',
      around && comments.length < count && quiet('Show all comments', () => reorder(sort)));
  };

  const load = async () => {
    frame.ariaBusy = 'true';
    tell();
    asked = form.load().catch((problem) => problem);
    try {
      await refresh();
      const answer = await asked;
      if (!answer.fields) throw answer;
      if (answer.open) {
        reply = (comment, item) => {
          form.under(comment, item);
          form.focus();
        };
        form.draw(answer.fields);
      } else form.home.replaceChildren('Comments on this article are closed.');
      redraw();
      const comment = comments.find(({ id, author }) => author && id === form.parent);
      if (comment) form.under(comment, list.items.get(comment.id));
    } catch (problem) {
      trouble(problem);
    }
    // What the place kept for us has moved below the fold stays there until the reader does something.
    frame.style.minHeight = innerHeight - Math.max(0, host.getBoundingClientRect().top) + 'px';
    frame.ariaBusy = null;
    reveal(list.items.get(anchor)?.article);
  };

  const reveal = (article) => {
    article?.scrollIntoView({ block: 'center' });
    article?.focus({ preventScroll: true });
    article?.classList.add('found');
  };

  const extend = async () => {
    const known = comments.length;
    pages++;
    try {
      await refresh();
      list.items.get(comments[known]?.id)?.article.focus();
      say(`${comments.length - known} more comments shown.`);
    } catch (problem) {
      pages--;
      trouble(problem);
    }
  };

  const reorder = (next) => {
    sort = next;
    around = null;
    pages = 1;
    refresh().catch(trouble);
  };

  const arrived = async ({ id }) => {
    await refresh();
    if (!list.items.has(id)) {
      // It stands on a page that is not shown, or another process of the service is a moment behind.
      comments.push(await call(`${path}comments/${id}`));
      redraw();
    }
    list.items.get(id)?.article.classList.add('found');
    say('Your comment is published.');
  };

  const added = (one) => {
    mine.add(one);
    redraw();
    reveal(root.getElementById('mine-' + one.id)?.firstChild);
    say('Your comment has arrived.');
  };

  const heading = h('h2', null, 'Comments');
  const order = h('div', { class: 'order' }, ...['oldest', 'newest'].map((value) => quiet(value + ' first', () => reorder(value), { value })));
  const live = h('p', { class: 'away', role: 'status' });
  const state = h('div', { class: 'soft' });
  const more = h('button', { type: 'button', class: 'more', hidden: true, click: extend }, 'Show more comments');
  const list = makeList(locale);
  const mine = makeMine(site, thread, signal, arrived, (text) => {
    redraw();
    if (text) say(text);
  });
  const form = makeForm({ site, thread, path, page, locale, signal }, added, mine.known);
  const frame = h('section', { dir: 'ltr', lang: locale }, h('div', { class: 'head' }, heading, order), form.home, state, list.node, more, live);

  // The page's own text colour says whether we stand on dark ground; a reader may switch it at any time. The outline has
  // that colour as `color(srgb 0 .5 1)`, in whatever space the page named it.
  const tick = () => {
    if (signal.aborted) return;
    const [, , red, green, blue] = getComputedStyle(frame).outlineColor.split(/[ (]/).map((part) => parseFloat(part) || 0);
    frame.classList.toggle('dark', red * 0.3 + green * 0.6 + blue * 0.1 > 0.55);
    for (const time of root.querySelectorAll('time')) time.textContent = ago(time.dateTime, locale);
    setTimeout(tick, 5e3);
  };

  frame.style.setProperty('--accent', attribute('accent'));
  for (const type of ['click', 'keydown']) addEventListener(type, () => frame.style.minHeight = '', { signal, capture: true });
  root.replaceChildren(frame);
  address();
  load();
  tick();
};

customElements.get('rejoinder-comments') || customElements.define('rejoinder-comments', class extends HTMLElement {
  static observedAttributes = ['site', 'thread'];

  connectedCallback() {
    this.settle();
  }

  disconnectedCallback() {
    this.settle();
  }

  attributeChangedCallback() {
    this.settle();
  }

  // After all that a page does in one go, as to set several attributes or to move the element: begins, goes on or rests.
  settle() {
    queueMicrotask(() => {
      const attributes = (...names) => names.map((name) => this.getAttribute(name));
      const shown = this.isConnected && attributes('site', 'thread').join(' ');
      if (shown === this.shown) return;
      this.shown = shown;
      this.life?.abort();
      if (!shown) return;
      if (shown !== this.last) {
        this.former = this.said ?? [];
        this.said = attributes('page-url', 'page-title');
        this.last = shown;
      }
      if (!this.shadowRoot) this.attachShadow({ mode: 'open' }).adoptedStyleSheets = [sheet];
      this.life = new AbortController();
      start(this, this.shadowRoot, this.life.signal, this.former);
    });
  }
});
