// Search: who is in a picture. Each face is boxed with its name or "unknown", and its score.

import { call, info } from "../api.js";
import { announce, h, show } from "../dom.js";
import { counted, pct } from "../format.js";
import { failure, loading, notice, pageHead } from "../parts.js";
import { drawn, framed } from "./boxes.js";
import { personLink, pictureLink } from "./links.js";
import { similarity } from "./similarity.js";
import { dropZone } from "./sources.js";
import { thumb } from "./thumbs.js";

const MOST_RESULTS = 10;
const LARGEST_PX = 1600;

/** Show the page. */
export async function search(root, signal) {
  const results = h("div", { class: "searches" });
  const asked = [];
  const slider = await similarity((value) => {
    for (const one of asked) one.look(value);
  });
  const take = (items) => {
    if (items.length === 0) show(results, notice("warn", "No picture among them."));
    for (const { file, path } of items.slice(0, MOST_RESULTS).reverse()) {
      const one = result(file, path, signal);
      if (asked.length === 0) show(results);
      results.prepend(one.element);
      asked.unshift(one);
      one.look(slider.value());
    }
    for (const old of asked.splice(MOST_RESULTS)) old.element.remove();
    // On a phone the answer is below what was just used.
    if (items.length && window.innerWidth < 900) results.firstElementChild.scrollIntoView();
  };
  show(
    root,
    pageHead("Search", "Drop a picture to see who is in it. It is compared and not kept."),
    h(
      "div",
      { class: "ask" },
      dropZone({ title: "Drop a picture here", hint: "or paste one, choose it, or take one with the camera", take, signal }),
      slider.element,
    ),
    results,
  );
}

/** Make a picture with its answer, which `look(minimum)` asks for anew. */
function result(file, path, signal) {
  const stage = h("div", { class: "stage" }, loading("Looking for faces"));
  const side = h("div", { class: "side", "aria-live": "polite" });
  const element = h("article", { class: "card search", "aria-label": path }, h("h2", { class: "file" }, path), h("div", { class: "columns" }, stage, side));
  const media = drawn(file, LARGEST_PX);
  let closest = null;
  let last = new AbortController();

  async function look(minimum) {
    last.abort();
    last = new AbortController();
    const query = { all_faces: true, min_similarity: minimum };
    const options = { body: file, signal: AbortSignal.any([signal, last.signal]) };
    const put = (asking) => call("PUT", "v1/search", { ...options, query: asking });
    try {
      // Asked once without a bar: how close the closest is to those who stay unknown. Not where
      // every call is billed.
      if ((await info()).mode === "aws") closest = [];
      closest ??= (await put({ all_faces: true, min_similarity: 0, limit: 1 })).allFaces.map((face) => face.Similarity);
      paint(await media, await put(query));
    } catch (error) {
      if (error.name === "AbortError") return;
      show(stage, (await media) ?? []);
      const none = error.code === "no_face_found";
      show(side, none ? notice("warn", "No face in this picture.") : failure(error, error.code === "gone" ? () => look(minimum) : null));
      if (error.code === "collection_not_found") show(side, notice("warn", "Nobody is known yet.", "Add pictures first."));
    }
  }

  function paint(canvas, found) {
    const faces = found.allFaces.map((face, place) => described(face, closest[place] ?? null));
    show(stage, canvas ? framed(canvas, faces) : h("p", { class: "hint" }, "This browser cannot show the format; the answer is the same."));
    const known = faces.filter((face) => face.kind === "matched").length;
    const verdict = `${counted(faces.length, "face")}, ${known} known`;
    announce(`${path}: ${verdict}`);
    show(side, h("p", { class: "hint" }, verdict), h("ol", { class: "found" }, faces.map((face, place) => entry(face, place, file, path))));
  }

  return { element, look };
}

function described(face, closest) {
  const one = { box: face.BoundingBox, face, closest };
  if (face.status === "matched") return { ...one, kind: "matched", text: `${face.name} ${pct(face.Similarity)}` };
  if (face.status === "not_searched") return { ...one, kind: "left", text: "Not searched" };
  return { ...one, kind: "unknown", text: closest === null ? "Unknown" : `Unknown, closest ${pct(closest)}` };
}

function entry({ kind, face, closest }, place) {
  const person = face.people[0];
  const match = face.FaceMatches[0]?.Face;
  const key = match && sourceKey(match);
  let who = "Unknown";
  if (kind === "left") who = "Not searched";
  else if (person) who = h("a", { href: personLink(person.person_id) }, person.name);
  else if (kind === "matched") who = key ? h("a", { href: pictureLink(key) }, face.name) : face.name;
  const score = kind === "matched" ? `${pct(face.Similarity)} alike` : closest !== null && `The closest is ${pct(closest)} alike`;
  return h(
    "li",
    { class: "found-face" },
    h("span", { class: `dot ${kind}` }, place + 1),
    h("div", null, h("p", { class: `who ${kind}` }, who), score && h("p", { class: "hint" }, score)),
    key && h("a", { class: "match", href: pictureLink(key), "aria-label": `The picture it is like: ${key}` }, thumb(key, match.BoundingBox)),
  );
}

/** Return the key of the picture a match is in: its ExternalImageId, decoded as the API encodes it. */
function sourceKey({ ExternalImageId: id }) {
  if (!id) return null;
  const plain = id.replace(/:([0-9A-F]{2})/g, "%$1");
  try {
    return plain.includes(":") ? id : decodeURIComponent(plain);
  } catch {
    return id;
  }
}
