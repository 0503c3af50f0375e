// What is folded away opens where a browser has found something wrong in it: else nothing would be said at all.

document.addEventListener('invalid', (event) => { event.target.closest('details')?.setAttribute('open', ''); }, true);
