globalThis.violations = [];
addEventListener('securitypolicyviolation', (event) => violations.push(event.violatedDirective + ' ' + event.blockedURI));
const widget = document.querySelector('rejoinder-comments');
const show = (path) => {
  const name = path.slice(1) || 'trams';
  document.title = document.querySelector('h1').textContent = name[0].toUpperCase() + name.slice(1);
  widget.setAttribute('page-title', document.title);
  widget.setAttribute('thread', name);
  widget.setAttribute('page-url', path);
};
document.querySelector('nav').addEventListener('click', (event) => {
  event.preventDefault();
  history.pushState(null, '', event.target.href);
  show(location.pathname);
});
addEventListener('popstate', () => show(location.pathname));
