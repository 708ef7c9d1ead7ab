// What is being typed is never lost: kept in this browser at once and on the server a moment later, and never
// overwritten by a live update (hx-morph-skip while it differs from what the server has).

import { clock, send, words } from "./net.js";

const PAUSE_MS = 700;
const timers = new Map();

export function start() {
  document.addEventListener("input", (event) => edited(event.target.closest("form[data-draft]")));
  document.addEventListener("change", (event) => edited(event.target.closest("form[data-draft]")));
  document.addEventListener("live:after", restoreAll);
  document.addEventListener("htmx:after:swap", restoreAll);
  addEventListener("pagehide", () => timers.forEach((_, url) => save(url)));
  restoreAll();
}

function edited(form) {
  if (!form) return;
  form.setAttribute("hx-morph-skip", "");
  const url = form.dataset.draft;
  sessionStorage.setItem(key(url), JSON.stringify(Object.fromEntries(new FormData(form))));
  clearTimeout(timers.get(url));
  timers.set(url, setTimeout(() => save(url), PAUSE_MS));
}

async function save(url) {
  clearTimeout(timers.get(url));
  timers.delete(url);
  const form = document.querySelector(`form[data-draft="${url}"]`);
  if (!form) return;
  const sent = sessionStorage.getItem(key(url));
  let saved = false;
  try {
    saved = (await send("PUT", url, new FormData(form))).ok;
  } catch {
    // The server is away: the copy in this browser stands, and the next edit tries again.
  }
  if (saved && sessionStorage.getItem(key(url)) === sent) {
    sessionStorage.removeItem(key(url));
    form.removeAttribute("hx-morph-skip");
  }
  const state = form.querySelector("[data-draft-state]");
  if (state) state.textContent = saved ? words("draftSaved", { time: clock() }) : words("draftKept");
}

/** Put back what this browser kept because the server never got it. */
function restoreAll() {
  for (const form of document.querySelectorAll("form[data-draft]:not([data-restored])")) {
    form.setAttribute("data-restored", "");
    const kept = sessionStorage.getItem(key(form.dataset.draft));
    if (!kept) continue;
    for (const [name, value] of Object.entries(JSON.parse(kept))) {
      const field = form.elements.namedItem(name);
      if (field) field.value = value;
    }
    edited(form);
  }
}

/** The form was saved for good. @param {string} url */
export function forget(url) {
  clearTimeout(timers.get(url));
  timers.delete(url);
  sessionStorage.removeItem(key(url));
}

const key = (url) => `draft:${url}`;
