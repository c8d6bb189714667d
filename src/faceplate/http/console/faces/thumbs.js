// Small pictures of stored ones: fetched with the key when they come into view, a few at a time.

import { get, inPath, perKey, send } from "../api.js";
import { h, show } from "../dom.js";
import { drawn } from "./boxes.js";
import { queued } from "./queue.js";

const AT_ONCE = 4;
const KEPT = 160;
const SIZE_PX = 300;
const kept = perKey(() => new Map());
const queue = perKey((signal) => {
  const made = queued(AT_ONCE, fill, fails);
  signal.addEventListener("abort", made.stop);
  return made;
});

/** Make a small picture of a stored one, or of a face of it; it is filled when it is there. */
export function thumb(key, box, signal) {
  const wanted = { key, box, signal, place: h("span", { class: "thumb" }) };
  // What came into view last is wanted first.
  if (!repeat(wanted)) queue().add([wanted], true);
  return wanted.place;
}

/** Make a small picture of a person: the first of their faces, once it is known. */
export function portrait({ person_id, face_count }, signal) {
  const place = h("span", { class: "thumb" });
  if (face_count === 0) mark(place, "unseen");
  else queue().add([{ person_id, signal, place }], true);
  return place;
}

/** Forget the small pictures of a stored one that is gone or was replaced. */
export function forgetThumbs(key) {
  for (const name of kept().keys()) if (JSON.parse(name)[0] === key) kept().delete(name);
}

/** Show what was fetched before. */
function repeat({ key, box, place }) {
  const name = nameOf(key, box);
  const found = kept().get(name);
  if (!found) return false;
  // What was used last is dropped last.
  kept().delete(name);
  kept().set(name, found);
  show(place, copy(found));
  return true;
}

async function fill(wanted) {
  const { signal, place, person_id } = wanted;
  if (signal?.aborted) return;
  if (person_id) {
    const [face] = (await get(`v1/people/${inPath(person_id)}/faces`, { limit: 1 }, signal)).faces;
    if (!face?.image_key) return mark(place, "unseen");
    Object.assign(wanted, { key: face.image_key, box: face.BoundingBox, person_id: null });
    if (repeat(wanted)) return;
  }
  const response = await send("GET", `v1/images/${inPath(wanted.key)}`, { signal });
  const canvas = await drawn(await response.blob(), SIZE_PX, wanted.box);
  if (!canvas) return mark(place, "failed", "This browser cannot show the format.");
  kept().set(nameOf(wanted.key, wanted.box), canvas);
  if (kept().size > KEPT) kept().delete(kept().keys().next().value);
  show(place, copy(canvas));
}

function fails({ place }, error) {
  // A picture whose bytes were erased is none that could not be fetched.
  if (/^image_/.test(error.code)) mark(place, "unseen");
  else mark(place, "failed", "It could not be fetched.");
}

function mark(place, kind, title = "") {
  place.classList.add(kind);
  place.title = title;
}

const nameOf = (key, box) => JSON.stringify([key, box ?? null]);

/** A canvas can stand in one place only. */
function copy(canvas) {
  const twin = h("canvas", { width: canvas.width, height: canvas.height });
  twin.getContext("2d").drawImage(canvas, 0, 0);
  return twin;
}
