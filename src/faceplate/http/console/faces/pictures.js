// The pictures that are kept: a grid of any length, and one picture with its faces.

import { call, get, info, inPath, send } from "../api.js";
import { ask } from "../dialogs.js";
import { announce, h, named, show, swap } from "../dom.js";
import { bytes, counted, moment } from "../format.js";
import { back, button, empty, failure, loading, notice, pageHead } from "../parts.js";
import { drawn, framed, paired } from "./boxes.js";
import { grid } from "./grid.js";
import { personLink, pictureLink } from "./links.js";
import { nameFace } from "./naming.js";
import { showProof } from "./proof.js";
import { forgetThumbs, thumb } from "./thumbs.js";

const LARGEST_PX = 1600;

/** Show the grid of all pictures. */
export async function pictures(root, signal) {
  show(root, pageHead("Pictures"), loading());
  const { collection } = await info(true);
  const lead = collection.images ? `${counted(collection.images, "picture")}, ${counted(collection.faces, "face")}. Arrow keys move, End goes to the last.` : null;
  show(root, pageHead("Pictures", lead));
  if (collection.images === 0) {
    root.append(empty("No pictures yet", "What you add shows up here.", h("a", { class: "button primary", href: "#/faces" }, "Add pictures")));
    return;
  }
  root.append(
    grid({
      label: "Pictures",
      total: collection.images,
      cellPx: 164,
      extraPx: 34,
      signal,
      load: async (token, limit) => {
        const page = await get("v1/images", { limit, next_token: token }, signal);
        // Of 100,000 records only what a cell needs is kept.
        return { items: page.images.map(({ key, has_bytes }) => ({ key, has_bytes })), next_token: page.next_token };
      },
      cell: ({ key, has_bytes }, leave) =>
        h(
          "a",
          { href: pictureLink(key), class: "tile", title: key },
          has_bytes ? thumb(key, null, leave) : h("span", { class: "thumb unseen" }),
          h("span", { class: "tile-name" }, key),
        ),
    }),
  );
}

/** Show one picture, with whom it shows. */
export async function picture(root, key, signal) {
  const stage = h("div", { class: "stage" }, loading("Fetching the picture"));
  const side = h("div", { class: "side" });
  const erase = button("Delete the picture", () => remove(key, signal), { kind: "danger" });
  show(root, back("#/faces/pictures", "Pictures"), pageHead(key, null, erase), h("div", { class: "card" }, h("div", { class: "columns" }, stage, side)));
  const record = (await get("v1/images", { key }, signal)).images[0];
  if (!record) {
    erase.remove();
    show(stage, notice("warn", "There is no such picture.", "It may have been deleted."));
    return;
  }
  const canvas = record.has_bytes ? await fetched(key, signal) : null;
  const load = async () => {
    try {
      const found = await get(`v1/images/${inPath(key)}/faces`, null, signal);
      paint(found.faces);
    } catch (error) {
      show(side, failure(error, load));
    }
  };
  const paint = (faces) => {
    const boxes = faces.map(({ BoundingBox, person }) => ({
      box: BoundingBox,
      kind: person ? "matched" : "unknown",
      text: person ? person.name : "Nobody yet",
    }));
    const rows = faces.map((face, place) => faceRow(face, place, record.has_bytes ? key : null, load));
    const pick = (place) => rows[place].querySelector("button, a").focus();
    const none = record.has_bytes ? "This browser cannot show the format." : "The bytes of this picture were erased with a person it showed.";
    show(stage, canvas ? framed(canvas, boxes, { pick }) : h("p", { class: "hint" }, none));
    swap(
      side,
      h("h2", null, faces.length ? counted(faces.length, "face") : "No face was found"),
      h("ol", { class: "found" }, rows),
      facts(record),
    );
    if (canvas) paired(stage.firstElementChild, rows);
  };
  await load();
}

async function fetched(key, signal) {
  const response = await send("GET", `v1/images/${inPath(key)}`, { signal });
  return drawn(await response.blob(), LARGEST_PX);
}

function faceRow(face, place, key, load) {
  const { person } = face;
  const act = (work) => async () => {
    if (await work()) await load();
  };
  const name = act(() => nameFace(face.FaceId, { owner: person, key, box: face.BoundingBox, number: place + 1 }));
  const word = person ? "Reassign" : "Name";
  const kind = person ? "matched" : "unknown";
  const who = person ? h("a", { href: personLink(person.person_id), dir: "auto" }, person.name) : "Nobody yet";
  return h(
    "li",
    { class: "found-face" },
    h("span", { class: `dot ${kind}` }, place + 1),
    h(
      "div",
      null,
      h("p", { class: `who ${kind}` }, who),
      h(
        "div",
        { class: "actions" },
        button(word, name, { kind: "small", "aria-label": `${word} face ${place + 1}` }),
        person && button("Not them", act(() => takeAway(face.FaceId, person)), { kind: "small", "aria-label": `Face ${place + 1} is not ${person.name}` }),
        button("Delete", act(() => removeFace(face.FaceId, place)), { kind: "small danger", "aria-label": `Delete face ${place + 1}` }),
      ),
    ),
  );
}

function facts(record) {
  const rows = [
    ["Added", moment(record.created_at)],
    ["Size", `${record.width_px} × ${record.height_px}, ${bytes(record.size_bytes)}`],
    ["Type", record.content_type],
    ["Model", record.model],
    ...Object.entries(record.metadata),
  ];
  return h("dl", { class: "facts" }, rows.map(([name, value]) => h("div", null, h("dt", null, name), h("dd", null, value))));
}

async function removeFace(faceId, place) {
  const done = await ask("Delete this face?", `Face ${place + 1} and its faceprint go; the picture stays.`, {
    verb: "Delete",
    work: () => call("DELETE", `v1/faces/${inPath(faceId)}`),
  });
  if (done) await showProof("The face is deleted", done);
  return done;
}

async function remove(key, signal) {
  const done = await ask("Delete this picture?", "Its bytes, its faces and their faceprints go. This cannot be undone.", {
    verb: "Delete",
    work: () => call("DELETE", `v1/images/${inPath(key)}`),
  });
  if (!done) return;
  forgetThumbs(key);
  await showProof("The picture is deleted", done);
  if (!signal.aborted) location.hash = "#/faces/pictures";
}

/** Take a face from a person; it belongs to nobody then. */
export async function takeAway(faceId, person) {
  const done = await ask(["This is not ", named(person.name), "?"], "The face stays and belongs to nobody.", {
    verb: "Take it away",
    work: () => call("DELETE", `v1/people/${inPath(person.person_id)}/faces/${inPath(faceId)}`),
  });
  if (done) announce(`The face no longer belongs to ${person.name}.`);
  return done;
}
