// People: a grid of everybody, and one person with their faces; naming, merging, erasing.

import { call, get, info, inPath } from "../api.js";
import { ask } from "../dialogs.js";
import { announce, h, named, show, swap } from "../dom.js";
import { count, counted, moment } from "../format.js";
import { back, button, empty, field, loading, pageHead, state } from "../parts.js";
import { drafts } from "../session.js";
import { grid } from "./grid.js";
import { personLink, pictureLink } from "./links.js";
import { everybody, mergeInto, MOST_PEOPLE, nameFace } from "./naming.js";
import { takeAway } from "./pictures.js";
import { showProof } from "./proof.js";
import { portrait, thumb } from "./thumbs.js";

const ORDER = new Intl.Collator(undefined, { numeric: true });

const plain = (text) => text.normalize("NFD").replace(/\p{M}/gu, "").toLowerCase();

/** Show the grid of all people. */
export async function people(root, signal) {
  show(root, pageHead("People"), loading());
  const { people: total } = (await info(true)).collection;
  if (total === 0) {
    show(root, pageHead("People"), empty("Nobody has a name yet", "Add pictures, then give names to the faces in them.", h("a", { class: "button primary", href: "#/faces" }, "Add pictures")));
    return;
  }
  const all = total > MOST_PEOPLE ? null : (await everybody(signal)).sort((a, b) => ORDER.compare(a.name, b.name));
  const lead = all ? "Choose one to rename, merge or erase." : `More than ${count(MOST_PEOPLE)} are not sorted by name.`;
  const head = pageHead("People", `${counted(total, "person", "people")}. ${lead}`);
  const gallery = (most, load, end) => grid({ label: "People", total: most, cellPx: 164, extraPx: 56, signal: end, load, cell: personTile });
  if (!all) {
    const load = async (token, limit) => {
      const page = await get("v1/people", { limit, next_token: token }, signal);
      const items = page.people.map(({ person_id, name, face_count }) => ({ person_id, name, face_count }));
      return { items, next_token: page.next_token };
    };
    show(root, head, gallery(total, load, signal));
    return;
  }
  const find = h("input", { type: "search", dir: "auto", value: drafts.get("people") });
  const told = h("p", { class: "hint", role: "status" });
  const place = h("div");
  let last = new AbortController();
  const paint = () => {
    last.abort();
    last = new AbortController();
    drafts.set("people", find.value);
    const words = plain(find.value.trim());
    const items = all.filter((one) => plain(one.name).includes(words));
    told.textContent = words && (items.length ? counted(items.length, "person", "people") : "Nobody is called that.");
    show(place, items.length > 0 && gallery(items.length, () => ({ items, next_token: null }), AbortSignal.any([signal, last.signal])));
  };
  find.oninput = paint;
  show(root, head, h("div", { class: "filters" }, field("Find", find), told), place);
  paint();
}

const personTile = (one, leave) =>
  h(
    "a",
    { href: personLink(one.person_id), class: "tile person" },
    portrait(one, leave),
    h("span", { class: "tile-name", dir: "auto" }, one.name),
    h("span", { class: "fine" }, counted(one.face_count, "face")),
  );

/** Show one person. */
export async function person(root, id, signal) {
  const at = `v1/people/${inPath(id)}`;
  const about = h("div", { class: "pile" }, loading());
  const faces = h("div");
  let who;
  let gallery = null;
  const paint = async () => {
    who = await get(at, null, signal);
    swap(
      about,
      pageHead(
        who.name,
        counted(who.face_count, "face"),
        button("Edit", async () => (await edit(at, who)) && paint()),
        button("Merge", async () => (await mergeInto(who)) && load()),
        button("Erase", () => erase(at, who, signal), { kind: "danger" }),
      ),
      consent(who),
    );
    if (who.face_count === 0) show(faces, empty("No faces", "Give this person faces from the pictures that show them."));
  };
  const load = async () => {
    await paint();
    if (who.face_count === 0) return;
    gallery = grid({
      label: "Faces",
      total: who.face_count,
      cellPx: 164,
      extraPx: 74,
      signal,
      load: async (token, limit) => {
        const page = await get(`${at}/faces`, { limit, next_token: token }, signal);
        return { items: page.faces, next_token: page.next_token };
      },
      cell: tile,
    });
    show(faces, gallery);
  };
  const tile = (face, leave) => {
    // What left the person leaves the grid: all else stays where it is.
    const leaves = (work) => async () => {
      if (!(await work())) return;
      gallery.drop(face);
      await paint();
    };
    const reassign = async () => {
      const to = await nameFace(face.FaceId, { owner: who, key: face.image_key, box: face.BoundingBox });
      return to && to.person_id !== id;
    };
    return faceTile(face, leave, leaves(reassign), leaves(() => takeAway(face.FaceId, who)));
  };
  const way = back("#/faces/people", "People");
  show(root, way, about, faces);
  try {
    await load();
  } catch (error) {
    if (error.code !== "person_not_found") throw error;
    show(root, way, pageHead("There is no such person", "They may have been erased or merged."));
  }
}

function faceTile(face, leave, reassign, notThem) {
  const small = face.image_key ? thumb(face.image_key, face.BoundingBox, leave) : h("span", { class: "thumb unseen" });
  return h(
    "div",
    { class: "tile" },
    face.image_key
      ? h("a", { href: pictureLink(face.image_key), title: face.image_key }, small, h("span", { class: "tile-name" }, face.image_key))
      : small,
    h("div", { class: "actions" }, button("Reassign", reassign, { kind: "small" }), button("Not them", notThem, { kind: "small" })),
  );
}

function consent({ consent: given }) {
  if (!given) return h("p", { class: "hint" }, "No consent is recorded. Edit the person to note why their faceprint may be kept.");
  const until = given.expires_on ? `; erased after ${moment(given.expires_on, true)}` : ", without an end";
  return h("p", null, state("ok", "Consent"), " for ", named(given.purpose), `, given ${moment(given.given_on, true)}${until}.`);
}

async function edit(at, who) {
  const name = h("input", { required: true, maxlength: 200, value: who.name, autocomplete: "off", dir: "auto" });
  const purpose = h("input", { maxlength: 500, value: who.consent?.purpose, autocomplete: "off", dir: "auto", pattern: ".*\\S.*" });
  const until = h("input", { type: "date", value: who.consent?.expires_on });
  // An end of nothing would be dropped without a word.
  const judge = () => (purpose.required = until.value !== "");
  until.oninput = judge;
  judge();
  const changed = await ask("Edit", null, {
    verb: "Save",
    kind: "primary",
    fields: [
      field("Name", name),
      field("Consent for", purpose, "Why the faceprint may be kept. Empty: no consent is recorded."),
      field("Until", until, "The person is erased by itself after this day. Empty: no end."),
    ],
    work: () => {
      const wanted = { name: name.value.trim(), consent: null };
      if (purpose.value.trim()) {
        wanted.consent = { purpose: purpose.value.trim() };
        if (who.consent) wanted.consent.given_on = who.consent.given_on;
        if (until.value) wanted.consent.expires_on = until.value;
      }
      return call("PATCH", at, { json: wanted });
    },
  });
  if (changed) announce("Saved.");
  return changed;
}

async function erase(at, who, signal) {
  const keep = h("input", { type: "checkbox" });
  const done = await ask(
    ["Erase ", named(who.name), "?"],
    "Name, consent, faces, faceprints and the pictures that show them go. A line without personal data stays in the audit log. This cannot be undone.",
    {
      verb: "Erase",
      fields: [h("label", { class: "check" }, keep, "Only forget the name; keep faces and pictures")],
      work: () => call("DELETE", at, { query: keep.checked ? { keep_faces: true } : {} }),
    },
  );
  if (!done) return;
  info(true).catch(() => null);
  await showProof(done.erased ? [named(who.name), " is erased"] : "The name is forgotten", done);
  if (!signal.aborted) location.hash = "#/faces/people";
}
