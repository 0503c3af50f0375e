// The published comments as a tree. Nodes are kept by id, so a reload moves no focus and loses no half-written reply.

const BADGES = { author: 'Author', staff: 'Staff', verified: 'Verified' };

// `show(comments, reply)`: `reply(comment, item)` opens the form under a comment; without it there are no replies.
const makeList = (locale) => {
  const items = new Map();
  const node = h('ol', { class: 'tree' });

  const draw = (comment, item, parent) => {
    const { author, created_at } = comment;
    if (!author) return [h('p', { class: 'soft' }, `This comment was ${comment.state === 'withdrawn' ? 'withdrawn by its writer' : 'removed'}.`)];
    const badge = BADGES[author.badge];
    return [
      byline(author.avatar, author.name, author.website,
        badge && h('span', { class: 'badge' }, badge),
        parent?.name && item.depth > 3 && h('span', { class: item.depth > 6 ? 'soft' : 'soft narrow' }, 'to ', h('bdi', null, parent.name)),
        h('a', { href: comment.url, class: 'soft' }, h('time', {
          datetime: created_at, title: new Date(created_at).toLocaleString(locale, { dateStyle: 'full', timeStyle: 'short' }),
        }, ago(created_at, locale))),
        comment.edited_at && h('span', { class: 'soft' }, 'edited')),
      markup(comment.html),
      item.reply && quiet('Reply', () => item.reply(comment, item), { 'aria-label': 'Reply to ' + author.name }),
    ];
  };

  const show = (comments, reply) => {
    const gone = new Set(items.keys());
    const last = new Map();
    for (const comment of comments) {
      const { id } = comment;
      const parent = items.get(comment.parent_id);
      if (!gone.delete(id)) {
        const article = h('article', { tabindex: -1 });
        const replies = h('ol', { class: 'tree' });
        items.set(id, { article, replies, li: h('li', { id: 'comment-' + id }, article, replies) });
      }
      const item = items.get(id);
      const print = JSON.stringify([comment, parent?.name, !reply]);
      if (item.print !== print) {
        Object.assign(item, { print, reply, name: comment.author?.name, depth: parent ? parent.depth + 1 : 0 });
        item.article.replaceChildren(...draw(comment, item, parent).filter(Boolean));
      }
      const list = parent?.replies ?? node;
      const next = last.has(list) ? last.get(list).nextSibling : list.firstChild;
      if (next !== item.li) list.insertBefore(item.li, next);
      last.set(list, item.li);
    }
    for (const id of gone) {
      items.get(id).li.remove();
      items.delete(id);
    }
  };

  return { node, items, show };
};
