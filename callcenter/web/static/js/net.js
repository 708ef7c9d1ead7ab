// Requests that are not htmx's: the token, and words in the page's language.

const block = document.getElementById("words");
const texts = block ? JSON.parse(block.textContent) : {};

/** A text in the page's language, with {name} replaced.
 * @param {string} name @param {Record<string, string>} [values] */
export function words(name, values = {}) {
  return (texts[name] ?? name).replace(/\{(\w+)\}/g, (_, key) => values[key] ?? "");
}

/** The token that proves a request comes from this page. */
export function csrf() {
  return JSON.parse(document.body.getAttribute("hx-headers:inherited") ?? "{}")["X-CSRF-Token"] ?? "";
}

/** Use another token from now on, after signing in again. @param {string} token */
export function renewCsrf(token) {
  document.body.setAttribute("hx-headers:inherited", JSON.stringify({ "X-CSRF-Token": token }));
  for (const field of document.querySelectorAll("input[name=csrf_token]")) field.value = token;
}

/** Send a form's fields. @param {string} method @param {string} url @param {FormData} fields */
export async function send(method, url, fields) {
  const answer = await fetch(url, {
    method,
    body: new URLSearchParams(/** @type {any} */ (fields)),
    headers: { "X-CSRF-Token": csrf() },
    credentials: "same-origin",
  });
  if (answer.status === 401) document.dispatchEvent(new CustomEvent("session-over"));
  return answer;
}

/** @param {Date} [when] */
export function clock(when = new Date()) {
  return when.toTimeString().slice(0, 8);
}

/** A passing message. @param {string} text @param {"bad" | "ok"} kind */
export function toast(text, kind = "bad") {
  const box = document.createElement("div");
  box.className = "toast";
  box.dataset.kind = kind;
  box.textContent = text;
  document.getElementById("toasts")?.append(box);
  setTimeout(() => box.remove(), 6000);
}
