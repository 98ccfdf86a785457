/* SPDX-License-Identifier: LGPL-2.1-or-later */
/*
 * What scripts add to pages that are whole without them: one event stream a page; when something
 * happened, the page is fetched again and its parts marked data-live are changed in place, so that
 * scroll position, focus, open panels and half-typed forms stay. At most four updates a second; none
 * while the page is hidden. Besides: fresh ages and durations, and keys.
 */
"use strict";
(() => {
  const MIN_GAP_MS = 250;
  const TICK_MS = 1000;
  const QUIET_MS = 4000;
  const POLL_MS = 30000;
  const EVENTS = [
    "build-started", "build-finished", "build-stopping", "build-added", "step-started",
    "step-finished", "step-text", "step-url", "property-set", "log-started", "log-finished",
    "request-submitted", "request-claimed", "request-unclaimed", "request-cancelled",
    "request-finished", "buildset-added", "buildset-finished", "worker-connected",
    "worker-disconnected", "worker-paused", "worker-unpaused", "worker-missing", "worker-back",
    "worker-graceful", "change-added", "builder-added", "builder-removed", "builder-state",
    "builder-event", "scheduler-fired", "scheduler-state", "host-started", "host-stopped",
    "host-shutting-down", "host-shutdown-cancelled", "eta",
  ];
  const body = document.body;
  const base = body.dataset.base || "";

  /* changing a part in place */

  const KEPT = { DETAILS: ["open"], INPUT: ["value", "checked"], TEXTAREA: ["value"], DIALOG: ["open"] };

  function keeps(node, name) {
    return (KEPT[node.tagName] || []).includes(name) && !(node.tagName === "INPUT" && node.type === "hidden");
  }

  function copyAttributes(from, to) {
    for (const { name } of [...to.attributes]) {
      if (!from.hasAttribute(name) && !keeps(to, name)) to.removeAttribute(name);
    }
    for (const { name, value } of from.attributes) {
      if (to.getAttribute(name) !== value && !keeps(to, name)) to.setAttribute(name, value);
    }
  }

  function isSame(a, b) {
    return a.nodeType === b.nodeType && a.nodeName === b.nodeName && (a.id || "") === (b.id || "");
  }

  function morph(to, from) {
    if (to.nodeType !== Node.ELEMENT_NODE) {
      if (to.nodeValue !== from.nodeValue) to.nodeValue = from.nodeValue;
      return;
    }
    if (to.isEqualNode(from)) return;
    copyAttributes(from, to);
    if (to.tagName === "TEXTAREA") return;
    const wanted = [...from.childNodes];
    wanted.forEach((child, index) => {
      const present = to.childNodes[index];
      if (present === undefined) to.appendChild(document.importNode(child, true));
      else if (isSame(present, child)) morph(present, child);
      else to.replaceChild(document.importNode(child, true), present);
    });
    while (to.childNodes.length > wanted.length) to.lastChild.remove();
  }

  let busy = false;
  let dirty = false;
  let last = 0;

  async function update() {
    if (document.hidden || busy) {
      dirty = true;
      return;
    }
    const wait = last + MIN_GAP_MS - Date.now();
    if (wait > 0) {
      dirty = true;
      busy = true;
      await new Promise((resolve) => setTimeout(resolve, wait));
    }
    busy = true;
    dirty = false;
    last = Date.now();
    try {
      const answer = await fetch(location.href.split("#")[0], { credentials: "same-origin" });
      if (answer.ok) {
        const fresh = new DOMParser().parseFromString(await answer.text(), "text/html");
        for (const part of document.querySelectorAll("[data-live][id]")) {
          const other = fresh.getElementById(part.id);
          if (other !== null) morph(part, other);
        }
        body.dataset.topics = fresh.body.dataset.topics || "";
        if (fresh.title !== "") document.title = fresh.title;
        refresh();
      }
    } catch (failure) {
      console.debug("update failed", failure);
    }
    busy = false;
    if (body.dataset.topics === "") close();
    if (dirty) update();
  }

  /* the stream */

  const notice = document.querySelector(".stream-down");
  let stream = null;
  let downTimer = 0;
  let pollTimer = 0;

  function show(down) {
    clearTimeout(downTimer);
    clearInterval(pollTimer);
    downTimer = 0;
    if (notice === null) return;
    notice.hidden = !down;
    notice.textContent = down ? notice.dataset.text : "";
    if (down) pollTimer = setInterval(update, Number(body.dataset.reload) * 1000 || POLL_MS);
  }

  function close() {
    if (stream !== null) stream.close();
    stream = null;
  }

  function open() {
    if (stream !== null || !body.dataset.topics || typeof EventSource === "undefined") return;
    stream = new EventSource(`${base}events?${body.dataset.topics}`);
    stream.onopen = () => show(false);
    stream.onerror = () => {
      if (downTimer === 0) downTimer = setTimeout(() => show(true), QUIET_MS);
      if (stream !== null && stream.readyState === EventSource.CLOSED) {
        close();
        setTimeout(() => document.hidden || open(), POLL_MS);
      }
    };
    for (const name of [...EVENTS, "reset", "message"]) stream.addEventListener(name, update);
  }

  document.addEventListener("visibilitychange", () => {
    if (document.hidden) {
      close();
      return;
    }
    open();
    update();
  });
  addEventListener("pagehide", close);

  /* ages and durations */

  const STEPS = [[86400 * 60, "month", 86400 * 30], [86400 * 14, "week", 86400 * 7], [86400, "day", 86400], [5400, "hour", 3600], [90, "minute", 60], [0, "second", 1]];
  const ages = typeof Intl.RelativeTimeFormat === "function"
    ? new Intl.RelativeTimeFormat(document.documentElement.lang || "en") : null;

  function age(seconds) {
    const row = STEPS.find(([from]) => seconds >= from) || STEPS[STEPS.length - 1];
    return ages.format(-Math.floor(seconds / row[2]), row[1]);
  }

  function words(seconds) {
    const parts = [];
    let rest = Math.max(0, seconds);
    const take = (unit, size) => {
      if (rest <= size) return;
      parts.push((body.dataset[unit] || `# ${unit}`).replace("#", Math.floor(rest / size)));
      rest %= size;
    };
    take("hrs", 3600);
    take("mins", 60);
    parts.push((body.dataset.secs || "# secs").replace("#", rest));
    return parts.join(", ");
  }

  const two = (n) => String(n).padStart(2, "0");

  function shortly(seconds) {
    const minutes = Math.floor(seconds / 60);
    const hours = Math.floor(minutes / 60);
    if (hours >= 24) return `${Math.floor(hours / 24)}d ${two(hours % 24)}h`;
    if (hours > 0) return `${hours}h ${two(minutes % 60)}m`;
    return minutes > 0 ? `${minutes}m ${two(seconds % 60)}s` : `${seconds}s`;
  }

  function setText(node, text) {
    if (node.textContent !== text) node.textContent = text;
  }

  function refresh() {
    const now = Math.floor(Date.now() / 1000);
    for (const node of document.querySelectorAll("[data-ago]")) {
      if (ages !== null) setText(node, age(Math.max(0, now - Number(node.dataset.ago))));
    }
    for (const node of document.querySelectorAll("[data-since]")) {
      const seconds = Math.max(0, now - Number(node.dataset.since));
      setText(node, "short" in node.dataset ? shortly(seconds) : words(seconds));
    }
  }

  /* keys, only while no field has the focus */

  const PLACES = { w: "waterfall", b: "builders", c: "changes", h: "./" };
  let going = false;
  let row = -1;

  function choose(step) {
    const rows = [...document.querySelectorAll("[data-row]")];
    if (rows.length === 0) return;
    rows.forEach((node) => node.classList.remove("chosen"));
    row = Math.min(Math.max(row + step, 0), rows.length - 1);
    rows[row].classList.add("chosen");
    const link = rows[row].querySelector("a[href]");
    if (link !== null) link.focus();
    rows[row].scrollIntoView({ block: "nearest" });
  }

  function onKey(event) {
    const inField = /^(INPUT|SELECT|TEXTAREA)$/.test(event.target.tagName) || event.target.isContentEditable;
    if (inField || event.ctrlKey || event.metaKey || event.altKey) return;
    const marked = document.querySelector(`[data-key="${CSS.escape(event.key)}"]`);
    if (going && PLACES[event.key]) location.href = base + PLACES[event.key];
    else if (event.key === "j" || event.key === "k") choose(event.key === "j" ? 1 : -1);
    else if (event.key === "?") document.querySelector("dialog.keys").showModal();
    else if (marked !== null && marked.tagName === "A") marked.click();
    else if (marked !== null) marked.focus();
    else {
      going = event.key === "g";
      return;
    }
    going = false;
    event.preventDefault();
  }
  document.addEventListener("keydown", onKey);

  setInterval(() => document.hidden || refresh(), TICK_MS);
  refresh();
  open();
})();
