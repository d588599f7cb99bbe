// The register's keyboard: one input for every code, told from typing by speed.
//
// A scanner is a keyboard that types a code within a few milliseconds a key and
// ends with Enter. Every printable key is therefore held back for a moment. If
// the next one follows at once it belongs to a burst; a burst that is long enough
// is a scan and goes to [data-scan-input], whatever has the focus. Anything else
// was typed and is given to the field it was meant for, in order, unchanged.
(function () {
  'use strict';

  const body = document.body;
  const number = (name, fallback) => {
    const n = Number(body.dataset[name]);
    return Number.isFinite(n) && n > 0 ? n : fallback;
  };
  const GAP = number('scanGap', 35); // ms between two keys of one burst, at most
  const MIN = number('scanMin', 4); // keys of the shortest code
  const TAIL = 120; // ms in which a late Enter still belongs to the scan

  let held = []; // characters not yet decided on
  let holder = null; // the element that had the focus when the first one came
  let last = -Infinity; // event time of the latest held key
  let timer = 0;
  let due = 0; // when it should fire
  let undo = null; // how to take back what was released too early
  let scanEnd = -Infinity;

  const isText = (el) => el instanceof HTMLTextAreaElement || (el instanceof HTMLElement && el.isContentEditable) ||
    (el instanceof HTMLInputElement && !/^(button|submit|reset|checkbox|radio|range|color|file|image|hidden)$/.test(el.type));
  const openDialog = () => Array.from(document.querySelectorAll('dialog[open]')).pop() || null;
  const within = () => openDialog() || document;
  const theInput = () => within().querySelector('[data-scan-input]') || document.querySelector('[data-scan-input]');

  function insert(el, text) {
    el.focus();
    // execCommand keeps the browser's undo and works for every type of input.
    if (document.execCommand && document.execCommand('insertText', false, text)) return;
    if (typeof el.setRangeText === 'function' && el.selectionStart !== null) {
      el.setRangeText(text, el.selectionStart, el.selectionEnd, 'end');
    } else {
      el.value += text;
    }
    el.dispatchEvent(new Event('input', { bubbles: true }));
  }

  // release gives held characters to where they were meant for.
  function release() {
    clearTimeout(timer);
    if (held.length === 0) return;
    const text = held.join('');
    const target = isText(holder) && holder.isConnected ? holder : null;
    held = [];
    // "?" alone in the empty one input asks "why this price?".
    if (text === '?' && (!target || target.matches('[data-scan-input]') && target.value === '') && hotkey('F1')) return;
    if (target) {
      if (target.readOnly || target.disabled) return;
      undo = { el: target, value: target.value, text: text };
      insert(target, text);
    } else if (holder instanceof HTMLSelectElement) {
      const option = Array.from(holder.options).find((o) => o.text.toLowerCase().startsWith(text.toLowerCase()));
      if (option) {
        holder.value = option.value;
        holder.dispatchEvent(new Event('change', { bubbles: true }));
      }
    } else if (!openDialog() || openDialog().querySelector('[data-scan-input]')) {
      const one = theInput();
      if (one) {
        undo = { el: one, value: one.value, text: text };
        insert(one, text);
      }
    }
  }

  function arm() {
    clearTimeout(timer);
    due = performance.now() + GAP + 15;
    timer = setTimeout(settle, GAP + 15);
  }

  // settle decides on a burst that ended without Enter.
  function settle() {
    // The page was busy and this timer is late: keys that wait behind it come first.
    if (performance.now() - due > 10) { arm(); return; }
    if (held.length >= Math.max(MIN, 6)) scan(held.join('')); else release();
  }

  // Codes and keys wait for each other, so that fast hands lose none of them.
  const queue = []; // {code}, {key} or {button}
  const flying = new Set(); // requests that will swap the register
  let scanned = false; // the latest request carries a scan
  let sentText = ''; // what stood in the one input when it was sent
  let typedOver = '';

  function scan(code) {
    clearTimeout(timer);
    held = [];
    undo = null;
    scanEnd = last;
    enter(code);
  }

  // enter takes a code from wherever it was read.
  function enter(code) {
    const e = new CustomEvent('shopwright:scan', { bubbles: true, cancelable: true, detail: { code: code } });
    const at = within() === document ? body : within();
    if (!at.dispatchEvent(e)) return;
    queue.push({ code: code });
    next();
  }

  // A scanner of its own, that does not type: see counter.js.
  document.addEventListener('shopwright:input', (e) => {
    if (held.length < MIN) release(); // what somebody is typing meanwhile
    enter(e.detail.code);
  });

  // A customer's payment code belongs to the payment that waits for one, not to the
  // basket. It is only taken where its field is on the page.
  const PAY = /^(1[0-5]\d{16}|(2[5-9]|30)\d{14,22})$/;
  const payField = () => document.querySelector('#pay [data-pay-code]');
  document.addEventListener('shopwright:scan', (e) => {
    if (!PAY.test(e.detail.code) || !payField()) return;
    e.preventDefault();
    queue.push({ pay: e.detail.code });
    next();
  });
  // From a pay box: who listens says that it was taken.
  document.addEventListener('shopwright:pay', (e) => {
    if (!payField()) return;
    e.preventDefault();
    queue.push({ pay: e.detail.code });
    next();
  });

  function pay(code) {
    const field = payField();
    const button = field && field.form.querySelector('button[value="paycode"]');
    if (!button) return;
    field.value = code;
    field.form.requestSubmit(button);
  }

  // next does what waits, one after another: a request that swaps the register
  // takes the form away that the next one needs.
  function next() {
    if (flying.size > 0 || queue.length === 0) return;
    const item = queue.shift();
    if (item.key || item.button) {
      if (item.key) press(item.key);
      const button = item.button && document.querySelector(item.button);
      if (button && !button.disabled) button.click();
      next();
      return;
    }
    if (item.pay) { pay(item.pay); return; }
    const one = theInput();
    if (!one || !one.form) { queue.length = 0; return; }
    // "3*" that was typed before the scan says how many.
    const times = /^\s*\d{1,5}(\.\d{1,3})?\s*[*×]\s*$/.test(one.value) ? one.value.trim() : '';
    one.value = times + item.code;
    one.dispatchEvent(new Event('input', { bubbles: true }));
    scanned = true;
    one.form.requestSubmit();
  }

  const isOurs = (d) => d.target && d.target.id === 'register' || d.requestConfig && theInput() && d.requestConfig.elt === theInput().form;
  document.addEventListener('htmx:beforeRequest', (e) => {
    if (!isOurs(e.detail)) return;
    const xhr = e.detail.xhr;
    const one = theInput();
    flying.add(xhr);
    sentText = one ? one.value : '';
    xhr.addEventListener('loadend', () => landed(xhr)); // always comes, and after the swap
  });
  // What was typed while the answer was on its way goes over into the new input.
  document.addEventListener('htmx:beforeSwap', (e) => {
    const one = theInput();
    typedOver = flying.has(e.detail.xhr) && one && one.value !== sentText ? one.value : '';
  });

  function landed(xhr) {
    flying.delete(xhr);
    const root = document.getElementById('register');
    if (root && window.htmx) window.htmx.process(root); // at once, not when the swap has settled
    const one = theInput();
    if (one && scanned && queue.length === 0 && xhr.status >= 200 && xhr.status < 400) one.value = '';
    if (one && typedOver && one.value === '') {
      one.value = typedOver;
      if (undo && !undo.el.isConnected) undo.el = one;
    }
    scanned = false;
    typedOver = '';
    next();
  }

  // A button that is pressed, or an Enter that is typed, before the answer has
  // come is done after it: the form that it belongs to is about to be replaced.
  document.addEventListener('submit', (e) => {
    const form = e.target;
    if (flying.size === 0 || form.getAttribute('hx-target') !== '#register') return;
    e.preventDefault();
    e.stopImmediatePropagation();
    const one = theInput();
    if (e.submitter && e.submitter.name && e.submitter.tabIndex >= 0) {
      queue.push({ button: 'button[name="' + e.submitter.name + '"][value="' + CSS.escape(e.submitter.value) + '"]' });
    } else if (one && one.form === form && one.value !== sentText) {
      queue.push({ code: one.value });
      sentText = one.value;
    }
  }, true);

  function hotkey(key) {
    if (flying.size > 0 || queue.length > 0) {
      queue.push({ key: key });
      return true;
    }
    return press(key);
  }

  function press(key) {
    const d = openDialog();
    const el = (d || document).querySelector('[data-hotkey="' + key + '"]');
    if (!el || el.disabled || el.getAttribute('aria-disabled') === 'true') return !!el;
    if (isText(el)) { el.focus(); el.select && el.select(); } else { el.focus(); el.click(); }
    return true;
  }

  document.addEventListener('keydown', (e) => {
    if (e.isComposing || e.key === 'Process' || e.key === 'Unidentified') return;
    if (e.key === 'Shift' || e.key === 'CapsLock') return; // part of a capital letter
    const fast = e.timeStamp - last <= GAP;

    if (e.key === 'Enter' || (e.key === 'Tab' && held.length >= MIN)) {
      if (held.length >= MIN && fast) {
        e.preventDefault();
        e.stopImmediatePropagation();
        last = e.timeStamp;
        scan(held.join(''));
        return;
      }
      if (held.length === 0 && e.timeStamp - scanEnd <= TAIL) { // the late Enter of a scan
        e.preventDefault();
        e.stopImmediatePropagation();
        return;
      }
      release();
      if (e.key === 'Enter' && !e.repeat && document.activeElement === body && hotkey('Enter')) e.preventDefault();
      return;
    }

    if (e.key.length !== 1 || e.ctrlKey || e.altKey || e.metaKey) {
      release();
      scanEnd = -Infinity; // an Enter after another key is somebody's own
      if (/^F\d+$/.test(e.key) && !e.repeat && hotkey(e.key)) e.preventDefault();
      if (/^Arrow(Up|Down)$/.test(e.key) && pick(e.key === 'ArrowDown' ? 1 : -1)) e.preventDefault();
      if (e.key === 'Escape' && !openDialog()) {
        if (!e.repeat && hotkey('Escape')) { e.preventDefault(); return; }
        const one = theInput();
        if (one) { one.focus(); one.select(); }
      }
      return;
    }

    const focus = document.activeElement;
    // Space presses what has the focus, unless it is within a burst.
    if (e.key === ' ' && held.length === 0 && focus !== body && !isText(focus)) return;
    if (e.repeat) { release(); if (isText(focus)) return; }

    e.preventDefault();
    e.stopImmediatePropagation();
    if (held.length === 0) {
      holder = focus;
      // The page was busy and the timer came before this key: take it back.
      if (undo && fast && undo.el.value === undo.value + undo.text) {
        undo.el.value = undo.value;
        undo.el.dispatchEvent(new Event('input', { bubbles: true }));
        held = Array.from(undo.text);
        holder = undo.el;
      }
      undo = null;
    } else if (!fast) {
      release();
      holder = document.activeElement;
    }
    held.push(e.key);
    last = e.timeStamp;
    arm();
  }, true);

  // The keyup of a swallowed Enter must not press a button either.
  document.addEventListener('keyup', (e) => {
    if (e.key === 'Enter' && e.timeStamp - scanEnd <= TAIL) { e.preventDefault(); e.stopImmediatePropagation(); }
  }, true);
  window.addEventListener('blur', release);
  document.addEventListener('paste', release, true);
  document.addEventListener('pointerdown', release, true);

  // Up and down walk through a list of hits.
  function pick(step) {
    const list = document.querySelector('[data-pick-list]');
    const focus = document.activeElement;
    if (!list || isText(focus) && !focus.matches('[data-scan-input]')) return false;
    const items = Array.from(list.querySelectorAll('button, a'));
    if (items.length === 0) return false;
    const i = items.indexOf(focus);
    items[i < 0 ? 0 : Math.min(Math.max(i + step, 0), items.length - 1)].focus();
    return true;
  }

  // After the register was swapped whole, what asks for the focus gets it; else
  // the one input takes what nobody has.
  document.addEventListener('htmx:afterSettle', (e) => {
    const swapped = e.detail && e.detail.elt;
    if (swapped && swapped.id === 'register') {
      const line = swapped.querySelector('.basket-line[aria-current]');
      if (line) line.scrollIntoView({ block: 'nearest' });
      const want = swapped.querySelector('[autofocus]');
      if (want) {
        want.focus({ preventScroll: true });
        // What the page offers is typed over; what was typed meanwhile is typed on.
        if (isText(want) && want.value === want.defaultValue) want.select();
        return;
      }
    }
    const one = theInput();
    if (one && document.activeElement === body) one.focus({ preventScroll: true });
  });

  // An answer that is an error shows its message and leaves the basket alone.
  document.addEventListener('htmx:beforeSwap', (e) => {
    const d = e.detail;
    const box = document.getElementById('register-problem');
    if (d.xhr.status < 400 || !box) return;
    box.replaceChildren();
    d.shouldSwap = true;
    d.target = box;
    d.swapOverride = 'beforeend';
    d.selectOverride = 'unset';
  });

  // Without a connection the page keeps the basket and says so.
  const offline = (on) => document.querySelectorAll('[data-offline]').forEach((el) => { el.hidden = !on; });
  document.addEventListener('htmx:sendError', () => offline(true));
  document.addEventListener('htmx:afterOnLoad', () => offline(false));
  window.addEventListener('offline', () => offline(true));
  window.addEventListener('online', () => offline(false));

  // Keypads write into the field they name.
  document.addEventListener('click', (e) => {
    const key = e.target instanceof Element && e.target.closest('[data-keypad]');
    if (!key) return;
    e.preventDefault();
    const field = document.getElementById(key.dataset.keypadFor);
    if (!field) return;
    const k = key.dataset.keypad;
    field.value = k === 'clear' ? '' : k === 'back' ? field.value.slice(0, -1) :
      k.startsWith('=') ? k.slice(1) : field.value + k;
    field.dispatchEvent(new Event('input', { bubbles: true }));
  });
})();
