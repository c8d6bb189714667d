// Add pictures: what was dropped is indexed, and shown with whom it shows, as it comes.

import { get, info, inPath, perKey } from "../api.js";
import { announce, h, show } from "../dom.js";
import { bytes, count, counted, pct } from "../format.js";
import { button, failure, field, notice, pageHead } from "../parts.js";
import { drawn, framed, paired } from "./boxes.js";
import { pictureLink } from "./links.js";
import { everybody, nameFace, nameField } from "./naming.js";
import { queued } from "./queue.js";
import { dropZone, passedOver, refused } from "./sources.js";
import { forgetThumbs } from "./thumbs.js";
import { uploads } from "./upload.js";

const MOST_CARDS = 200;
const MOST_LINES = 8;
const PREVIEW_PX = 480;
const REASONS = {
  EXCEEDS_MAX_FACES: "too many faces",
  EXTREME_POSE: "turned away",
  LOW_BRIGHTNESS: "too dark",
  LOW_SHARPNESS: "too blurred",
  LOW_CONFIDENCE: "hardly a face",
  SMALL_BOUNDING_BOX: "too small",
  LOW_FACE_QUALITY: "of too low quality",
};

/** What is being added: it goes on while other pages are open, for as long as one key is used. */
const adding = perKey((signal) => {
  const totals = h("p", { class: "totals", "aria-live": "polite" });
  const stop = button("Stop", () => {
    for (const item of queue.stop()) {
      made.get(item)?.remove();
      made.delete(item);
      sums.all -= 1;
    }
    tell();
  }, { kind: "small", hidden: true });
  const cards = h("div", { class: "cards", role: "list", "aria-label": "Results" });
  const elsewhere = h("a", { class: "button primary elsewhere", href: "#/faces", hidden: true });
  document.querySelector(".tools").prepend(elsewhere);
  const sums = { all: 0, done: 0, faces: 0, none: 0, again: 0, refused: 0, over: 0 };
  const made = new Map();
  let page = signal;

  const tell = () => {
    const over = sums.done + sums.refused;
    const parts = [
      `${count(over)} of ${counted(sums.all, "picture")}`,
      counted(sums.faces, "face"),
      sums.none && `${count(sums.none)} without a face`,
      sums.again && counted(sums.again, "duplicate"),
      sums.refused && `${count(sums.refused)} refused`,
      sums.over && passedOver(sums.over),
    ];
    totals.textContent = sums.all || sums.over ? parts.filter(Boolean).join(" · ") : "";
    const left = over < sums.all && !signal.aborted;
    stop.hidden = !left;
    elsewhere.hidden = !left || !page.aborted;
    elsewhere.textContent = `Adding ${count(over)} of ${count(sums.all)}`;
    window.onbeforeunload = left ? (event) => event.preventDefault() : null;
    return left;
  };
  signal.addEventListener("abort", () => {
    elsewhere.remove();
    window.onbeforeunload = null;
  });

  const queue = uploads((item) => {
    let card = made.get(item);
    // A folder may hold thousands: what only waits is counted, and shown when it is begun.
    if (!card && item.state === "waiting") return tell();
    if (!card) {
      card = h("div", { class: "result", role: "listitem" });
      made.set(item, card);
      cards.prepend(card);
    }
    paintCard(card, item, looks, signal);
    if (item.state === "done") sumUp(item);
    if (item.state === "refused") {
      sums.refused += 1;
      announce(`${item.path}: refused`);
    }
    if (!tell()) {
      info(true).catch(() => null);
      if (page.aborted) announce(`${counted(sums.done, "picture")} added.`);
    }
    trim();
  }, signal);
  const looks = queued(1, (look) => look.work(), (look, error) => look.fails(error));

  function sumUp({ answer, key }) {
    sums.done += 1;
    sums.faces += answer.FaceRecords.length;
    if (answer.FaceRecords.length === 0) sums.none += 1;
    if (answer.change === "same" || answer.warnings.includes("duplicate_image")) sums.again += 1;
    if (answer.change === "replaced") forgetThumbs(key);
  }

  /** Keep the page light: the oldest that went well leave it, they are among the pictures anyway. */
  function trim() {
    while (cards.childElementCount > MOST_CARDS) {
      const old = [...made].find(([item]) => item.state === "done");
      if (!old) return;
      old[1].remove();
      made.delete(old[0]);
    }
  }

  return {
    shown: [h("div", { class: "bar-line" }, totals, stop), cards],
    take(items, over) {
      sums.over += over;
      sums.all += items.length;
      queue.add(items);
      tell();
    },
    visit(visited) {
      page = visited;
      page.addEventListener("abort", tell);
      tell();
    },
  };
});

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
    name = nameField(await everybody(), "Whose");
    show(who, name.element);
  };
  const same = h("input", { type: "checkbox" });
  const problems = h("div", { class: "problems" });

  const take = (items, over) => {
    show(problems);
    const person = owner.value === "one" && name?.input.value.trim();
    if (person === "" || person === undefined) {
      show(problems, notice("warn", "Whose faces are they?", "Write the name under Options; then add the pictures again."));
      name?.input.focus();
      return;
    }
    if (items.length === 0) {
      show(problems, notice("warn", "No picture among them.", "JPEG, PNG, WebP, GIF, BMP, TIFF and AVIF can be read."));
    }
    for (const item of items) {
      item.replace = same.checked;
      item.person = person;
      if (owner.value === "folder") {
        item.person = item.path.split("/").at(-2);
        item.loose = !item.person;
      }
    }
    adding().take(items, over);
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
    adding().shown,
  );
  adding().visit(signal);
}

function paintCard(card, item, looks, signal) {
  const title = h("h2", { class: "file", dir: "auto", title: item.path }, item.path);
  const word = { sending: "Sending", waiting: "Waiting", working: "Looking for faces" }[item.state];
  if (word) {
    if (!item.bar) {
      item.bar = h("progress", { max: 1, "aria-label": `Progress of ${item.path}` });
      item.word = h("p", { class: "hint" });
      show(card, h("div", { class: "media" }), h("div", { class: "about" }, title, item.word, item.bar));
    }
    // The same bar goes on: a new one would be read out again and again.
    item.word.textContent = word;
    if (item.state === "working") item.bar.removeAttribute("value");
    else item.bar.value = item.ratio ?? 0;
  } else if (item.state === "refused") {
    const box = refused(item.error);
    const said = box.querySelector("strong");
    said.before(h("strong", null, "Refused"));
    said.replaceWith(h("p", null, said.textContent));
    show(card, h("div", { class: "about" }, title, h("p", { class: "fine" }, bytes(item.file.size)), box));
  } else {
    paintDone(card, item, title, looks, signal);
  }
}

async function paintDone(card, item, title, looks, signal) {
  const { answer } = item;
  const faces = [
    ...answer.FaceRecords.map(({ Face }) => ({ box: Face.BoundingBox, id: Face.FaceId, key: item.key, kind: "unknown", text: "Unknown" })),
    ...answer.UnindexedFaces.map(({ FaceDetail, Reasons }) => ({
      box: FaceDetail.BoundingBox,
      kind: "left",
      text: `Left out: ${Reasons.map((reason) => REASONS[reason] ?? reason).join(", ")}`,
    })),
  ];
  const media = h("div", { class: "media" });
  const list = h("div", { class: "lines" });
  const notes = [];
  if (item.key !== item.path) notes.push(["Kept as ", h("bdi", null, item.key), ": the other name was taken."]);
  if (answer.change === "same") notes.push("It was there already.");
  if (answer.change === "replaced") notes.push("It replaced the picture of this name.");
  if (answer.warnings.includes("duplicate_image")) notes.push("A duplicate: the same picture is there under another name.");
  if (answer.warnings.includes("person_not_assigned")) notes.push("Given to nobody: it does not show exactly one usable face.");
  if (item.loose && faces.length) notes.push("Given to nobody: the picture came without a folder.");
  if (faces.length === 0) notes.push("No face was found.");
  show(title, h("a", { href: pictureLink(item.key) }, item.path));
  show(card, media, h("div", { class: "about" }, title, notes.map((note) => h("p", { class: "hint" }, note)), list));
  const canvas = await drawn(item.file, PREVIEW_PX);
  const paint = () => {
    const frame = canvas && framed(canvas, faces, { labels: false });
    const rows = faces.map((face, place) => line(face, place, faces.length, again));
    const rest = rows.slice(MOST_LINES);
    const open = list.querySelector("details")?.open;
    show(media, frame ?? h("p", { class: "hint" }, "This browser cannot show the format."));
    show(
      list,
      h("ul", { class: "face-list" }, rows.slice(0, MOST_LINES)),
      rest.length > 0 && h("details", { open }, h("summary", null, counted(rest.length, "more face")), h("ul", { class: "face-list" }, rest)),
    );
    if (frame) paired(frame, rows);
  };
  const look = {
    work: () => recognise(item.key, faces, signal).then(paint),
    fails: (error) => show(list, failure(error, again) ?? []),
  };
  const again = () => looks.add([look]);
  paint();
  again();
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
    face.score = null;
    const found = await get(`v1/faces/${inPath(face.id)}/similar`, { limit: 5 }, signal);
    const best = found.FaceMatches.find((match) => match.Face.UserId);
    if (best) {
      const who = await get(`v1/people/${inPath(best.Face.UserId)}`, null, signal);
      face.like = who;
      face.kind = "matched";
      face.text = who.name;
      face.score = pct(best.Similarity);
    }
  }
}

function line({ id, key, box, kind, like, owner, text, score }, place, all, again) {
  const name = async () => {
    if (await nameFace(id, { owner, guess: like?.name ?? "", key, box, number: place + 1 })) again();
  };
  const word = owner ? "Reassign" : like ? "Confirm" : "Name";
  return h(
    "li",
    null,
    all > 1 && h("span", { class: `dot ${kind}` }, place + 1),
    h("span", { class: `who ${kind}` }, like && "Looks like ", h("bdi", null, text), like && `, ${score}`),
    id && button(word, name, { kind: "small", "aria-label": `${word} face ${place + 1}` }),
  );
}
