/* SPDX-License-Identifier: LGPL-2.1-or-later */
/*
 * A log that grows: when lines were appended, the page is asked for the lines after the last one and
 * they are added, drawn by the server. The page follows its end until the reader scrolls up, and again
 * when the reader is back at the bottom. Lines named in the address (#L120, #L120-L140) are marked.
 */
"use strict";
(() => {
  const MIN_GAP_MS = 250;
  const POLL_MS = 5000;
  const MAX_LINES = 20000;
  const frame = document.getElementById("log");
  const wrap = document.getElementById("wrap");
  if (frame === null) return;
  const base = document.body.dataset.base || "";
  const button = document.getElementById("follow");
  const end = document.getElementById("end");
  let complete = frame.dataset.complete === "1";
  let known = Number(frame.dataset.lines);
  let following = !complete && location.hash === "";
  let busy = false;
  let again = false;

  wrap.parentElement.hidden = false;
  wrap.addEventListener("change", () => frame.classList.toggle("nowrap", !wrap.checked));

  /* marked lines */

  function mark() {
    const range = /^#L(\d+)-L?(\d+)$/.exec(location.hash);
    for (const line of frame.querySelectorAll(".marked")) line.classList.remove("marked");
    if (range === null) return;
    for (let n = Number(range[1]); n <= Math.min(Number(range[2]), Number(range[1]) + 5000); n++) {
      const line = document.getElementById(`L${n}`);
      if (line !== null) line.classList.add("marked");
    }
  }

  function jump() {
    const range = /^#L(\d+)-L?\d+$/.exec(location.hash);
    const first = range !== null ? document.getElementById(`L${range[1]}`) : null;
    mark();
    if (first !== null) first.scrollIntoView({ block: "center" });
  }

  frame.addEventListener("click", (event) => {
    const number = event.target.closest("a.no");
    const from = /^#L(\d+)/.exec(location.hash);
    if (number === null || !event.shiftKey || from === null) return;
    const ends = [Number(from[1]), Number(number.dataset.n)].sort((a, b) => a - b);
    event.preventDefault();
    history.replaceState(null, "", `#L${ends[0]}-L${ends[1]}`);
    mark();
  });
  addEventListener("hashchange", jump);
  jump();
  if (complete || frame.dataset.ends !== "1") return;

  /* following */

  function isAtBottom() {
    return innerHeight + scrollY >= document.documentElement.scrollHeight - 40;
  }

  function setFollowing(on) {
    following = on;
    button.setAttribute("aria-pressed", on ? "true" : "false");
  }

  function toBottom() {
    if (following) scrollTo({ top: document.documentElement.scrollHeight });
  }

  button.hidden = false;
  button.addEventListener("click", () => {
    setFollowing(!following);
    frame.setAttribute("aria-live", following ? "polite" : "off");
    toBottom();
  });
  let lastTop = scrollY;
  addEventListener("scroll", () => {
    if (scrollY < lastTop - 2) setFollowing(false);
    else if (isAtBottom()) setFollowing(true);
    lastTop = scrollY;
  }, { passive: true });

  function append(fresh) {
    const pre = [...frame.querySelectorAll("pre.log")].pop();
    const lines = [...fresh.querySelectorAll("#log .line")];
    let added = 0;
    for (const line of lines) {
      const n = Number(line.id.slice(1));
      if (n <= known) continue;
      pre.appendChild(document.importNode(line, true));
      known = n;
      added++;
    }
    while (pre.childElementCount > MAX_LINES) pre.firstElementChild.remove();
    return added;
  }

  async function fetchMore() {
    if (busy || document.hidden) {
      again = true;
      return;
    }
    busy = true;
    again = false;
    try {
      const answer = await fetch(`?lines=${known + 1}-`, { credentials: "same-origin" });
      if (answer.ok) {
        const fresh = new DOMParser().parseFromString(await answer.text(), "text/html");
        const other = fresh.getElementById("log");
        const added = other !== null ? append(fresh) : 0;
        complete = other !== null && other.dataset.complete === "1";
        again = again || (added > 0 && Number(other.dataset.lines) > known);
        mark();
        toBottom();
      }
    } catch (failure) {
      console.debug("reading the log failed", failure);
    }
    await new Promise((resolve) => setTimeout(resolve, MIN_GAP_MS));
    busy = false;
    if (complete && !again) finish();
    else if (again) fetchMore();
  }

  let stream = null;
  let poll = 0;

  function finish() {
    close();
    button.hidden = true;
    const text = document.createElement("span");
    text.textContent = "✓";
    end.replaceChildren(text);
  }

  function close() {
    if (stream !== null) stream.close();
    clearInterval(poll);
    stream = null;
  }

  function open() {
    if (complete || stream !== null) return;
    const part = frame.dataset.path.split("/");
    const which = [part[1], part[3], part[5], encodeURIComponent(frame.dataset.name)].join("/");
    stream = new EventSource(`${base}events?topics=logs&log=${encodeURIComponent(which)}`);
    for (const name of ["log-appended", "log-finished", "reset"]) stream.addEventListener(name, fetchMore);
    poll = setInterval(fetchMore, POLL_MS);
  }

  document.addEventListener("visibilitychange", () => {
    if (document.hidden) {
      close();
      return;
    }
    open();
    fetchMore();
  });
  addEventListener("pagehide", close);
  setFollowing(following);
  toBottom();
  open();
})();
