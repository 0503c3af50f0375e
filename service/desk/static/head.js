// The head of every page: a site that is chosen is gone to at once, and a menu closes when it is left.

for (const chosen of document.querySelectorAll('select[data-go]')) {
  chosen.addEventListener('change', () => chosen.form.requestSubmit());
}

const menus = document.querySelectorAll('details.menu');

function close(menu) {
  if (menu.open) menu.open = false;
}

for (const menu of menus) {
  menu.addEventListener('keydown', (event) => {
    if (event.key !== 'Escape' || !menu.open) return;
    event.stopPropagation();
    close(menu);
    menu.querySelector('summary').focus();
  });
  menu.addEventListener('focusout', (event) => {
    if (event.relatedTarget && !menu.contains(event.relatedTarget)) close(menu);
  });
}

document.addEventListener('click', (event) => {
  for (const menu of menus) if (!menu.contains(event.target)) close(menu);
});
