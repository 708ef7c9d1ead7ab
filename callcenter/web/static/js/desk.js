// The agent desk: title and flash while it rings, wrap-up opens when the call is over, the transcript follows.

import { forget } from "./drafts.js";
import { words } from "./net.js";

const title = document.title;
let atEnd = new WeakMap();

export function start() {
  document.addEventListener("live:call", ({ detail }) => callChanged(detail));
  document.addEventListener("live:ring", ({ detail }) => ringHint(detail));
  document.addEventListener("live:alert", ({ detail }) => announce(detail));
  document.addEventListener("live:before", remember);
  document.addEventListener("live:after", follow);
  document.addEventListener("click", jumpToEnd);
  document.addEventListener("htmx:before:request", wrappingUp);
  for (const list of lists()) list.scrollTop = list.scrollHeight;
  const desk = document.getElementById("desk");
  if (desk) setState(desk.dataset.state);
}

function callChanged(call) {
  setState(call.state);
  // Words that were still changing when the line went dead will not be finished any more.
  if (call.state === "wrap_up") for (const line of document.querySelectorAll("[data-interim]")) line.remove();
  const rings = call.state === "ringing";
  document.title = rings ? `● ${words("rings", { who: call.name || call.phone || words("unknownCaller") })}` : title;
}

/** The parts that wait for a state; the form itself is not drawn again, somebody may be typing in it. */
function setState(state) {
  const desk = document.getElementById("desk");
  if (!desk) return;
  desk.dataset.state = state;
  for (const part of desk.querySelectorAll("[data-when]")) part.disabled = part.dataset.when !== state;
  for (const part of desk.querySelectorAll("[data-unless]")) part.hidden = part.dataset.unless === state;
}

/** Another page is open: offer the desk while the telephone rings. */
function ringHint({ change }) {
  const hint = document.getElementById("ring-hint");
  if (!hint) return;
  if (change === "offered") {
    hint.hidden = false;
    document.title = `● ${title}`;
  } else if (["offer_ended", "answered", "ended"].includes(change)) {
    hint.hidden = true;
    document.title = title;
  }
}

function announce({ id, sev, new: isNew }) {
  if (!isNew || sev < 3) return;
  const card = document.getElementById(`flag-${id}`) ?? document.getElementById(`wall-flag-${id}`);
  const line = document.createElement("p");
  line.textContent = `${words("alertHeard")}: ${card?.querySelector("strong")?.textContent ?? ""}`;
  document.getElementById("announcer")?.replaceChildren(line);
}

const lists = () => document.querySelectorAll("[data-autoscroll]");

function remember() {
  atEnd = new WeakMap();
  for (const list of lists()) atEnd.set(list, list.scrollHeight - list.scrollTop - list.clientHeight < 40);
}

function follow() {
  for (const list of lists()) {
    const follows = atEnd.get(list) ?? true;
    if (follows) list.scrollTop = list.scrollHeight;
    const button = document.querySelector(`[data-follow="${list.id}"]`);
    if (button) button.hidden = follows;
  }
}

function jumpToEnd(event) {
  const button = event.target.closest("[data-follow]");
  const list = button && document.getElementById(button.dataset.follow);
  if (!list) return;
  list.scrollTop = list.scrollHeight;
  button.hidden = true;
}

/** The draft is part of what is being saved: keep no copy that would come back. */
function wrappingUp(event) {
  const form = event.target.closest?.("form.wrap-up");
  if (form && event.target === form) forget(form.dataset.draft);
}
