// The second screen shows anew what changes; without a connection it stands still.
(function () {
  'use strict';
  const box = document.getElementById('customer');
  if (!box || !window.EventSource) return;
  let wanted = 0;
  const feed = new EventSource(box.dataset.feed);
  feed.addEventListener('change', () => {
    const mine = ++wanted;
    fetch(location.pathname + '?part=1', { headers: { 'HX-Request': 'true' }, credentials: 'same-origin' })
      .then((r) => (r.ok ? r.text() : Promise.reject(r.status)))
      .then((html) => { if (mine === wanted) box.innerHTML = html; }) // an answer that was overtaken is not shown
      .catch(() => {});
  });
})();
