// The session is over while a page is open: sign in again in place, so that nothing typed is lost.

import { renewCsrf, words } from "./net.js";

export function start() {
  const dialog = document.getElementById("again");
  const form = document.getElementById("again-form");
  if (!dialog || !form) return;
  document.addEventListener("session-over", () => dialog.open || dialog.showModal());
  document.addEventListener("htmx:after:request", ({ detail }) => {
    if (detail?.ctx?.response?.status === 401) document.dispatchEvent(new CustomEvent("session-over"));
  });
  dialog.addEventListener("cancel", (event) => event.preventDefault());
  form.addEventListener("submit", async (event) => {
    event.preventDefault();
    const answer = await fetch(form.action, { method: "POST", body: new URLSearchParams(new FormData(form)) });
    const error = form.querySelector(".error");
    error.hidden = answer.ok;
    error.textContent = answer.ok ? "" : words("wrongPassword");
    if (!answer.ok) return;
    renewCsrf((await answer.json()).csrf_token);
    form.reset();
    dialog.close();
    document.dispatchEvent(new CustomEvent("signed-in-again"));
  });
}
