// Before a comment is sent, where the site wants it: what people may take offence at, underlined in the writer's own text.
// Answers whether anything was; without an answer in time nothing is, and the comment goes its way.

export default async ({ call, h, path, t }, form, body) => {
  const { text, spans } = await call(path + 'nudge', {
    method: 'POST', headers: { 'Content-Type': 'application/json' }, body: JSON.stringify({ body }), signal: AbortSignal.timeout(4e3),
  }).catch(() => ({ spans: [] }));
  if (!spans.length) return false;
  const letters = [...text];
  const cut = (start, end) => letters.slice(start, end).join('');
  const pieces = spans.flatMap(({ start, end }, n) => [cut(spans[n - 1]?.end ?? 0, start), h('u', null, cut(start, end))]);
  form.note.replaceChildren(
    t('People may take offence at what is underlined. You can change it, or send it as it is.'),
    h('blockquote', { class: 'text typed', dir: 'auto' }, ...pieces, cut(spans.at(-1).end)));
  return true;
};
