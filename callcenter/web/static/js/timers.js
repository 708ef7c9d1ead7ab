// Running clocks: <time data-since="unix seconds"> counts up by the server's time.

let ahead = 0; // seconds the server's clock is ahead of ours

/** @param {number} now Unix seconds at the server */
export function setServerTime(now) {
  ahead = now - Date.now() / 1000;
}

/** @param {number} seconds */
export function duration(seconds) {
  const whole = Math.max(0, Math.floor(seconds));
  const rest = String(whole % 60).padStart(2, "0");
  const minutes = Math.floor(whole / 60);
  return minutes < 60 ? `${minutes}:${rest}` : `${Math.floor(minutes / 60)}:${String(minutes % 60).padStart(2, "0")}:${rest}`;
}

export function tick() {
  const now = Date.now() / 1000 + ahead;
  for (const clock of document.querySelectorAll("time[data-since]")) {
    const text = duration(now - Number(clock.dataset.since));
    if (clock.textContent !== text) clock.textContent = text;
  }
}

export function start() {
  tick();
  setInterval(tick, 1000);
  document.addEventListener("live:after", tick);
  document.addEventListener("htmx:after:swap", tick);
}
