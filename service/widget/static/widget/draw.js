// Making nodes. Nothing here is a script sink (no innerHTML, no style attribute), so the widget needs no Trusted Types
// policy and no exception in the page's Content-Security-Policy.

// A browser that lacks one of these gets a link to the plain page.
const makeSheet = (styles) => {
  try {
    const made = AbortSignal.timeout && new CSSStyleSheet();
    made.replaceSync(styles);
    return made;
  } catch {
    return null;
  }
};
const sheet = makeSheet(STYLES);

const LINK = 'ugc nofollow noopener';

// A function among the properties handles the event of that name; null and false leave a property or a child out.
// What is set to find its own direction are readers' words: they are in the page's language, ours in the widget's.
const h = (tag, properties, ...children) => {
  const node = document.createElementNS('http://www.w3.org/' + (/^(svg|circle)$/.test(tag) ? '2000/svg' : '1999/xhtml'), tag);
  // Its own properties only: pages have been seen that give every object more.
  for (const [name, value] of Object.entries(properties ?? {})) {
    if (value?.call) node.addEventListener(name, value);
    else if (value || value === 0) node.setAttribute(name, value);
    if (value === 'auto') node.lang = document.documentElement.lang;
    // What has a name for our styles has it for the page's `::part()`.
    if (name === 'class') node.setAttribute('part', value);
  }
  node.append(...children.filter(Boolean));
  return node;
};

const quiet = (text, click, properties) => h('button', { type: 'button', class: 'quiet', click, ...properties }, text);

// The service's cleaned HTML, built node by node: what isn't one of the eleven elements can't come to be, whatever was sent.
const ENTITIES = { amp: '&', lt: '<', gt: '>', quot: '"', nbsp: '\u00a0' };
const plain = (text) => text.replace(/&(amp|lt|gt|quot|nbsp);/g, (_, name) => ENTITIES[name]);
const markup = (html) => {
  const root = h('div', { class: 'text', dir: 'auto' });
  let at = root;
  for (const [, text, close, tag, rest] of html.matchAll(/([^<]+)|<(\/?)(\w+)((?:"[^"]*"|[^>"])*)>/g)) {
    if (text) at.append(plain(text));
    else if (!/^(p|br|em|strong|a|blockquote|code|pre|ul|ol|li)$/.test(tag)) continue;
    else if (close) at = at.localName === tag && at !== root ? at.parentNode : at;
    else {
      const href = tag === 'a' && /href="(https?:[^"]*)"/.exec(rest);
      const node = h(tag, href && { href: plain(href[1]), rel: LINK });
      at.append(node);
      if (tag !== 'br') at = node;
    }
  }
  return root;
};

// Three discs whose places and colours come from the random seed alone.
const avatar = (seed) => {
  let state = 7;
  const pick = (most) => (state = state * 7919 % 1000003) % most;
  for (const character of seed) state += character.charCodeAt() + pick(9999);
  const hue = pick(360);
  return h('svg', { viewBox: '0 0 40 40', 'aria-hidden': 'true' }, ...[[99, 0, 78], [22, 40, 60], [11, 190, 48]].map(([r, turn, light]) =>
    h('circle', { cx: pick(40), cy: pick(40), r, fill: `hsl(${hue + turn} 42% ${light}%)` })));
};

const UNITS = { year: 31536e3, month: 2592e3, week: 6048e2, day: 86400, hour: 3600, minute: 60, second: 0 };
const ago = (iso, locale) => {
  // A reader's clock that runs behind must not put a comment into the future.
  const seconds = Math.max(0, (Date.now() - Date.parse(iso)) / 1e3);
  const unit = Object.keys(UNITS).find((unit) => seconds >= UNITS[unit]);
  return new Intl.RelativeTimeFormat(locale, { numeric: 'auto' }).format(-Math.floor(seconds / (UNITS[unit] || 1e9)), unit);
};

const byline = (seed, name, website, ...rest) =>
  h('header', null, avatar(seed), h(website ? 'a' : 'b', { class: 'who', dir: 'auto', href: website, rel: website && LINK }, name), ...rest);
