// Who a face is: give it to somebody, take it away, make two people one.

import { call, get, info, inPath } from "../api.js";
import { ask } from "../dialogs.js";
import { announce, freshId, h, named, show } from "../dom.js";
import { counted } from "../format.js";
import { field } from "../parts.js";
import { portrait, thumb } from "./thumbs.js";

const PAGE = 1000;
const MOST_PAGES = 20;
export const MOST_PEOPLE = PAGE * MOST_PAGES;

/** Return everybody, up to `MOST_PEOPLE`. */
export async function everybody(signal) {
  const found = [];
  let token = null;
  for (let page = 0; page < MOST_PAGES; page += 1) {
    const answer = await get("v1/people", { limit: PAGE, next_token: token }, signal);
    found.push(...answer.people);
    token = answer.next_token;
    if (token === null) break;
  }
  return found;
}

/**
 * Make a field for a name that offers the people there are: a list, or a function that fetches it.
 * `chosen()` waits for the list, and returns one of them or null; `none` is said of another name.
 */
export function nameField(people, label, { value = "", required = true, none = "Nobody has this name yet: a new person is made." } = {}) {
  const id = freshId("people");
  const input = h("input", { list: id, required, maxlength: 200, autocomplete: "off", dir: "auto", value });
  const options = h("datalist", { id });
  const hint = h("span", { "aria-live": "polite" });
  const face = h("div", { class: "mug" });
  let known = null;
  let seen = null;
  const tell = () => {
    const name = input.value.trim();
    const one = known?.get(name) ?? null;
    if (!name || !known) show(hint);
    else if (one) show(hint, named(one.name), ` is known, with ${counted(one.face_count, "face")}.`);
    else show(hint, none);
    if (one !== seen) show(face, one && portrait(one));
    seen = one;
  };
  const read = async () => {
    const found = typeof people === "function" ? await people() : people;
    known = new Map();
    // Of two with the same name, the second can be chosen by its id.
    for (const one of found) known.set(known.has(one.name) ? `${one.name} #${one.person_id}` : one.name, one);
    show(options, [...known].map(([name, one]) => h("option", { value: name }, counted(one.face_count, "face"))));
    tell();
  };
  const chosen = async () => {
    if (!known) await read();
    return known.get(input.value.trim()) ?? null;
  };
  input.addEventListener("input", tell);
  // What goes wrong here is told when somebody has to be chosen.
  read().catch(() => null);
  return { element: [field(label, input, [hint]), options, face], input, chosen };
}

/**
 * Ask whose a face is, and give it to them. Returns the person, or null. `key`, `box` and `number`
 * say which face it is, so that it can be shown.
 */
export async function nameFace(faceId, { owner = null, guess = "", key, box, number } = {}) {
  const name = nameField(everybody, "Name", { value: guess });
  const purpose = h("input", { maxlength: 500, autocomplete: "off", dir: "auto" });
  const title = owner ? "Give this face to somebody else" : "Who is this?";
  const text = owner ? ["It belongs to ", named(owner.name), " now."] : null;
  const person = await ask(title, text, {
    verb: owner ? "Reassign" : "Save the name",
    kind: "primary",
    fields: [
      key && h("div", { class: "mug" }, thumb(key, box), number && h("span", { class: "hint" }, `Face ${number}`)),
      name.element,
      h(
        "details",
        null,
        h("summary", null, "Consent of a new person"),
        h("div", { class: "pair" }, field("Purpose", purpose, "Why their faceprint may be kept, such as door badge.")),
      ),
    ],
    work: async () => {
      const wanted = { name: name.input.value.trim() };
      if (purpose.value.trim()) wanted.consent = { purpose: purpose.value.trim() };
      const to = (await name.chosen()) ?? (await call("POST", "v1/people", { json: wanted }));
      const given = await call("PUT", `v1/people/${inPath(to.person_id)}/faces`, {
        json: { face_ids: [faceId], reassign: owner !== null },
      });
      if (given.failed.length) throw Object.assign(new Error(failed(given.failed[0].Reason)), { code: given.failed[0].Reason });
      return given.person;
    },
  });
  if (person) {
    announce(`This face belongs to ${person.name}.`);
    info(true);
  }
  return person;
}

const failed = (reason) =>
  ({
    FACE_NOT_FOUND: "This face is no longer there.",
    ASSOCIATED_TO_A_DIFFERENT_USER: "It belongs to somebody else by now.",
  })[reason] ?? "It could not be given.";

/** Ask whom to make one with a person. Returns the person with all faces, or null. */
export async function mergeInto(person) {
  const others = async () => (await everybody()).filter((one) => one.person_id !== person.person_id);
  const other = nameField(others, "The other person", { none: "Nobody else has this name." });
  const text = [named(person.name), " gets all their faces; the other person is deleted. This cannot be undone."];
  const merged = await ask(["Merge somebody into ", named(person.name)], text, {
    verb: "Merge",
    fields: other.element,
    work: async () => {
      const from = await other.chosen();
      if (!from) throw Object.assign(new Error("Nobody else has this name."), { code: "person_not_found" });
      return call("POST", `v1/people/${inPath(person.person_id)}/merge`, { json: { from: [from.person_id] } });
    },
  });
  if (merged) info(true);
  return merged;
}
