// Makes live what carries data-* (see README.md). Everything works without it. No dependency, no inline handler.
(() => {
  'use strict';
  const all = (selector, root = document) => [...root.querySelectorAll(selector)];
  const skew = (Number(document.documentElement.dataset.now) || Date.now() / 1000) - Date.now() / 1000;
  const now = () => Date.now() / 1000 + skew;  // the box's clock

  // ---- numbers ----
  const units = ['B', 'KiB', 'MiB', 'GiB', 'TiB'];
  const formats = {
    count: n => n.toLocaleString('en-US'),
    bytes: n => {
      let i = 0;
      while (n >= 1024 && i < units.length - 1) { n /= 1024; ++i; }
      return (i ? n.toFixed(1) : n) + ' ' + units[i];
    },
    duration: s => {
      const d = Math.floor(s / 86400), h = Math.floor(s / 3600) % 24, m = Math.floor(s / 60) % 60;
      return d ? `${d} d ${h} h` : h ? `${h} h ${m} min` : m ? `${m} min` : `${Math.floor(s)} s`;
    },
    milliseconds: n => n + ' ms',
  };
  const show = (e, value) => {
    if (e.tagName === 'METER') { e.value = value; return; }
    const text = typeof value === 'number' ? (formats[e.dataset.format] || formats.count)(value) : String(value);
    if (e.textContent === text) return;
    e.textContent = text;
    if (e.dataset.format === 'duration') return;
    e.classList.remove('fresh');
    void e.offsetWidth;  // so that the animation begins anew
    e.classList.add('fresh');
  };

  let stream = null;
  const listen = () => {
    if (stream || document.hidden || !document.querySelector('[data-live]')) return;
    stream = new EventSource('/api/v1/events');
    stream.addEventListener('numbers', event => {
      const numbers = JSON.parse(event.data);
      for (const e of all('[data-live]')) if (numbers[e.dataset.live] !== undefined) show(e, numbers[e.dataset.live]);
    });
  };
  const hush = () => { if (stream) { stream.close(); stream = null; } };  // a hidden page takes no stream from others
  document.addEventListener('visibilitychange', () => document.hidden ? hush() : listen());
  addEventListener('pagehide', hush);
  addEventListener('pageshow', listen);

  // ---- parts of a page that are fetched again: data-reload="SECONDS" on an element with an id ----
  const reload = async (wanted) => {
    const answer = await fetch(location.href, {headers: {Accept: 'text/html'}});
    if (answer.redirected) { location.reload(); return; }
    if (!answer.ok) return;
    const fresh = new DOMParser().parseFromString(await answer.text(), 'text/html');
    for (const e of wanted) {
      const other = fresh.getElementById(e.id);
      if (!other || e.contains(document.activeElement) || e.querySelector('input:checked')) continue;
      e.replaceChildren(...other.childNodes);
      prepare(e);
    }
  };
  const due = new Map();
  const tick = () => {
    const wanted = all('[data-reload][id]').filter(e => {
      const at = due.get(e.id) || due.set(e.id, now() + Number(e.dataset.reload)).get(e.id);
      if (now() < at) return false;
      due.set(e.id, now() + Number(e.dataset.reload));
      return true;
    });
    if (wanted.length && !document.hidden) reload(wanted).catch(() => {});
  };

  // ---- times ----
  const ago = seconds => {
    const s = Math.round(Math.abs(seconds));
    const text = s < 60 ? `${s} s` : s < 3600 ? `${Math.floor(s / 60)} min` : s < 86400 ? `${Math.floor(s / 3600)} h` : `${Math.floor(s / 86400)} d`;
    return seconds < 0 ? `in ${text}` : `${text} ago`;
  };
  const clocks = () => {
    for (const e of all('time[data-relative]')) {
      const at = Date.parse(e.getAttribute('datetime')) / 1000;
      if (!at) continue;
      e.title = e.title || e.textContent;
      e.textContent = ago(now() - at);
    }
    for (const e of all('[data-countdown]')) {
      const left = Math.max(0, Math.ceil(Number(e.dataset.countdown) - now()));
      e.textContent = `${Math.floor(left / 60)}:${String(left % 60).padStart(2, '0')}`;
      if (left === 0 && !e.dataset.done) {
        e.dataset.done = '1';
        setTimeout(() => location.reload(), 3000);
      }
    }
  };

  // ---- questions before dangerous posts: data-confirm on a form or its button ----
  const ask = (question, label, danger) => new Promise(done => {
    const box = document.createElement('dialog');
    const text = document.createElement('p'), row = document.createElement('div');
    const no = document.createElement('button'), yes = document.createElement('button');
    text.id = 'question';
    text.textContent = question;
    row.className = 'actions';
    no.textContent = 'Cancel';
    yes.textContent = label;
    yes.className = danger ? 'danger' : 'primary';
    no.onclick = () => box.close('no');
    yes.onclick = () => box.close('yes');
    box.setAttribute('aria-labelledby', text.id);
    box.onclose = () => { box.remove(); done(box.returnValue === 'yes'); };
    row.append(no, yes);
    box.append(text, row);
    document.body.append(box);
    box.showModal();
  });
  document.addEventListener('submit', async event => {
    const form = event.target, button = event.submitter;
    const question = (button && button.dataset.confirm) || form.dataset.confirm;
    if (question && !form.dataset.confirmed) {
      event.preventDefault();
      if (!await ask(question, button ? button.textContent : 'Go on', !button || button.classList.contains('danger'))) return;
      form.dataset.confirmed = '1';
      form.requestSubmit(button);
      delete form.dataset.confirmed;
      return;
    }
    if (form.method === 'post') {  // once is enough
      if (form.dataset.sent) event.preventDefault();
      form.dataset.sent = '1';
      setTimeout(() => delete form.dataset.sent, 5000);
    }
  });

  // ---- files: data-upload on a form, with a bar data-upload-bar in it ----
  document.addEventListener('submit', event => {
    const form = event.target, bar = form.querySelector('[data-upload-bar]');
    if (!form.matches('[data-upload]') || event.defaultPrevented || !bar) return;
    event.preventDefault();
    const request = new XMLHttpRequest();
    request.upload.onprogress = e => { bar.hidden = false; bar.value = e.total ? 100 * e.loaded / e.total : 0; };
    request.onload = () => {
      if (request.status < 400) { location.reload(); return; }
      const answer = new DOMParser().parseFromString(request.responseText, 'text/html');
      document.querySelector('main').replaceChildren(...answer.querySelector('main').childNodes);
    };
    request.onerror = () => { bar.hidden = true; delete form.dataset.sent; };
    request.open('POST', form.action);
    request.send(new FormData(form));
  });

  // ---- lists: data-select-all="NAME", data-needs-selection="NAME", data-selected="NAME" ----
  const boxes = name => all(`input[type=checkbox][name="${CSS.escape(name)}"]`);
  const count = () => {
    for (const e of all('[data-needs-selection]')) e.disabled = !boxes(e.dataset.needsSelection).some(b => b.checked);
    for (const e of all('[data-selected]')) e.textContent = boxes(e.dataset.selected).filter(b => b.checked).length;
    for (const e of all('[data-select-all]')) {
      const every = boxes(e.dataset.selectAll), on = every.filter(b => b.checked).length;
      e.checked = on > 0 && on === every.length;
      e.indeterminate = on > 0 && on < every.length;
    }
  };
  document.addEventListener('change', event => {
    const name = event.target.dataset && event.target.dataset.selectAll;
    if (name) for (const b of boxes(name)) b.checked = event.target.checked;
    if (event.target.matches('[data-submit]')) event.target.form.requestSubmit();
    count();
  });
  document.addEventListener('click', event => {
    const button = event.target.closest('[data-copy]');
    if (!button) return;
    navigator.clipboard.writeText(document.querySelector(button.dataset.copy).textContent.trim()).then(() => { button.textContent = 'Copied'; });
  });

  const prepare = root => {
    for (const e of all('[data-needs-script]', root)) e.hidden = false;
    count();
    clocks();
  };
  prepare(document);
  listen();
  setInterval(() => { clocks(); tick(); }, 1000);
  tick();
})();
