// What every page loads.

import * as again from "./again.js";
import * as desk from "./desk.js";
import * as drafts from "./drafts.js";
import * as keys from "./keys.js";
import * as live from "./live.js";
import { toast, words } from "./net.js";
import * as timers from "./timers.js";

if (document.body.dataset.livePage) {
  timers.start();
  again.start();
  drafts.start();
  desk.start();
  keys.start();
  live.start();
  // A new session needs a new stream, and the page may have missed something meanwhile.
  document.addEventListener("signed-in-again", () => {
    live.start();
    live.refetch();
  });
}

expire();
document.addEventListener("live:after", expire);
document.addEventListener("htmx:after:swap", afterSwap);
document.addEventListener("htmx:error", () => toast(words("offline")));

function afterSwap() {
  expire();
  document.querySelector("[aria-invalid=true]")?.focus();
}

/** Passing messages go by themselves. */
function expire() {
  for (const box of document.querySelectorAll("[data-expires]:not([data-going])")) {
    box.dataset.going = "";
    setTimeout(() => box.remove(), Number(box.dataset.expires));
  }
}
