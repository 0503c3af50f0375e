// Tells the page that frames this one how high it is, so that nobody scrolls within a frame. Only the site's own pages are
// told, which the service names here; AMP understands the second message.

const named = document.querySelector('meta[name=rejoinder-origins]')?.content.split(' ') ?? [];
// Where browsers say who frames us, the others need not be tried.
const framers = location.ancestorOrigins ? named.filter((origin) => origin === location.ancestorOrigins[0]) : named;

if (parent !== window && framers.length) {
  let last;
  new ResizeObserver(() => {
    const height = Math.ceil(document.documentElement.getBoundingClientRect().height);
    if (height === last) return;
    last = height;
    for (const origin of framers) {
      parent.postMessage({ type: 'rejoinder:height', height }, origin);
      parent.postMessage({ sentinel: 'amp', type: 'embed-size', height }, origin);
    }
  }).observe(document.documentElement);
}
