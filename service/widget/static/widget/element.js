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

// For browsers that lack what the widget needs: the page that needs no script.
const plainPage = (host) => {
  const [site, thread, page_url] = ['site', 'thread', 'page-url'].map((name) => host.getAttribute(name));
  const asked = new URLSearchParams({ thread, page_url: page_url || address(), page_title: document.title });
  host.link?.remove();
  // A page may have put its own there.
  if (!host.firstElementChild) host.append(host.link = h('a', { href: new URL(`../../embed/${site}?${asked}`, API) }, 'Read and write comments'));
};

// Everything rests when `signal` is aborted. `former` holds what was said of another thread's page.
const start = (host, root, signal, former) => {
  const attribute = (name) => host.getAttribute(name) || '';
  const site = attribute('site');
  const thread = attribute('thread');
  const path = `sites/${encodeURIComponent(site)}/`;
  // Read when a comment is sent. What still is as it was for another thread has been left behind.
  const said = (name) => !former.includes(host.getAttribute(name)) && attribute(name);
  const page = () => ({
    page_url: h('a', { href: said('page-url') }).href || address(),
    page_title: [...(said('page-title') || document.title)].slice(0, 200).join(''),
  });
  const anchor = /^#comment-(\w{26})$/.exec(location.hash)?.[1];
  const kept = attribute('storage') !== 'none';
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
  let mine;

  const say = (text) => live.textContent = text;
  const tell = (...content) => state.replaceChildren(...content.filter(Boolean));

  // What a part is given: docs/architecture.md says what it may count on.
  const here = Object.assign(makeWords(), {
    element: host, root, signal, site, thread, path, page, settings: {}, tools: [],
    call, h, quiet, byline, part, say,
    memory: (...place) => memory(kept, site, thread, ...place),
    known: memory(kept, site, 'known'),
    redraw: () => redraw(),
    refresh: () => refresh(),

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

    async arrived({ id }) {
      await refresh();
      if (!list.items.has(id)) {
        // It stands on a page that is not shown, or another process of the service is a moment behind.
        comments.push(await call(`${path}comments/${id}`));
        redraw();
      }
      list.items.get(id)?.article.classList.add('found');
      say(here.t('Your comment is published.'));
    },

    async sent(one) {
      await follow();
      mine.add(one);
      redraw();
      reveal(root.getElementById('mine-' + one.id)?.firstChild);
      say(here.t('Your comment has arrived.'));
    },
  });
  const { t } = here;
  const speak = (...first) => here.speak(attribute('language'), ...first, host.lang, document.documentElement.lang);
  const follow = async () => mine ||= (await part('mine'))(here);

  const trouble = ({ title }) => tell((title || t('The comments cannot be loaded just now')) + '. ', quiet(t('Try again'), load));

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
    const { dir, locale } = here;
    Object.assign(frame, { dir, lang: locale });
    heading.textContent = count ? t('{n} comment|{n} comments', { n: count }) : t('Comments');
    order.hidden = count < 2;
    const orders = { oldest: t('oldest first'), newest: t('newest first') };
    for (const button of order.children) {
      button.textContent = orders[button.value];
      button.ariaPressed = button.value === sort;
    }
    more.textContent = t('Show more comments');
    more.hidden = !cursor;
    list.show(comments, reply);
    // The writer's own waiting comments stand where they will stand: under what they answer, or where new ones appear.
    const { activeElement } = root;
    for (const node of root.querySelectorAll('.mine')) node.remove();
    for (const one of mine?.all() ?? []) {
      const above = list.items.get(one.parent);
      if (!list.items.has(one.id)) (above ? list.below(above) : list.node)[above || sort === 'oldest' ? 'append' : 'prepend'](mine.draw(one));
    }
    // Somebody may be typing in one of them.
    activeElement?.focus({ preventScroll: true });
    for (const empty of list.node.querySelectorAll('ol:empty')) empty.remove();
    list.node.hidden = !list.node.firstChild;
    if (reply && !frame.contains(form.node)) form.under();
    tell(!list.node.firstChild && t('No comments yet. Yours would be the first.'),
      around && comments.length < count && quiet(t('Show all comments'), () => reorder(sort)));
  };

  // Answers what the form is like. All that has to be there when it is drawn is, and was asked for at once.
  const prepare = async (guessed) => {
    const fetched = form.load();
    fetched.catch(() => 0);
    if (here.memory('sent')()) await follow().catch(() => 0);
    await guessed;
    const answer = await fetched;
    here.settings = answer.settings ?? {};
    await speak(here.settings.language);
    return answer;
  };

  const load = async () => {
    frame.ariaBusy = 'true';
    tell();
    // The words of this language come with the answers; the site may name another one.
    asked = prepare(speak()).catch((problem) => problem);
    try {
      await refresh();
      const answer = await asked;
      if (!answer.fields) throw answer;
      const { parent } = form;
      if (answer.open) {
        reply = (comment, item) => {
          form.under(comment, item);
          form.focus();
        };
        form.draw(answer.fields);
      } else form.home.replaceChildren(t('Comments on this article are closed.'));
      redraw();
      const comment = comments.find(({ id, author }) => author && id === parent);
      if (answer.open && comment) form.under(comment, list.items.get(comment.id));
    } catch (problem) {
      trouble(problem);
    }
    // What the place kept for us has moved below the fold stays there until the reader does something.
    frame.style.minHeight = innerHeight - Math.max(0, host.getBoundingClientRect().top) + 'px';
    frame.ariaBusy = null;
    for (const name of here.settings.parts ?? []) here.use(name, state);
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
      say(t('{n} more comment shown.|{n} more comments shown.', { n: comments.length - known }));
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

  const heading = h('h2');
  const order = h('div', { class: 'order' }, ...['oldest', 'newest'].map((value) => quiet('', () => reorder(value), { value })));
  const live = h('p', { class: 'away', role: 'status' });
  const state = h('div', { class: 'soft' });
  const missing = h('p', { class: 'error', role: 'alert' });
  const more = h('button', { type: 'button', class: 'more', hidden: true, click: () => extend() });
  const list = makeList(here);
  const form = makeForm(here);
  const frame = h('section', null, h('div', { class: 'head' }, heading, order), form.home, state, list.node, more, live);

  // The page's own text colour says whether we stand on dark ground; a reader may switch it at any time. The outline has
  // that colour as `color(srgb 0 .5 1)`, in whatever space the page named it.
  const tick = () => {
    if (signal.aborted) return;
    const [, , red, green, blue] = getComputedStyle(frame).outlineColor.split(/[ (]/).map((part) => parseFloat(part) || 0);
    frame.classList.toggle('dark', red * 0.3 + green * 0.6 + blue * 0.1 > 0.55);
    for (const time of root.querySelectorAll('time')) time.textContent = ago(time.dateTime, here.locale);
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
      if (!sheet) return plainPage(this);
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
