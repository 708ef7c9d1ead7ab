// The page's end of the live stream: fragments into the page, and what the stream's state looks like.

import { LiveSource } from "./live-source.js";
import { clock, words } from "./net.js";
import { setServerTime } from "./timers.js";

const LATE_MS = 5000;
const LOST_MS = 60000;
const page = document.body.dataset;
let downSince = 0;
let late = 0;
let lost = 0;

export function start() {
  const call = page.liveCall ? `&call=${page.liveCall}` : "";
  const path = `${location.origin}/live?page=${page.livePage}${call}`;
  const port = connect(path);
  addEventListener("pagehide", () => port.bye());
  // A page out of the back-forward cache is old and its stream is gone.
  addEventListener("pageshow", (event) => event.persisted && location.reload());
}

function connect(path) {
  if (typeof SharedWorker === "undefined") {
    const source = new LiveSource(path, page.liveId, take);
    return { bye: () => source.close() };
  }
  const worker = new SharedWorker(page.worker, { type: "module", name: "live" });
  worker.port.onmessage = ({ data }) => take(data);
  worker.port.postMessage({ kind: "open", path, last: page.liveId });
  return { bye: () => worker.port.postMessage({ kind: "bye" }) };
}

/** @param {{kind: string, data: string}} frame */
function take({ kind, data }) {
  switch (kind) {
    case "html":
      swap(data);
      break;
    case "hello":
      up(JSON.parse(data));
      break;
    case "hb":
      setServerTime(JSON.parse(data).now);
      break;
    case "resync":
    case "refresh":
      refetch();
      break;
    case "down":
    case "bye":
      down();
      break;
    case "session":
      down();
      document.dispatchEvent(new CustomEvent("session-over"));
      break;
    default:
      document.dispatchEvent(new CustomEvent(`live:${kind}`, { detail: JSON.parse(data) }));
  }
}

function swap(text) {
  document.dispatchEvent(new CustomEvent("live:before"));
  const done = htmx.swap({ text, sourceElement: document.body, swap: "none" });
  Promise.resolve(done).then(() => document.dispatchEvent(new CustomEvent("live:after")));
}

/** Draw every live region again; morphing keeps the focus and what is being typed. */
export function refetch() {
  for (const region of document.querySelectorAll("[data-refresh]")) {
    htmx.ajax("GET", region.dataset.refresh, { target: `#${region.id}`, swap: "outerMorph" });
  }
}

function up(hello) {
  setServerTime(hello.now);
  clearTimeout(late);
  clearTimeout(lost);
  const wasDown = downSince;
  downSince = 0;
  bar("");
  show(wasDown ? "resumed" : "live");
  if (wasDown) setTimeout(() => downSince || show("live"), 2000);
  if (hello.build && hello.build !== page.build) bar(words("newVersion"), true);
}

function down() {
  if (downSince) return;
  downSince = Date.now();
  show("reconnecting");
  const time = clock();
  late = setTimeout(() => bar(words("paused", { time })), LATE_MS);
  lost = setTimeout(() => bar(words("lost", { time }), true, "bad"), LOST_MS);
}

function show(state) {
  const chip = document.getElementById("live");
  if (!chip) return;
  chip.dataset.state = state;
  chip.querySelector("[data-live-text]").textContent = words(state);
}

function bar(text, withReload = false, kind = "warn") {
  const box = document.getElementById("live-bar");
  if (!box) return;
  box.hidden = !text;
  box.dataset.kind = kind;
  box.textContent = text;
  if (!withReload) return;
  const button = document.createElement("button");
  button.type = "button";
  button.className = "button small";
  button.textContent = words("reload");
  button.onclick = () => location.reload();
  box.append(" ", button);
}
