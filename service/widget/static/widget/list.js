// The published comments as a tree. Nodes are kept by id, so a reload moves no focus and loses no half-written reply.

// `show(comments, reply)`: `reply(comment, item)` opens the form under a comment; without it there are no replies.
const makeList = (here) => {
  const { t, words } = here;
  const items = new Map();
  const node = h('ol', { class: 'tree' });
  // How many levels of replies are indented.
  const most = () => here.settings.reply_depth ?? 4;

  const draw = (comment, item, parent) => {
    const { author, created_at } = comment;
    const { replies } = item;
    const toggle = replies.toggle = comment.replies && item.depth < most() && quiet(t('{n} reply|{n} replies', { n: comment.replies }), () => {
      // They may stand further down than is shown.
      if (!replies.parentNode) return here.use('rest', toggle);
      replies.hidden = !replies.hidden;
      below(item);
    }, { 'aria-expanded': 'false' });
    if (!author) return [h('p', { class: 'soft' }, comment.state === 'withdrawn' ? t('This comment was withdrawn by its writer.') : t('This comment was removed.')), toggle];
    const badges = [
      author.badge === 'author' && t('Author'),
      author.badge === 'staff' && t('Staff'),
      author.badge === 'verified' && t('Verified'),
      comment.pinned && t('Pinned'),
      comment.featured && t('Featured'),
    ];
    return [
      byline(author.avatar, author.name, author.website,
        ...badges.filter(Boolean).map((badge) => h('span', { class: 'badge' }, badge)),
        // Where indenting ends, on narrow screens too, each says whom it answers.
        parent?.name && item.depth > Math.min(3, most()) && h('span', { class: 'soft' },
          ...words('to {name}', { name: h('bdi', null, parent.name) })),
        h('a', { href: comment.url, class: 'soft' }, h('time', { datetime: created_at }, ago(created_at, here.locale))),
        comment.edited_at && h('span', { class: 'soft' }, t('edited'))),
      markup(comment.html),
      h('p', { class: 'act' },
        item.reply && quiet(t('Reply'), () => item.reply(comment, item), { 'aria-label': t('Reply to {name}', { name: author.name }) }),
        toggle,
        ...here.tools.map((tool) => tool(comment, item)),
        quiet(t('Report'), ({ currentTarget }) => here.use('report', currentTarget, comment, item))),
    ];
  };

  // The list of replies to a comment. One that nobody answers has none: a list without items is one all the same to
  // who hears the page.
  const below = (item) => {
    const { replies } = item;
    if (!replies.parentNode) item.li.append(replies);
    if (replies.toggle) replies.toggle.ariaExpanded = !replies.hidden;
    return replies;
  };

  const show = (comments, reply) => {
    const gone = new Set(items.keys());
    const last = new Map();
    for (const comment of comments) {
      const { id } = comment;
      const parent = items.get(comment.parent_id);
      if (!gone.delete(id)) {
        const article = h('article', { tabindex: -1, class: 'comment' });
        items.set(id, { article, replies: h('ol', { class: 'tree' }), li: h('li', { id: 'comment-' + id }, article) });
      }
      const item = items.get(id);
      // As an object: some pages change how lists become JSON.
      const print = JSON.stringify({ ...[comment, parent?.name, !reply, here.tools.length, here.locale, most()] });
      if (item.print !== print) {
        Object.assign(item, { print, reply, name: comment.author?.name, depth: parent?.depth + 1 || 0 });
        item.article.replaceChildren(...draw(comment, item, parent).filter(Boolean));
      }
      // Below the deepest level they stand in a row, each with the name of whom it answers.
      const list = item.list = !parent ? node : parent.depth < most() ? below(parent) : parent.list;
      const next = last.has(list) ? last.get(list).nextSibling : list.firstChild;
      if (next !== item.li) list.insertBefore(item.li, next);
      last.set(list, item.li);
    }
    for (const id of gone) {
      items.get(id).li.remove();
      items.delete(id);
    }
  };

  return { node, items, show, below };
};
