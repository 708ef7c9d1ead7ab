// One stream from the server: EventSource with what it lacks (ui.md §2.3): the id survives an HTTP error, silence is
// noticed, and a session that is over is told from a server that is away. Used by the worker and by a page alone.

const SILENCE_MS = 40000; // the server says something every 15 s
const KINDS = ["hello", "html", "call", "alert", "hb", "resync", "session", "bye", "link", "ring", "refresh"];

export class LiveSource {
  /** @param {string} path @param {string} last @param {(frame: {kind: string, data: string}) => void} emit */
  constructor(path, last, emit) {
    this.path = path;
    this.last = last;
    this.emit = emit;
    this.wait = 250;
    this.closed = false;
    this.open();
  }

  open() {
    if (this.closed) return;
    const stream = new EventSource(`${this.path}&last=${encodeURIComponent(this.last)}`);
    this.stream = stream;
    this.watch();
    for (const kind of KINDS) stream.addEventListener(kind, (event) => this.take(kind, event));
    stream.onerror = () => {
      this.emit({ kind: "down", data: "" });
      if (stream.readyState === EventSource.CLOSED) this.refused();
    };
  }

  take(kind, event) {
    this.watch();
    if (event.lastEventId) this.last = event.lastEventId;
    if (kind === "hello") this.wait = 250;
    this.emit({ kind, data: event.data });
    if (kind === "session") this.close();
    if (kind === "bye") this.again(200 + Math.random() * 2800);
  }

  /** The server answered with an error, which ends an EventSource: find out which, then try again. */
  async refused() {
    const probe = new AbortController();
    try {
      const answer = await fetch(`${this.path}&last=`, { signal: probe.signal, credentials: "same-origin" });
      probe.abort();
      if (answer.status === 401 || answer.status === 403) {
        this.emit({ kind: "session", data: "{}" });
        this.close();
        return;
      }
    } catch {
      // Not reachable: the same as any other failure, tried again below.
    }
    this.wait = Math.min(this.wait * 2, 15000);
    this.again(this.wait * (0.5 + Math.random() / 2));
  }

  again(delay) {
    this.stream?.close();
    clearTimeout(this.silence);
    clearTimeout(this.retry);
    if (!this.closed) this.retry = setTimeout(() => this.open(), delay);
  }

  watch() {
    clearTimeout(this.silence);
    this.silence = setTimeout(() => {
      this.emit({ kind: "down", data: "" });
      this.again(0);
    }, SILENCE_MS);
  }

  close() {
    this.closed = true;
    this.stream?.close();
    clearTimeout(this.silence);
    clearTimeout(this.retry);
  }
}
