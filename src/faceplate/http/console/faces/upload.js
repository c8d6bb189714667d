// The queue of pictures to index: a few at a time, with the progress of each.

import { Gone, Problem, address, get, heard, inPath, refusal, wire } from "../api.js";
import { key } from "../session.js";

const AT_ONCE = 2;
const MOST_WAITS = 20;
const MOST_NAMES = 100;

/**
 * Make a queue. `changed(item)` is called whenever an item's state changes: waiting, sending (with
 * `ratio`), working, done (with `answer`) or refused (with `error`).
 */
export function uploads(changed, signal) {
  const queue = [];
  let running = 0;
  let paused = false;

  async function next() {
    if (paused || running >= AT_ONCE || queue.length === 0 || signal.aborted) return;
    const item = queue.shift();
    running += 1;
    next();
    try {
      item.key ??= await freeKey(item, signal);
      item.answer = await index(item, changed, signal);
      set(item, "done");
    } catch (error) {
      fail(item, error);
    } finally {
      running -= 1;
      next();
    }
  }

  function set(item, state) {
    item.state = state;
    if (!signal.aborted) changed(item);
  }

  function fail(item, error) {
    if (signal.aborted) return;
    if (error instanceof Gone) {
      // Nothing was lost: it is sent again when the server is back.
      paused = true;
      queue.unshift(item);
      set(item, "waiting");
    } else if ((error.status === 429 || error.status === 503) && (item.waits = (item.waits ?? 0) + 1) < MOST_WAITS) {
      set(item, "waiting");
      setTimeout(() => {
        queue.unshift(item);
        next();
      }, 1000 * Number(error.retryAfter ?? 1));
    } else {
      item.error = error;
      set(item, "refused");
    }
  }

  wire.addEventListener(
    "back",
    () => {
      paused = false;
      for (let n = 0; n < AT_ONCE; n += 1) next();
    },
    { signal },
  );

  return {
    add(items) {
      for (const item of items) {
        queue.push(item);
        set(item, "waiting");
      }
      next();
    },
    /** Put what has not been begun out of the queue, and return it. */
    stop: () => queue.splice(0),
  };
}

/** Find a key that is free, or holds a picture of the same size: nothing is replaced unasked. */
async function freeKey({ file, path, replace }, signal) {
  if (replace) return path;
  const [, stem, ending] = /^(.*?)(\.[^./]*)?$/s.exec(path);
  for (let n = 1; n <= MOST_NAMES; n += 1) {
    const name = n === 1 ? path : `${stem} (${n})${ending ?? ""}`;
    const found = (await get("v1/images", { key: name }, signal)).images[0];
    if (!found || found.size_bytes === file.size) return name;
  }
  throw new Problem(409, { code: "name_taken", detail: `There are ${MOST_NAMES} pictures of this name.` });
}

/** PUT a picture; XMLHttpRequest, because only it tells how much was sent. */
function index(item, changed, signal) {
  return new Promise((resolve, reject) => {
    const request = new XMLHttpRequest();
    request.open("PUT", address(`v1/index/${inPath(item.key)}`, item.person ? { person: item.person } : {}));
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
      let said = null;
      try {
        said = JSON.parse(request.responseText);
      } catch {
        // The status says enough.
      }
      if (request.status < 300 && said) resolve(said);
      else reject(refusal(request.status, said, request.getResponseHeader("retry-after")));
    };
    signal.addEventListener("abort", () => request.abort(), { once: true });
    request.send(item.file);
  });
}
