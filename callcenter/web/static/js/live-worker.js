// The streams of all tabs of one browser: one per kind of page, however many tabs (browsers allow six connections).

import { LiveSource } from "./live-source.js";

/** @type {Map<string, {source: LiveSource, ports: Set<MessagePort>, up: boolean, hello: string}>} */
const streams = new Map();

self.onconnect = (event) => {
  const port = event.ports[0];
  let path = "";
  port.onmessage = ({ data }) => {
    if (data.kind === "open") {
      path = data.path;
      join(port, path, data.last);
    } else if (data.kind === "bye") {
      leave(port, path);
    }
  };
  port.start();
};

function join(port, path, last) {
  const known = streams.get(path);
  if (known && !known.source.closed) {
    known.ports.add(port);
    if (!known.up) return;
    port.postMessage({ kind: "hello", data: known.hello });
    // The page was drawn before the newest notice this stream has passed on: let it draw itself again.
    if (isOlder(last, known.source.last)) port.postMessage({ kind: "resync", data: "{}" });
    return;
  }
  const stream = { source: null, ports: new Set([port]), up: false, hello: "{}" };
  streams.set(path, stream);
  stream.source = new LiveSource(path, last, (frame) => {
    if (frame.kind === "hello") Object.assign(stream, { up: true, hello: frame.data });
    if (frame.kind === "down" || frame.kind === "bye") stream.up = false;
    for (const each of stream.ports) each.postMessage(frame);
    if (frame.kind === "session") streams.delete(path);
  });
}

function leave(port, path) {
  const stream = streams.get(path);
  stream?.ports.delete(port);
  if (stream && stream.ports.size === 0) {
    stream.source.close();
    streams.delete(path);
  }
}

function isOlder(page, stream) {
  const [pageEpoch, pageSeq] = split(page);
  const [streamEpoch, streamSeq] = split(stream);
  return pageEpoch !== streamEpoch || pageSeq < streamSeq;
}

function split(id) {
  const dash = id.lastIndexOf("-");
  return [id.slice(0, dash), Number(id.slice(dash + 1))];
}
