// The rest of a long thread, and the place in it of a comment that the page's address names, or of the replies whose number
// was pressed before they were there.

export default async (here, node, id) => {
  const { asked, h, t } = here;
  if (id) {
    if (!here.items.has(id)) await here.go(asked.sort, id);
    // Of a part of the thread: what some of it answers stands further up than is shown.
    for (const comment of here.shown.comments) {
      if (comment.author && comment.parent_id && !here.items.has(comment.parent_id)) {
        const line = here.items.get(comment.id).article.firstChild;
        line.querySelector('.above') ?? line.append(h('span', { class: 'soft above' }, t('to an earlier comment')));
      }
    }
    return here.reveal(id);
  }
  const known = new Set(here.items.keys());
  const { pages } = asked;
  // The first page is short, so that it comes soon; these have 200 each.
  asked.pages += 25;
  try {
    await here.refresh();
  } catch (problem) {
    asked.pages = pages;
    throw problem;
  }
  const added = here.shown.comments.filter((comment) => !known.has(comment.id));
  const branch = node.closest('li');
  here.reveal((branch && added.find((comment) => branch.contains(here.items.get(comment.id)?.li)) || added[0])?.id);
  here.say(t('{n} more comment shown.|{n} more comments shown.', { n: added.length }));
};
