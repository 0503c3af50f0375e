// What the scripts say, in the page's language. Messages are written in English; the page carries their translations.

const given = document.getElementById('translations');
const messages = given ? JSON.parse(given.textContent) : {};
const language = document.documentElement.lang || 'en';
const plurals = new Intl.PluralRules(language);
const numbers = new Intl.NumberFormat(language);

// A number in its groups of digits.
export const number = (n) => numbers.format(n);

const filled = (message, values) => message.replace(/%(?:%|\((\w+)\)s)/g, (found, name) => (name ? values[name] ?? '' : '%'));

// The message with `%(name)s` replaced by `values.name`; a literal percent sign is written `%%`.
export function t(message, values = {}) {
  return filled(messages[message] ?? message, values);
}

// `one` or `many`, as the language counts; `%(num)s` is the number.
export function nt(one, many, n, values = {}) {
  const forms = messages[one] ?? { one, other: many };
  return filled(forms[plurals.select(n)] ?? forms.other, { num: number(n), ...values });
}
