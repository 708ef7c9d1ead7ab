// The recording: waveform with one row per party, the transcript following the sound, marks to jump to.
// Peaks come from the server, so the sound is streamed in ranges and never decoded here.

import WaveSurfer from "../vendor/wavesurfer.esm.js";
import Regions from "../vendor/wavesurfer-regions.esm.js";
import Timeline from "../vendor/wavesurfer-timeline.esm.js";
import { singleKeys, typing } from "./keys.js";
import { words } from "./net.js";
import { duration } from "./timers.js";

const STEP = 5;
const RATES = [0.75, 1, 1.25, 1.5, 2];
const colour = (name) => getComputedStyle(document.documentElement).getPropertyValue(name).trim();

function setUp(box) {
  const info = JSON.parse(box.querySelector("script[type='application/json']").textContent);
  const regions = Regions.create();
  const wave = WaveSurfer.create({
    ...look(info),
    container: box.querySelector("[data-wave]"),
    url: info.url,
    peaks: info.peaks?.channels ?? undefined,
    duration: info.duration,
    cspNonce: document.querySelector("meta[name=csp-nonce]").content,
    plugins: [regions, Timeline.create({ height: 16, style: { fontSize: "11px", color: colour("--muted") } })],
  });
  wave.on("error", () => (box.querySelector("[data-position]").textContent = words("noSound")));
  const lines = new Lines(info.offset);
  wave.on("ready", () => addMarks(regions, info));
  wave.on("timeupdate", (at) => {
    position(box, at, info.duration);
    lines.show(at, box.querySelector("[data-follow-audio]").checked && wave.isPlaying());
  });
  for (const state of ["play", "pause"]) wave.on(state, () => playText(box, wave));
  box.addEventListener("click", (event) => act(event.target.closest("[data-do]")?.dataset.do, wave, info));
  box.querySelector("[data-rate]").addEventListener("change", (event) => wave.setPlaybackRate(Number(event.target.value)));
  document.addEventListener("click", (event) => seekFromText(event, wave, info));
  document.addEventListener("keydown", (event) => keyed(event, wave, info, box));
}

function look(info) {
  const agent = { waveColor: colour("--agent"), progressColor: colour("--agent-played") };
  const customer = { waveColor: colour("--customer"), progressColor: colour("--customer-played") };
  const base = { height: 56, barWidth: 2, barGap: 1, barRadius: 1, cursorColor: colour("--text"), normalize: false };
  if (info.layout === "stereo") return { ...base, splitChannels: [agent, customer] };
  return { ...base, ...(info.layout === "customer" ? customer : agent) };
}

function addMarks(regions, info) {
  regions.clearRegions();
  const shown = info.marks.filter((mark) => mark.at >= info.offset && mark.at <= info.offset + info.duration);
  // Words flagged in one breath share a flag, or their labels would lie on each other.
  const together = Map.groupBy(shown, (mark) => Math.round((mark.at - info.offset) / (info.duration / 40)));
  for (const marks of together.values()) {
    const words = [...new Set(marks.map((mark) => mark.word))].join(" · ");
    regions.addRegion({ start: marks[0].at - info.offset, content: flag(words), color: colour("--mark"), drag: false, resize: false });
  }
}

function flag(word) {
  const label = document.createElement("span");
  label.textContent = `⚑ ${word}`;
  Object.assign(label.style, { fontSize: "11px", fontWeight: "600", color: colour("--bad"), background: colour("--bad-tint"), padding: "0 5px", borderRadius: "0 4px 4px 0", whiteSpace: "nowrap" });
  return label;
}

function position(box, at, whole) {
  box.querySelector("[data-position]").textContent = `${duration(at)} / ${duration(whole)}`;
}

function playText(box, wave) {
  box.querySelector("[data-play-text]").textContent = words(wave.isPlaying() ? "pause" : "play");
  const use = box.querySelector("[data-do=play] use");
  use.setAttribute("href", use.getAttribute("href").replace(/#.*/, wave.isPlaying() ? "#player-pause" : "#player-play"));
}

function act(what, wave, info) {
  const now = wave.getCurrentTime();
  if (what === "play") wave.playPause();
  if (what === "back") wave.setTime(Math.max(0, now - STEP));
  if (what === "on") wave.setTime(Math.min(info.duration, now + STEP));
  if (what === "mark") jump(wave, info, 1);
  if (what === "previous-mark") jump(wave, info, -1);
}

function jump(wave, info, step) {
  const now = wave.getCurrentTime();
  const times = info.marks.map((mark) => mark.at - info.offset).filter((at) => at >= 0);
  const next = step > 0 ? times.find((at) => at > now + 0.2) : times.findLast((at) => at < now - 1);
  if (next !== undefined) wave.setTime(next);
}

const KEYS = { k: "play", j: "back", l: "on", n: "mark", p: "previous-mark" };

function keyed(event, wave, info, box) {
  if (event.isComposing || event.ctrlKey || event.metaKey || event.altKey || typing(event.target)) return;
  if (event.key === "Enter" && event.target.closest(".line")) return void playFrom(event.target.closest(".line"), wave, info);
  if (!singleKeys() || document.querySelector("dialog[open]")) return;
  if (KEYS[event.key]) act(KEYS[event.key], wave, info);
  else if (event.key === "[" || event.key === "]") rate(box, wave, event.key === "]" ? 1 : -1);
  else return;
  event.preventDefault();
}

function rate(box, wave, step) {
  const select = box.querySelector("[data-rate]");
  const next = RATES[RATES.indexOf(Number(select.value)) + step];
  if (!next) return;
  select.value = String(next);
  wave.setPlaybackRate(next);
}

function seekFromText(event, wave, info) {
  const at = event.target.closest("[data-seek]");
  const line = event.target.closest("[data-clickable] .line");
  if (at) wave.setTime(Math.max(0, Number(at.dataset.seek) - info.offset));
  else if (line && getSelection()?.isCollapsed !== false) playFrom(line, wave, info, false);
}

function playFrom(line, wave, info, play = true) {
  wave.setTime(Math.max(0, Number(line.dataset.start) - info.offset));
  if (play) wave.play();
}

/** The line that is being spoken: found by bisection, so a long call costs nothing. */
class Lines {
  constructor(offset) {
    this.offset = offset;
    this.read();
  }

  read() {
    this.rows = [...document.querySelectorAll("[data-clickable] .line")];
    this.starts = this.rows.map((row) => Number(row.dataset.start));
    for (const row of this.rows) row.tabIndex = 0;
  }

  show(at, follow) {
    let row = this.rows[this.find(at + this.offset)] ?? null;
    if (row && !row.isConnected) {
      this.read(); // a live update drew the line anew
      row = this.rows[this.find(at + this.offset)] ?? null;
    }
    const before = document.querySelector("[data-clickable] .line[aria-current]");
    if (row === before) return;
    before?.removeAttribute("aria-current");
    row?.setAttribute("aria-current", "true");
    if (row && follow) row.scrollIntoView({ block: "nearest" });
  }

  find(at) {
    let low = 0;
    let high = this.starts.length;
    while (low < high) {
      const middle = (low + high) >> 1;
      if (this.starts[middle] <= at + 0.05) low = middle + 1;
      else high = middle;
    }
    return low - 1;
  }
}

for (const box of document.querySelectorAll("[data-player]")) setUp(box);
