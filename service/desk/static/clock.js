// Times in words that stay true while the page is open, and in the reader's own zone on hover.

import { t } from './words.js';

const UNITS = [[31536000, 'year'], [2592000, 'month'], [86400, 'day'], [3600, 'hour'], [60, 'minute']];

const language = document.documentElement.lang;
const relative = new Intl.RelativeTimeFormat(language, { numeric: 'always' });
const exact = new Intl.DateTimeFormat(language, { dateStyle: 'long', timeStyle: 'short' });

export function ago(then, now = Date.now()) {
  const seconds = Math.max(0, (now - then) / 1000);
  const step = UNITS.find(([length]) => seconds >= length);
  return step ? relative.format(-Math.floor(seconds / step[0]), step[1]) : t('just now');
}

export function tellTimes(root = document) {
  for (const time of root.querySelectorAll('time[datetime]')) {
    const then = new Date(time.dateTime);
    const words = 'exact' in time.dataset ? exact.format(then) : ago(then);
    if (time.textContent !== words) time.textContent = words;
    time.title = exact.format(then);
  }
}
