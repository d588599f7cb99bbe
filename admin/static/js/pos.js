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

  // settle decides on a burst that ended without Enter.
  function settle() {
    if (held.length >= Math.max(MIN, 6)) scan(held.join('')); else release();
  }

  // Codes wait for each other, so that fast scanning loses none of them.
  const queue = [];
  let busy = false;
  let sentForm = null;

  function scan(code) {
    clearTimeout(timer);
    held = [];
    undo = null;
    scanEnd = last;
    const e = new CustomEvent('shopwright:scan', { bubbles: true, cancelable: true, detail: { code: code } });
    const at = within() === document ? body : within();
    if (!at.dispatchEvent(e)) return;
    queue.push(code);
    next();
  }

  function next() {
    if (busy || queue.length === 0) return;
    const one = theInput();
    if (!one || !one.form) { queue.length = 0; return; }
    one.value = queue.shift();
    one.dispatchEvent(new Event('input', { bubbles: true }));
    if (window.htmx && one.form.matches('[hx-post], [hx-get], [data-hx-post]')) {
      busy = true;
      sentForm = one.form;
    }
    one.form.requestSubmit();
  }

  function done(e) {
    if (!busy || (e.detail && e.detail.elt && sentForm && sentForm.isConnected && e.detail.elt !== sentForm)) return;
    busy = false;
    const one = theInput();
    if (one && queue.length === 0 && e.detail && e.detail.successful !== false) one.value = '';
    next();
  }
  document.addEventListener('htmx:afterRequest', done);
  document.addEventListener('htmx:sendError', done);

  function hotkey(key) {
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
      if (/^F\d+$/.test(e.key) && !e.repeat && hotkey(e.key)) e.preventDefault();
      if (e.key === 'Escape' && !openDialog()) {
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
    clearTimeout(timer);
    timer = setTimeout(settle, GAP + 15);
  }, true);

  // The keyup of a swallowed Enter must not press a button either.
  document.addEventListener('keyup', (e) => {
    if (e.key === 'Enter' && e.timeStamp - scanEnd <= TAIL) { e.preventDefault(); e.stopImmediatePropagation(); }
  }, true);
  window.addEventListener('blur', release);
  document.addEventListener('paste', release, true);
  document.addEventListener('pointerdown', release, true);

  // After a swap nothing has the focus: the one input takes it, unless someone is
  // typing elsewhere or a dialog is open.
  document.addEventListener('htmx:afterSettle', () => {
    const one = theInput();
    if (one && document.activeElement === body) one.focus({ preventScroll: true });
  });

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
