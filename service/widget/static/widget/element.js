// <rejoinder-comments site="demo" thread="4711">: everything above, joined in a shadow root.

// Everything rests when `signal` is aborted.
const start = (host, root, signal) => {
  const attribute = (name) => host.getAttribute(name) || '';
  const site = attribute('site');
  const thread = attribute('thread');
  const path = `sites/${encodeURIComponent(site)}/`;
  // The words are English; dates and numbers follow the page where it is English of some country.
  const [locale] = /^en(-[A-Z]{2})?$/.exec(host.lang || document.documentElement.lang) ?? ['en'];
  const page = {
    page_url: attribute('page-url') || document.querySelector('link[rel=canonical]')?.href || location.href,
    page_title: (attribute('page-title') || document.title).slice(0, 200),
  };
  const anchor = /^#comment-(\w{26})$/.exec(location.hash)?.[1];
  let sort = attribute('sort') === 'newest' ? 'newest' : 'oldest';
  let around = anchor;
  let pages = 1;
  let turn = 0;
  let comments = [];
  let count = 0;
  let cursor;
  let reply;

  const say = (text) => live.textContent = text;
  const tell = (...content) => state.replaceChildren(...content.filter(Boolean));

  const trouble = ({ title }) => tell((title || 'The comments cannot be loaded just now') + '. ', quiet('Try again', load));

  const ask = (query) => call(`${path}comments?${new URLSearchParams({ thread, sort, ...query })}`);

  // All pages that are shown are asked for anew; those that did not change cost a 304 each.
  const refresh = async () => {
    const mine = ++turn;
    const found = new Map();
    let query = around && { around };
    let answer;
    for (let n = 0; n < pages; n++) {
      answer = await ask(query);
      for (const comment of answer.comments) found.set(comment.id, comment);
      if (!answer.next_cursor) break;
      query = { cursor: answer.next_cursor };
    }
    if (mine !== turn || signal.aborted) return;
    comments = [...found.values()];
    count = answer.thread.count;
    cursor = answer.next_cursor;
    redraw();
  };

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
    const asked = form.load().catch((problem) => problem);
    tell('Loading the comments…');
    try {
      await refresh();
    } catch (problem) {
      return trouble(problem);
    }
    const answer = await asked;
    if (!answer.fields) return trouble(answer);
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
    list.items.get(id).article.classList.add('found');
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
  const frame = h('section', null, h('div', { class: 'head' }, heading, order), form.home, state, list.node, more, live);

  // The page's own text colour says whether we stand on dark ground; a reader may switch it at any time.
  const shade = () => {
    const [red, green, blue] = getComputedStyle(host).color.match(/[\d.]+/g);
    frame.classList.toggle('dark', red * 0.3 + green * 0.6 + blue * 0.1 > 140);
  };
  const tick = () => {
    shade();
    for (const time of root.querySelectorAll('time')) time.textContent = ago(time.dateTime, locale);
    if (!signal.aborted) setTimeout(tick, 5e3);
  };

  frame.style.setProperty('--accent', attribute('accent'));
  root.replaceChildren(frame);
  load();
  tick();
};

customElements.define('rejoinder-comments', class extends HTMLElement {
  static observedAttributes = ['site', 'thread'];

  connectedCallback() {
    if (!this.shadowRoot) this.attachShadow({ mode: 'open' }).adoptedStyleSheets = [sheet];
    this.life = new AbortController();
    start(this, this.shadowRoot, this.life.signal);
  }

  disconnectedCallback() {
    this.life.abort();
  }

  // A page may go to another article without loading.
  attributeChangedCallback() {
    if (!this.life || !this.isConnected) return;
    this.life.abort();
    this.connectedCallback();
  }
});
