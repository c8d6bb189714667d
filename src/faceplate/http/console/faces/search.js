// Search: who is in a picture. Each face is boxed with its name or "unknown", and its score.

import { call, info, perKey } from "../api.js";
import { announce, h, show } from "../dom.js";
import { count, counted, pct } from "../format.js";
import { button, loading, notice, pageHead } from "../parts.js";
import { drawn, framed, paired } from "./boxes.js";
import { personLink, pictureLink } from "./links.js";
import { nameFace } from "./naming.js";
import { similarity } from "./similarity.js";
import { dropZone, passedOver, refused } from "./sources.js";
import { thumb } from "./thumbs.js";

const MOST_RESULTS = 10;
const LARGEST_PX = 1600;

/** What was asked, and how alike is alike enough: kept while other pages are open. */
const kept = perKey((signal) => ({ signal, asked: [], results: h("div", { class: "searches" }), slider: null }));

/** Show the page. */
export async function search(root, signal) {
  const held = kept();
  const { asked, results } = held;
  const lookAgain = () => {
    for (const one of asked) one.look();
  };
  held.slider ??= await similarity(lookAgain);
  const notes = h("div", { class: "problems" });
  const take = (items, over) => {
    const some = items.slice(0, MOST_RESULTS);
    const said = over > 0 && `${passedOver(over)}.`;
    show(
      notes,
      items.length === 0 && notice("warn", "No picture among them.", said || []),
      items.length > some.length && notice("warn", `The first ${MOST_RESULTS} of ${count(items.length)} pictures are searched.`),
      items.length > 0 && said && h("p", { class: "hint", role: "status" }, said),
    );
    for (const { file, path } of some.reverse()) {
      const one = result(file, path, held);
      results.prepend(one.element);
      asked.unshift(one);
      one.look();
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
      held.slider.element,
    ),
    notes,
    results,
  );
  // Names may have changed meanwhile. Not where every call is billed.
  if (asked.length && (await info()).mode !== "aws") lookAgain();
}

/** Make a picture with its answer, which `look()` asks for anew. */
function result(file, path, { signal, slider }) {
  const stage = h("div", { class: "stage" }, loading("Looking for faces"));
  const side = h("div", { class: "side", "aria-live": "polite" });
  const element = h("article", { class: "card search", "aria-label": path }, h("h2", { class: "file", dir: "auto" }, path), h("div", { class: "columns" }, stage, side));
  const media = drawn(file, LARGEST_PX);
  let closest = null;
  let last = new AbortController();

  async function look() {
    last.abort();
    last = new AbortController();
    const query = { all_faces: true, min_similarity: slider.value() };
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
      draw(await media, []);
      const none = error.code === "no_face_found";
      show(side, none ? notice("warn", "No face in this picture.") : refused(error, /^image_|_not_found$/.test(error.code) ? null : look));
      if (error.code === "collection_not_found") show(side, notice("warn", "Nobody is known yet.", "Add pictures first."));
    }
  }

  /** Show the picture with its boxes; what cannot be shown takes no room. */
  function draw(canvas, faces) {
    const frame = canvas && framed(canvas, faces);
    stage.hidden = !frame;
    if (frame) show(stage, frame);
    return frame;
  }

  function paint(canvas, found) {
    const faces = found.allFaces.map((face, place) => described(face, closest[place] ?? null));
    const frame = draw(canvas, faces);
    const matched = faces.filter((face) => face.kind === "matched");
    const named = matched.filter((face) => face.person).length;
    const known = named === matched.length ? `${named} known` : `${matched.length} matched, ${named} with a name`;
    const verdict = `${counted(faces.length, "face")}, ${known}`;
    announce(`${path}: ${verdict}`);
    const rows = faces.map((face, place) => entry(face, place, look));
    const hidden = !frame && h("p", { class: "hint" }, "This browser cannot show the format; the answer is the same.");
    show(side, h("p", { class: "hint" }, verdict), hidden, h("ol", { class: "found" }, rows));
    if (frame) paired(frame, rows);
  }

  return { element, look };
}

/** Say of a face who it is. A match may belong to nobody yet: then it has no name. */
function described(face, closest) {
  const match = face.FaceMatches[0]?.Face;
  const person = face.people[0] ?? (match?.UserId && { person_id: match.UserId, name: face.name });
  const one = { box: face.BoundingBox, match, person, closest };
  if (face.status === "matched") return { ...one, kind: "matched", text: person ? person.name : "Unnamed", score: pct(face.Similarity) };
  if (face.status === "not_searched") return { ...one, kind: "left", text: "Not searched" };
  return { ...one, kind: "unknown", text: closest === null ? "Unknown" : "Unknown, closest", score: pct(closest) };
}

function entry({ kind, match, person, closest, text, score }, place, again) {
  const key = match && sourceKey(match);
  const name = async () => {
    if (await nameFace(match.FaceId, { key, box: match.BoundingBox })) again();
  };
  let who = kind === "unknown" ? "Unknown" : text;
  if (person) who = h("a", { href: personLink(person.person_id) }, h("bdi", null, text));
  else if (match && key) who = ["Unnamed, seen in ", h("a", { href: pictureLink(key) }, h("bdi", null, key))];
  const alike = kind === "matched" ? `${score} alike` : closest !== null && `The closest is ${score} alike`;
  return h(
    "li",
    { class: "found-face" },
    h("span", { class: `dot ${kind}` }, place + 1),
    h(
      "div",
      null,
      h("p", { class: `who ${kind}` }, who),
      alike && h("p", { class: "hint" }, alike),
      match && !person && h("div", { class: "actions" }, button("Name", name, { kind: "small", "aria-label": `Name face ${place + 1}` })),
    ),
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
