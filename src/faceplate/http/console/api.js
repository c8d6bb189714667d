// Calls of the REST API. Everything that can go wrong is a Problem with a code, or Gone.

import { key } from "./session.js";

/** An answer that says no: the API's problem details. */
export class Problem extends Error {
  constructor(status, body, retryAfter) {
    super(String(body?.detail ?? body?.error?.message ?? `The server answered ${status}.`));
    this.status = status;
    this.code = String(body?.code ?? body?.error?.code ?? "");
    this.requestId = String(body?.request_id ?? "");
    this.retryAfter = retryAfter;
  }
}

/** No answer at all. */
export class Gone extends Error {
  constructor() {
    super("The server does not answer.");
    this.code = "gone";
  }
}

/** Tells of `gone`, `back` and `denied` (the key is not accepted). */
export const wire = new EventTarget();

let gone = false;

/** Return the full address of a path of the API; the console may live below a prefix. */
export function address(path, query) {
  const url = new URL(path, location.origin + location.pathname);
  for (const [name, value] of Object.entries(query ?? {})) {
    if (value !== null && value !== undefined && value !== "") url.searchParams.set(name, value);
  }
  return url.href;
}

/** Percent-encode a key or an id for a path; slashes stay. */
export function inPath(text) {
  return text.split("/").map(encodeURIComponent).join("/");
}

/** Note whether the server was heard. */
export function heard(answered) {
  if (gone === !answered) return;
  gone = !answered;
  wire.dispatchEvent(new Event(gone ? "gone" : "back"));
}

/** Turn an answer that says no into a Problem, and tell when the key is the matter. */
export function refusal(status, body, retryAfter) {
  const problem = new Problem(status, body, retryAfter);
  if (status === 401) wire.dispatchEvent(new CustomEvent("denied", { detail: problem }));
  return problem;
}

/** Send a request; return the Response of one that went well. `json` and `body` are bodies. */
export async function send(method, path, { query, json, body, signal, headers } = {}) {
  const sent = { ...headers };
  if (key()) sent["x-api-key"] = key();
  if (json !== undefined) sent["content-type"] = "application/json";
  let response;
  try {
    response = await fetch(address(path, query), {
      method,
      headers: sent,
      body: json !== undefined ? JSON.stringify(json) : body,
      signal,
      cache: "no-cache",
      credentials: "omit",
    });
  } catch (error) {
    if (error.name === "AbortError") throw error;
    heard(false);
    throw new Gone();
  }
  heard(true);
  if (response.ok) return response;
  const said = await response.json().catch(() => null);
  throw refusal(response.status, said, response.headers.get("retry-after"));
}

/** Send a request; return the JSON of the answer. */
export async function call(method, path, options) {
  const response = await send(method, path, options);
  try {
    return await response.json();
  } catch (error) {
    if (error.name === "AbortError") throw error;
    throw new Gone();
  }
}

/** GET some JSON. */
export function get(path, query, signal) {
  return call("GET", path, { query, signal });
}

let known = null;

/** Return `/v1/info`, asked once; `again` asks anew. */
export function info(again = false) {
  if (!known || again) {
    known = get("v1/info");
    known.catch(() => (known = null));
  }
  return known;
}

let term = new AbortController();

/** Forget what was answered to another key. */
export function forgetInfo() {
  known = null;
  term.abort();
  term = new AbortController();
}

/** Return what `make(signal)` makes, once for as long as one key is used; then the signal ends. */
export function perKey(make) {
  let made = null;
  return () => {
    if (!made) {
      term.signal.addEventListener("abort", () => (made = null));
      made = make(term.signal);
    }
    return made;
  };
}
