// Which shortcut a pressed key stands for, whatever the layout of the keyboard.

// What a key's place types on a keyboard with Latin letters: unshifted, shifted.
const PUNCTUATION = { Slash: '/?' };

// Neither ASCII (a letter, a sign, or a name such as `Dead` or `Process`) nor a Latin letter.
const OTHER_SCRIPT = /^[^\x00-\x7f\p{Script=Latin}]+$/u;

// The key as the layout has it goes first: on AZERTY or Dvorak `a` is where its `a` is. Only where the layout types
// another script, the place of the key counts; for digits also where they need Shift (French, Czech).
export function keyOf(event) {
  const { key, code = '', shiftKey } = event;
  if (event.ctrlKey || event.metaKey || event.altKey || event.isComposing || key === 'Process') return '';
  if (event.getModifierState?.('AltGraph')) return key;
  const digit = !shiftKey && /^Digit(\d)$/.exec(code)?.[1];
  if (digit && !'/?'.includes(key)) return digit;
  if (!OTHER_SCRIPT.test(key)) return key;
  const letter = /^Key([A-Z])$/.exec(code)?.[1];
  if (letter) return shiftKey ? letter : letter.toLowerCase();
  return PUNCTUATION[code]?.[shiftKey ? 1 : 0] ?? key;
}
