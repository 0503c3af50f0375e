// A reader whom the page's site knows: what its login says is not typed again. It is read here and proven by the service,
// which refuses one that does not hold; whoever was refused writes under a name of their own.

export default ({ element, h, t, words }, form) => {
  const who = h('p', { class: 'soft' });
  let source;
  let refused;
  let said = {};

  const given = () => element.login || element.getAttribute('login') || undefined;
  const read = (token) => {
    try {
      const bytes = Uint8Array.from(atob(token.split('.')[1].replace(/-/g, '+').replace(/_/g, '/')), (letter) => letter.charCodeAt());
      const { name, email } = JSON.parse(new TextDecoder().decode(bytes));
      return { name, email };
    } catch {
      return {};
    }
  };
  const draw = (signedIn) => {
    for (const key of ['name', 'email']) form.inputs[key].parentNode.hidden = !!(signedIn && said[key]);
    // There is nothing left to remember.
    form.node.querySelector('.remember')?.toggleAttribute('hidden', !!(signedIn && said.name && said.email));
    who.replaceChildren(...(signedIn ? said.name ? words('Signed in as {name}', { name: h('bdi', null, said.name) }) : [t('Signed in')] : []));
    who.hidden = !signedIn;
  };
  // A text, or what a function answers, which is asked anew for each comment.
  const ask = async () => {
    const now = given();
    return now && now !== refused ? now.call ? now() : now : undefined;
  };

  return {
    name: () => said.name,
    token: ask,
    // What the page has by now, if it is not what was asked before. Nothing is drawn and taken away again meanwhile.
    async look() {
      const now = given();
      if (!form.button || now === source && who.isConnected) return;
      source = now;
      form.inputs.name.parentNode.before(who);
      const signedIn = !!now && now !== refused;
      said = {};
      draw(false);
      if (!signedIn) return;
      for (const key of ['name', 'email']) form.inputs[key].parentNode.hidden = true;
      said = read(await ask().catch(() => ''));
      draw(true);
    },
    // The fields come back; the page may set another login.
    refuse() {
      refused = given();
      said = {};
      draw(false);
      form.note.append(' ', t('Without signing in, you can send it under a name of your own.'));
      form.inputs.name.focus();
    },
  };
};
