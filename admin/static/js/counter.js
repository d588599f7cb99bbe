// What the devices of this register tell: codes go the way of a scan, the rest is said.
(function () {
  'use strict';
  const url = document.body.dataset.feed;
  if (!url || !window.EventSource) return;

  const enter = (code) => document.dispatchEvent(new CustomEvent('shopwright:input', { detail: { code: code } }));
  const NOTICE = 20000; // ms that a notice stays

  function say(told) {
    const toasts = document.getElementById('toasts');
    if (!toasts || !told.text) return;
    const box = document.createElement('div');
    box.className = 'toast';
    const text = document.createElement('span');
    text.textContent = told.text;
    box.append(text);
    if (told.do && told.code) {
      const button = document.createElement('button');
      button.type = 'button';
      button.className = 'button button-small';
      button.textContent = told.do;
      button.addEventListener('click', () => { box.remove(); enter(told.code); });
      box.append(button);
    }
    toasts.append(box);
    setTimeout(() => box.remove(), NOTICE);
  }

  const feed = new EventSource(url); // connects again by itself, and says what it had last
  feed.addEventListener('input', (e) => {
    const told = JSON.parse(e.data);
    if (told.kind === 'scan' || told.kind === 'card') { enter(told.code); return; }
    if (told.kind === 'pay') {
      const taken = !document.dispatchEvent(new CustomEvent('shopwright:pay', { cancelable: true, detail: { code: told.code } }));
      if (taken) return;
    }
    say(told);
  });
})();
