// Where this page is in the desk, and its fixed parts.

export const $ = (id) => document.getElementById(id);
export const right = $('right');
export const page = document.body.dataset; // csrf, tab, actor, hands, view
export const caseNow = () => $('case');
export const narrow = () => innerWidth < 900;

// Of one visit, or said already: they belong to no other place.
const PASSING = ['done', 'trouble', 'said', 'job', 'at', 'cursor'];

export function listQuery() {
  const query = new URLSearchParams(location.search);
  for (const name of PASSING) query.delete(name);
  return query;
}

// The desk's address with this comment open, or none.
export function place(id) {
  const query = listQuery();
  if (id) query.set('at', id);
  return '/moderate/' + (query.size ? '?' + query : '');
}
