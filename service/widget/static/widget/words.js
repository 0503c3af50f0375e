// What the widget says. English stands where it is said, and is what a catalogue of another language is asked with;
// what depends on a number `n` has two forms there ('{n} comment|{n} comments') and as many as it needs in the others.

const makeWords = () => {
  let table = {};
  let rules = new Intl.PluralRules('en');

  // The sentence in pieces, with what `values` has for {name}, nodes too, in its place.
  const words = (text, values) => {
    const [one, other] = text.split('|');
    const found = table[text] ?? (other ? { one, other } : text);
    const said = other ? found[rules.select(values.n)] ?? found.other : found;
    return said.split(/\{(\w+)\}/).map((piece, at) => {
      if (at % 2 === 0) return piece;
      const value = values[piece];
      return value?.toFixed ? value.toLocaleString(own.locale) : value;
    });
  };

  const own = {
    words,
    t: (text, values) => words(text, values).join(''),
    locale: 'en',
    dir: 'ltr',
    // Speaks the first of these languages that there are words in. Where they cannot be had, what was spoken goes on.
    async speak(...tags) {
      const plain = (tag) => /^\w\w+/.exec(tag || '')?.[0].toLowerCase();
      const tag = tags.find((tag) => LANGUAGES.includes(plain(tag))) || 'en';
      const language = plain(tag);
      const locale = /^[a-z]{2}-[a-z]{2}$/i.test(tag) ? tag : language;
      try {
        if (locale !== own.locale) table = language === 'en' ? {} : await part('words-' + language);
        rules = new Intl.PluralRules(language);
        own.locale = locale;
        own.dir = /ar|fa|he|ur/.test(language) ? 'rtl' : 'ltr';
      } catch {
        // English, or the language before, is better than nothing.
      }
    },
  };
  return own;
};
