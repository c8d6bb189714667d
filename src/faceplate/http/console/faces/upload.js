// The queue of pictures to index: a few at a time, with the progress of each.

import { Gone, Problem, address, get, heard, inPath, refusal } from "../api.js";
import { key } from "../session.js";
import { queued } from "./queue.js";

const AT_ONCE = 2;
const MOST_NAMES = 100;

/**
 * Make a queue. `changed(item)` is called whenever an item's state changes: waiting, sending (with
 * `ratio`), working, done (with `answer`) or refused (with `error`).
 */
export function uploads(changed, signal) {
  const names = new Map();
  const release = (item) => {
    for (const [name, one] of names) if (one === item) names.delete(name);
  };
  const set = (item, state) => {
    item.state = state;
    if (!signal.aborted) changed(item);
  };
  const work = async (item) => {
    // A file that is gone from the disk would look like a server that is gone.
    await item.file.slice(0, 1).arrayBuffer().catch(() => {
      throw new Problem(0, { code: "file_unreadable", detail: "The file cannot be read any more." });
    });
    if (!item.key) {
      release(item);
      item.key = await freeKey(item, names, signal);
    }
    item.answer = await index(item, changed, signal);
    release(item);
    set(item, "done");
  };
  const fails = (item, error) => {
    release(item);
    item.error = error;
    set(item, "refused");
  };
  const queue = queued(AT_ONCE, work, fails, (item) => set(item, "waiting"));
  const stop = () => {
    const left = queue.stop();
    left.forEach(release);
    return left;
  };
  signal.addEventListener("abort", stop);
  return {
    add(items) {
      for (const item of items) set(item, "waiting");
      queue.add(items);
    },
    stop,
  };
}

/** Find a key that is free, or holds the same picture: nothing is replaced unasked. */
async function freeKey(item, names, signal) {
  const { file, path, replace } = item;
  if (replace) return path;
  const [, stem, ending] = /^(.*?)(\.[^./]*)?$/s.exec(path);
  for (let n = 1; n <= MOST_NAMES; n += 1) {
    const name = n === 1 ? path : `${stem} (${n})${ending ?? ""}`;
    const other = names.get(name);
    // Taken before it is asked for: two files of one name are on their way side by side.
    if (!other) names.set(name, item);
    const found = other ?? (await get("v1/images", { key: name }, signal)).images[0];
    if (!found || (await same(file, found))) return name;
    if (!other) names.delete(name);
  }
  throw new Problem(409, { code: "name_taken", detail: `There are ${MOST_NAMES} pictures of this name.` });
}

/** Tell whether a stored picture, or another on its way, is this one. */
async function same(file, { size_bytes, sha256, file: other }) {
  // Over plain HTTP a browser computes no digest: the picture is kept beside the other.
  if (!crypto.subtle || file.size !== (size_bytes ?? other.size)) return false;
  return (await digest(file)) === (sha256 ?? (await digest(other)));
}

async function digest(file) {
  const sum = await crypto.subtle.digest("SHA-256", await file.arrayBuffer());
  return Array.from(new Uint8Array(sum), (byte) => byte.toString(16).padStart(2, "0")).join("");
}

/** PUT a picture; XMLHttpRequest, because only it tells how much was sent. */
function index(item, changed, signal) {
  return new Promise((resolve, reject) => {
    const request = new XMLHttpRequest();
    request.open("PUT", address(`v1/index/${inPath(item.key)}`, item.person ? { person: item.person } : {}));
    request.responseType = "json";
    request.setRequestHeader("x-api-key", key() ?? "");
    request.upload.onprogress = ({ loaded, total }) => {
      item.ratio = loaded / total;
      item.state = loaded === total ? "working" : "sending";
      changed(item);
    };
    request.onerror = () => {
      heard(false);
      reject(new Gone());
    };
    request.onload = () => {
      heard(true);
      const { status, response } = request;
      if (status < 300 && response) resolve(response);
      else reject(refusal(status, response, request.getResponseHeader("retry-after")));
    };
    const abort = () => request.abort();
    signal.addEventListener("abort", abort);
    request.onloadend = () => signal.removeEventListener("abort", abort);
    request.send(item.file);
  });
}
