// Small pictures of stored ones: fetched with the key when they come into view, a few at a time.

import { inPath, send } from "../api.js";
import { h, show } from "../dom.js";
import { drawn } from "./boxes.js";

const AT_ONCE = 4;
const KEPT = 160;
const SIZE_PX = 300;
const kept = new Map();
const waiting = [];
let running = 0;

/** Make a small picture of a stored one, or of a face of it; it is filled when it is there. */
export function thumb(key, box, signal) {
  const place = h("span", { class: "thumb" });
  const name = JSON.stringify([key, box ?? null]);
  const found = kept.get(name);
  if (found) {
    // What was used last is dropped last.
    kept.delete(name);
    kept.set(name, found);
    show(place, copy(found));
    return place;
  }
  // What came into view last is wanted first.
  waiting.unshift({ key, box, name, place, signal });
  next();
  return place;
}

/** Forget the small pictures of a stored one that is gone or was replaced. */
export function forgetThumbs(key) {
  for (const name of kept.keys()) if (JSON.parse(name)[0] === key) kept.delete(name);
}

async function next() {
  if (running >= AT_ONCE) return;
  const wanted = waiting.shift();
  if (!wanted) return;
  if (wanted.signal?.aborted) return next();
  running += 1;
  try {
    const response = await send("GET", `v1/images/${inPath(wanted.key)}`, { signal: wanted.signal });
    const canvas = await drawn(await response.blob(), SIZE_PX, wanted.box);
    if (canvas) {
      kept.set(wanted.name, canvas);
      if (kept.size > KEPT) kept.delete(kept.keys().next().value);
      show(wanted.place, copy(canvas));
    } else {
      wanted.place.classList.add("unseen");
    }
  } catch {
    wanted.place.classList.add("unseen");
  } finally {
    running -= 1;
    next();
  }
}

/** A canvas can stand in one place only. */
function copy(canvas) {
  const twin = h("canvas", { width: canvas.width, height: canvas.height });
  twin.getContext("2d").drawImage(canvas, 0, 0);
  return twin;
}
