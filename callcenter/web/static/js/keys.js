// Keyboard (ui.md §4.5): by place on the keyboard (event.code), never while an input method is composing.

import { send } from "./net.js";

let single = document.body.dataset.singleKeys === "true";

const ALT = {
  KeyW: () => focus("#wrap-up input[name=code]:checked") || focus("#wrap-up input[name=code]"),
  KeyN: () => focus("#work textarea"),
  KeyR: () => focus("#transcript .lines") || focus(".lines"),
  KeyU: () => focus("#customer"),
  Backquote: nextPane,
};
const PLAIN = {
  "/": () => focus("[data-search]") || (location.href = "/calls"),
  "?": () => document.getElementById("help")?.showModal(),
};

export function start() {
  document.addEventListener("keydown", pressed);
  document.addEventListener("click", opened);
  document.getElementById("single-keys")?.addEventListener("change", switched);
}

function pressed(event) {
  if (event.isComposing || event.repeat || event.defaultPrevented) return;
  if (handle(event)) event.preventDefault();
}

function handle(event) {
  const { altKey, ctrlKey, metaKey, code, key } = event;
  if (ctrlKey && key === "Enter") return submit(event.target.closest?.("form"));
  if (altKey && !ctrlKey && !metaKey) return alt(code);
  if (ctrlKey || metaKey) return false;
  if (key === "Escape") return document.querySelector("dialog[open]") ? false : click("[data-dismiss]");
  if (typing(event.target) || document.querySelector("dialog[open]")) return false;
  if (key === "Enter") return open(event.target.closest?.("tr[data-href]"));
  if (!single) return false;
  if (PLAIN[key]) return PLAIN[key]() !== false;
  if (/^[1-9]$/.test(key) && click(`[data-choice="${key}"]`)) return true;
  if (!document.querySelector("[data-player]") && (key === "j" || key === "k")) return row(key === "j" ? 1 : -1);
  return false;
}

function alt(code) {
  if (ALT[code]) return ALT[code]() !== false;
  const link = document.querySelector(`[data-key="alt+${code}"]`);
  if (link) link.click();
  return Boolean(link);
}

/** Whether a key here is text. @param {Element} target */
export function typing(target) {
  return Boolean(target.closest?.("input:not([type=radio]):not([type=checkbox]), textarea, select, [contenteditable]"));
}

/** Whether keys without Alt or Ctrl may act. */
export const singleKeys = () => single;

function focus(selector) {
  const found = document.querySelector(selector);
  found?.focus();
  return Boolean(found);
}

function click(selector) {
  const found = document.querySelector(selector);
  found?.click();
  return Boolean(found);
}

function submit(form) {
  const button = form?.querySelector("button[type=submit]");
  if (!button || button.disabled) return false;
  form.requestSubmit(button);
  return true;
}

function open(line) {
  if (line) location.href = line.dataset.href;
  return Boolean(line);
}

function opened(event) {
  const dialog = event.target.closest("[data-open]");
  if (dialog) return document.getElementById(dialog.dataset.open)?.showModal();
  if (event.target.closest("a, button, input, label, select")) return undefined;
  if (getSelection()?.isCollapsed !== false) open(event.target.closest("tr[data-href]"));
  return undefined;
}

function row(step) {
  const rows = [...document.querySelectorAll("[data-rows] tr[data-href]")];
  const at = rows.indexOf(document.activeElement?.closest("tr"));
  const next = rows[at < 0 ? 0 : at + step];
  if (!next) return false;
  next.tabIndex = -1;
  next.focus();
  return true;
}

function nextPane() {
  const panes = [...document.querySelectorAll(".pane[tabindex], main")].filter((pane) => pane.offsetParent);
  const at = panes.findIndex((pane) => pane === document.activeElement || pane.contains(document.activeElement));
  return panes[(at + 1) % panes.length]?.focus();
}

function switched(event) {
  single = event.target.checked;
  const fields = new FormData();
  fields.set("single_key_shortcuts", String(single));
  send("POST", "/me/shortcuts", fields);
}
