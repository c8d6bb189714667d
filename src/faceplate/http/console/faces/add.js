// Add pictures: what was dropped is indexed, and shown with whom it shows, as it comes.

import { get, info, inPath } from "../api.js";
import { announce, h, show } from "../dom.js";
import { bytes, count, counted, pct } from "../format.js";
import { button, failure, field, notice, pageHead } from "../parts.js";
import { drawn, framed } from "./boxes.js";
import { pictureLink } from "./links.js";
import { everybody, nameFace, nameField } from "./naming.js";
import { dropZone } from "./sources.js";
import { uploads } from "./upload.js";

const MOST_CARDS = 200;
const PREVIEW_PX = 640;
const REASONS = {
  EXCEEDS_MAX_FACES: "too many faces",
  EXTREME_POSE: "turned away",
  LOW_BRIGHTNESS: "too dark",
  LOW_SHARPNESS: "too blurred",
  LOW_CONFIDENCE: "hardly a face",
  SMALL_BOUNDING_BOX: "too small",
  LOW_FACE_QUALITY: "of too low quality",
};

/** Show the page. */
export async function add(root, signal) {
  const owner = h(
    "select",
    null,
    [["", "Nobody yet: name them later"], ["one", "One person, in all pictures"], ["folder", "Whom their folder is named after"]].map(
      ([value, text]) => h("option", { value }, text),
    ),
  );
  const who = h("div", { hidden: true });
  let name = null;
  owner.onchange = async () => {
    who.hidden = owner.value !== "one";
    if (who.hidden || name) return;
    name = nameField(await everybody(), "Whose", { required: false });
    show(who, name.element);
  };
  const same = h("input", { type: "checkbox" });
  const totals = h("p", { class: "totals", "aria-live": "polite" });
  const stop = button("Stop", () => {
    for (const item of queue.stop()) drop(item);
    tell();
  }, { kind: "small", hidden: true });
  const cards = h("div", { class: "cards", role: "list", "aria-label": "Results" });
  const problems = h("div", { class: "problems" });
  const sums = { all: 0, done: 0, faces: 0, none: 0, again: 0, refused: 0, over: 0 };
  const made = new Map();

  const tell = () => {
    const parts = [
      `${count(sums.done + sums.refused)} of ${counted(sums.all, "picture")}`,
      counted(sums.faces, "face"),
      sums.none && `${count(sums.none)} without a face`,
      sums.again && counted(sums.again, "duplicate"),
      sums.refused && `${count(sums.refused)} refused`,
      sums.over && `${counted(sums.over, "other file")} passed over`,
    ];
    totals.textContent = sums.all || sums.over ? parts.filter(Boolean).join(" · ") : "";
    const left = sums.all - sums.done - sums.refused;
    stop.hidden = left === 0;
    if (left === 0 && sums.all) info(true).catch(() => null);
  };

  const drop = (item) => {
    made.get(item)?.remove();
    made.delete(item);
    sums.all -= 1;
  };

  const queue = uploads((item) => {
    let card = made.get(item);
    // A folder may hold thousands: what only waits is counted, and shown when it is begun.
    if (!card && item.state === "waiting") return tell();
    if (!card) {
      card = h("div", { class: "result", role: "listitem" });
      made.set(item, card);
    }
    if (!card.isConnected) cards.prepend(card);
    paintCard(card, item, signal);
    if (item.state === "done") sumUp(item);
    if (item.state === "refused") {
      sums.refused += 1;
      announce(`${item.path}: refused`);
    }
    tell();
    trim();
  }, signal);

  function sumUp(item) {
    const { answer } = item;
    sums.done += 1;
    sums.faces += answer.FaceRecords.length;
    if (answer.FaceRecords.length === 0) sums.none += 1;
    if (answer.change === "same" || answer.warnings.includes("duplicate_image")) sums.again += 1;
  }

  /** Keep the page light: the oldest that went well leave it, they are among the pictures anyway. */
  function trim() {
    while (cards.childElementCount > MOST_CARDS) {
      const old = [...made].find(([item, card]) => item.state === "done" && card.isConnected);
      if (!old) return;
      old[1].remove();
      made.delete(old[0]);
    }
  }

  const take = (items, over) => {
    sums.over += over;
    sums.all += items.length;
    show(problems);
    if (items.length === 0) {
      show(problems, notice("warn", "No picture among them.", "JPEG, PNG, WebP, GIF, BMP, TIFF and AVIF can be read."));
    }
    for (const item of items) {
      item.replace = same.checked;
      if (owner.value === "one") item.person = name?.input.value.trim();
      if (owner.value === "folder") item.person = item.path.split("/").at(-2);
    }
    queue.add(items);
    tell();
  };

  show(
    root,
    pageHead("Add pictures", "Every face is found and kept as a faceprint. Nothing leaves the server."),
    dropZone({
      title: "Drop pictures or a folder here",
      hint: "or paste one, choose them, or take one with the camera",
      folders: true,
      take,
      signal,
    }),
    h(
      "details",
      { class: "options" },
      h("summary", null, "Options"),
      h(
        "div",
        { class: "pair" },
        field("The faces belong to", owner),
        who,
        h("label", { class: "check" }, same, "Replace pictures of the same name"),
      ),
    ),
    problems,
    h("div", { class: "bar-line" }, totals, stop),
    cards,
  );
}

function paintCard(card, item, signal) {
  const title = h("h2", { class: "file", title: item.path }, item.path);
  if (item.state === "sending" || item.state === "waiting" || item.state === "working") {
    const word = { sending: "Sending", waiting: "Waiting", working: "Looking for faces" }[item.state];
    if (item.bar) {
      // The same bar goes on: a new one would be read out again and again.
      item.bar.value = item.ratio ?? 0;
      item.word.textContent = word;
      return;
    }
    item.bar = h("progress", { max: 1, value: 0, "aria-label": `Progress of ${item.path}` });
    item.word = h("p", { class: "hint" }, word);
    show(card, h("div", { class: "media" }), h("div", { class: "about" }, title, item.word, item.bar));
  } else if (item.state === "refused") {
    show(card, h("div", { class: "about" }, title, h("p", { class: "fine" }, bytes(item.file.size)), refused(item.error)));
  } else {
    paintDone(card, item, title, signal);
  }
}

function refused(error) {
  const box = failure(error);
  const title = box.querySelector("strong");
  title.after(h("p", null, title.textContent));
  title.textContent = "Refused";
  return box;
}

async function paintDone(card, item, title, signal) {
  const { answer } = item;
  const faces = [
    ...answer.FaceRecords.map(({ Face }) => ({ box: Face.BoundingBox, id: Face.FaceId, kind: "unknown", text: "Unknown" })),
    ...answer.UnindexedFaces.map(({ FaceDetail, Reasons }) => ({
      box: FaceDetail.BoundingBox,
      kind: "left",
      text: `Left out: ${Reasons.map((reason) => REASONS[reason] ?? reason).join(", ")}`,
    })),
  ];
  const media = h("div", { class: "media" });
  const list = h("ul", { class: "face-list" });
  const notes = [];
  if (item.key !== item.path) notes.push(`Kept as ${item.key}: the other name was taken.`);
  if (answer.change === "same") notes.push("It was there already.");
  if (answer.change === "replaced") notes.push("It replaced the picture of this name.");
  if (answer.warnings.includes("duplicate_image")) notes.push("A duplicate: the same picture is there under another name.");
  if (answer.warnings.includes("person_not_assigned")) notes.push("Given to nobody: it does not show exactly one usable face.");
  if (faces.length === 0) notes.push("No face was found.");
  show(
    card,
    media,
    h(
      "div",
      { class: "about" },
      h("h2", { class: "file", title: item.path }, h("a", { href: pictureLink(item.key) }, item.path)),
      notes.map((note) => h("p", { class: "hint" }, note)),
      list,
    ),
  );
  const canvas = await drawn(item.file, PREVIEW_PX);
  const paint = () => {
    show(media, canvas ? framed(canvas, faces, { labels: false }) : h("p", { class: "hint" }, "This browser cannot show the format."));
    show(list, faces.map((face, place) => line(face, place, faces.length, again)));
  };
  const again = async () => {
    try {
      await recognise(item.key, faces, signal);
      paint();
    } catch (error) {
      if (error.name !== "AbortError") show(list, failure(error, again));
    }
  };
  paint();
  await again();
}

/** Look up whose the faces are, and for those of nobody whom they look like. */
async function recognise(key, faces, signal) {
  const kept = await get(`v1/images/${inPath(key)}/faces`, null, signal);
  const owners = new Map(kept.faces.map((face) => [face.FaceId, face.person]));
  for (const face of faces) {
    if (face.kind === "left") continue;
    face.owner = owners.get(face.id) ?? null;
    face.like = null;
    if (face.owner) {
      face.kind = "matched";
      face.text = face.owner.name;
      continue;
    }
    face.kind = "unknown";
    face.text = "Unknown";
    const found = await get(`v1/faces/${inPath(face.id)}/similar`, { limit: 5 }, signal);
    const best = found.FaceMatches.find((match) => match.Face.UserId);
    if (best) {
      const who = await get(`v1/people/${inPath(best.Face.UserId)}`, null, signal);
      face.like = { ...who, score: best.Similarity };
      face.kind = "matched";
      face.text = `Looks like ${who.name}, ${pct(best.Similarity)}`;
    }
  }
}

function line(face, place, all, again) {
  const number = all > 1 && h("span", { class: `dot ${face.kind}` }, place + 1);
  const name = async () => {
    if (await nameFace(face.id, { owner: face.owner, guess: face.like?.name ?? "" })) await again();
  };
  const word = face.owner ? "Reassign" : face.like ? "Confirm" : "Name";
  return h(
    "li",
    null,
    number,
    h("span", { class: `who ${face.kind}` }, face.text),
    face.id && button(word, name, { kind: "small", "aria-label": `${word} face ${place + 1}` }),
  );
}
