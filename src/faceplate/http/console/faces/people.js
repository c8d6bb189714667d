// People: a grid of everybody, and one person with their faces; naming, merging, erasing.

import { call, get, info, inPath } from "../api.js";
import { ask } from "../dialogs.js";
import { announce, h, icon, show } from "../dom.js";
import { counted, moment } from "../format.js";
import { button, empty, field, pageHead, state } from "../parts.js";
import { grid } from "./grid.js";
import { personLink, pictureLink } from "./links.js";
import { mergeInto, nameFace } from "./naming.js";
import { takeAway } from "./pictures.js";
import { showProof } from "./proof.js";
import { portrait, thumb } from "./thumbs.js";

/** Show the grid of all people. */
export async function people(root, signal) {
  const { collection } = await info(true);
  show(root, pageHead("People", collection.people ? `${counted(collection.people, "person", "people")}. Choose one to rename, merge or erase.` : null));
  if (collection.people === 0) {
    root.append(empty("Nobody has a name yet", "Add pictures, then give names to the faces in them.", h("a", { class: "button primary", href: "#/faces" }, "Add pictures")));
    return;
  }
  root.append(
    grid({
      label: "People",
      total: collection.people,
      cellPx: 164,
      extraPx: 56,
      signal,
      load: async (token, limit) => {
        const page = await get("v1/people", { limit, next_token: token }, signal);
        const items = page.people.map(({ person_id, name, face_count }) => ({ person_id, name, face_count }));
        return { items, next_token: page.next_token };
      },
      cell: (one, leave) =>
        h(
          "a",
          { href: personLink(one.person_id), class: "tile person" },
          portrait(one, leave),
          h("span", { class: "tile-name" }, one.name),
          h("span", { class: "fine" }, counted(one.face_count, "face")),
        ),
    }),
  );
}

/** Show one person. */
export async function person(root, id, signal) {
  const at = `v1/people/${inPath(id)}`;
  const load = async () => {
    const who = await get(at, null, signal);
    const faces = h("div", null);
    const merge = async () => {
      if (await mergeInto(who)) await load();
    };
    const change = async () => {
      if (await edit(at, who)) await load();
    };
    show(
      root,
      h("a", { class: "back", href: "#/faces/people" }, icon("back"), "People"),
      pageHead(
        who.name,
        counted(who.face_count, "face"),
        button("Edit", change),
        button("Merge", merge),
        button("Erase", () => erase(at, who), { kind: "danger" }),
      ),
      consent(who),
      faces,
    );
    if (who.face_count === 0) {
      show(faces, empty("No faces", "Give this person faces from the pictures that show them."));
      return;
    }
    show(
      faces,
      grid({
        label: `Faces of ${who.name}`,
        total: who.face_count,
        cellPx: 164,
        extraPx: 74,
        signal,
        load: async (token, limit) => {
          const page = await get(`${at}/faces`, { limit, next_token: token }, signal);
          return { items: page.faces, next_token: page.next_token };
        },
        cell: (face, leave) => faceTile(face, who, leave, load),
      }),
    );
  };
  try {
    await load();
  } catch (error) {
    if (error.code !== "person_not_found") throw error;
    show(root, h("a", { class: "back", href: "#/faces/people" }, icon("back"), "People"), pageHead("There is no such person", "They may have been erased or merged."));
  }
}

function faceTile(face, who, leave, load) {
  const act = (work) => async () => {
    if (await work()) await load();
  };
  const small = face.image_key ? thumb(face.image_key, face.BoundingBox, leave) : h("span", { class: "thumb unseen" });
  return h(
    "div",
    { class: "tile" },
    face.image_key
      ? h("a", { href: pictureLink(face.image_key), title: face.image_key }, small, h("span", { class: "tile-name" }, face.image_key))
      : small,
    h(
      "div",
      { class: "actions" },
      button("Reassign", act(() => nameFace(face.FaceId, { owner: who })), { kind: "small" }),
      button("Not them", act(() => takeAway(face.FaceId, who)), { kind: "small" }),
    ),
  );
}

function consent({ consent: given }) {
  if (!given) return h("p", { class: "hint" }, "No consent is recorded. Edit the person to note why their faceprint may be kept.");
  const until = given.expires_on ? `; erased after ${moment(given.expires_on, true)}` : ", without an end";
  return h("p", null, state("ok", "Consent"), ` for ${given.purpose}, given ${moment(given.given_on, true)}${until}.`);
}

async function edit(at, who) {
  const name = h("input", { required: true, maxlength: 200, value: who.name, autocomplete: "off" });
  const purpose = h("input", { maxlength: 500, value: who.consent?.purpose ?? "", autocomplete: "off" });
  const until = h("input", { type: "date", value: who.consent?.expires_on ?? "" });
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

async function erase(at, who) {
  const keep = h("input", { type: "checkbox" });
  const done = await ask(
    `Erase ${who.name}?`,
    "Name, consent, faces, faceprints and the pictures that show them go. A line without personal data stays in the audit log. This cannot be undone.",
    {
      verb: "Erase",
      fields: [h("label", { class: "check" }, keep, "Only forget the name; keep faces and pictures")],
      work: () => call("DELETE", at, { query: keep.checked ? { keep_faces: true } : {} }),
    },
  );
  if (!done) return;
  info(true).catch(() => null);
  await showProof(done.erased ? `${who.name} is erased` : `The name is forgotten`, done);
  location.hash = "#/faces/people";
}
