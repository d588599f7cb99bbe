// Small conveniences of every screen. All of them are extras: each form and link
// works without this file. No eval, no inline handlers, no markup from strings.
(function () {
  'use strict';
  const root = document.documentElement;
  root.classList.add('js');

  const closest = (e, sel) => (e.target instanceof Element ? e.target.closest(sel) : null);
  const remember = (name, value) => {
    document.cookie = name + '=' + encodeURIComponent(value) + ';path=/;max-age=31536000;samesite=lax' +
      (location.protocol === 'https:' ? ';secure' : '');
  };

  // Theme: "light", "dark" or "" (as the device says). The cookie lets the server
  // write the attribute, so that a dark page does not flash white.
  function setTheme(value) {
    if (value) root.dataset.theme = value; else delete root.dataset.theme;
    remember('theme', value);
    document.querySelectorAll('[data-theme-set]').forEach((b) => {
      b.setAttribute('aria-pressed', String(b.dataset.themeSet === value));
    });
  }

  // Dialogs. A link to #id opens one without a script by :target; with it they
  // are modal, keep the focus and give it back.
  function openDialog(id) {
    const d = document.getElementById(id);
    if (!d || typeof d.showModal !== 'function' || d.open) return false;
    d.showModal();
    const first = d.querySelector('[autofocus], input:not([type=hidden]), select, textarea');
    if (first) first.focus();
    return true;
  }

  function copy(button) {
    const from = button.dataset.copyFrom && document.getElementById(button.dataset.copyFrom);
    const text = from ? (from.value || from.textContent) : button.dataset.copy;
    if (!navigator.clipboard || !text) return;
    navigator.clipboard.writeText(text.trim()).then(() => {
      const label = button.querySelector('[data-copy-label]') || button;
      const before = label.textContent;
      label.textContent = button.dataset.copied || '✓';
      setTimeout(() => { label.textContent = before; }, 1500);
    }, () => {});
  }

  // Rows of a form from a schema: the template carries __0__, __1__ … where the
  // row's number goes, one placeholder for each level of nesting.
  const numbered = ['name', 'id', 'for', 'value', 'aria-describedby', 'aria-labelledby', 'data-add-row', 'data-row-list', 'data-level'];
  function renumber(node, mark, n) {
    const all = node.querySelectorAll('*');
    for (const el of all) {
      for (const a of numbered) {
        const v = el.getAttribute(a);
        if (v && v.includes(mark)) el.setAttribute(a, v.replaceAll(mark, n));
      }
      if (el instanceof HTMLTemplateElement) renumber(el.content, mark, n);
    }
  }
  function addRow(button) {
    const list = document.getElementById(button.dataset.addRow);
    const template = list && list.querySelector(':scope > template');
    if (!template) return false;
    const n = Number(list.dataset.next || list.querySelectorAll(':scope > [data-row]').length);
    list.dataset.next = String(n + 1);
    const row = template.content.cloneNode(true);
    renumber(row, template.dataset.mark, String(n));
    const first = row.querySelector('input:not([type=hidden]), select, textarea');
    list.insertBefore(row, template);
    if (first) first.focus();
    return true;
  }

  const units = [['year', 31536000], ['month', 2592000], ['day', 86400], ['hour', 3600], ['minute', 60]];
  function relative(el) {
    const then = Date.parse(el.dateTime);
    if (!then || !window.Intl || !Intl.RelativeTimeFormat) return;
    const seconds = Math.round((then - Date.now()) / 1000);
    const [unit, size] = units.find(([, s]) => Math.abs(seconds) >= s) || ['second', 1];
    if (!el.title) el.title = el.textContent;
    el.textContent = new Intl.RelativeTimeFormat(root.lang || 'en', { numeric: 'auto' })
      .format(Math.round(seconds / size), unit);
  }

  function dismiss(el) {
    if (el.dataset.armed) return;
    el.dataset.armed = '1';
    const wait = Number(el.dataset.dismiss) || 6000;
    let timer = setTimeout(() => el.remove(), wait);
    el.addEventListener('mouseenter', () => clearTimeout(timer));
    el.addEventListener('focusin', () => clearTimeout(timer));
    el.addEventListener('mouseleave', () => { timer = setTimeout(() => el.remove(), wait); });
  }

  document.addEventListener('click', (e) => {
    let el;
    if ((el = closest(e, '[data-theme-set]'))) {
      e.preventDefault();
      setTheme(el.dataset.themeSet);
    } else if ((el = closest(e, '[data-dialog-open]'))) {
      if (openDialog(el.dataset.dialogOpen)) e.preventDefault();
    } else if ((el = closest(e, '[data-dialog-close]'))) {
      const d = el.closest('dialog');
      if (d && d.open) { e.preventDefault(); d.close(); }
    } else if ((el = closest(e, '[data-copy], [data-copy-from]'))) {
      e.preventDefault();
      copy(el);
    } else if ((el = closest(e, '[data-add-row]'))) {
      if (addRow(el)) e.preventDefault();
    } else if ((el = closest(e, '[data-remove-row]'))) {
      e.preventDefault();
      const row = el.closest('[data-row]');
      const list = row && row.parentElement;
      if (list && !list.dataset.next) list.dataset.next = String(list.querySelectorAll(':scope > [data-row]').length);
      if (row) row.remove();
    } else if ((el = closest(e, '[data-toast-close]'))) {
      e.preventDefault();
      el.closest('.toast').remove();
    } else if ((el = closest(e, '[data-print]'))) {
      e.preventDefault();
      window.print();
    } else if (e.target instanceof HTMLDialogElement && e.target.open && e.target.hasAttribute('data-light-dismiss')) {
      e.target.close(); // a click on the backdrop
    }
    document.querySelectorAll('details.menu[open]').forEach((m) => {
      if (!m.contains(e.target)) m.removeAttribute('open');
    });
  });

  document.addEventListener('keydown', (e) => {
    if (e.key !== 'Escape') return;
    document.querySelectorAll('details.menu[open]').forEach((m) => {
      m.removeAttribute('open');
      m.querySelector('summary').focus();
    });
    if (location.hash === '#nav') location.hash = '';
  });

  document.addEventListener('change', (e) => {
    const el = closest(e, '[data-submit-on-change]');
    if (el && el.form) el.form.requestSubmit();
  });

  // A form is sent once: the second click of a double click does nothing.
  document.addEventListener('submit', (e) => {
    const form = e.target;
    if (!form.hasAttribute('data-once') || e.defaultPrevented) return;
    if (form.dataset.sent) { e.preventDefault(); return; }
    form.dataset.sent = '1';
    setTimeout(() => { delete form.dataset.sent; }, 5000);
  });

  function enhance(scope) {
    scope.querySelectorAll('[data-row-extra]').forEach((el) => el.remove());
    scope.querySelectorAll('time[data-relative]').forEach(relative);
    scope.querySelectorAll('[data-dismiss]').forEach(dismiss);
    scope.querySelectorAll('dialog[data-open]').forEach((d) => { d.removeAttribute('data-open'); openDialog(d.id); });
  }
  enhance(document);
  // The entry of this page is in sight, also where the navigation is longer than the screen.
  const side = document.querySelector('.sidebar');
  const here = side && side.querySelector('[aria-current]');
  if (here && here.offsetTop + here.offsetHeight > side.clientHeight) side.scrollTop = here.offsetTop - side.clientHeight / 2;
  document.addEventListener('htmx:load', (e) => enhance(e.detail.elt));
  setInterval(() => document.querySelectorAll('time[data-relative]').forEach(relative), 30000);
})();
