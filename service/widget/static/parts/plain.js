// For browsers that lack what the widget needs: a link to the page that needs no script.

export default (host, api, h) => {
  const [site, thread, place, title] = ['site', 'thread', 'page-url', 'page-title'].map((name) => host.getAttribute(name));
  const asked = new URLSearchParams({ thread, page_url: place || location.href, page_title: title || document.title });
  host.link?.remove();
  // A page may have put its own there.
  if (!host.firstElementChild) {
    host.link = h('a', { href: new URL(`../../embed/${site}?${asked}`, api) }, 'Read and write comments');
    host.append(host.link);
  }
};
