// What the scripts say, in the page's language. Messages are written in English; the page carries their translations.

const given = document.getElementById('translations');
const messages = given ? JSON.parse(given.textContent) : {};

// The message with `%(name)s` replaced by `values.name`; a literal percent sign is written `%%`.
export function t(message, values = {}) {
  return (messages[message] ?? message).replace(/%(?:%|\((\w+)\)s)/g, (found, name) => (name ? values[name] ?? '' : '%'));
}
