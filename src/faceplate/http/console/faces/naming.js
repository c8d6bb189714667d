// Who a face is: give it to somebody, take it away, make two people one.

import { call, get, info, inPath } from "../api.js";
import { ask } from "../dialogs.js";
import { announce, freshId, h } from "../dom.js";
import { counted } from "../format.js";
import { field } from "../parts.js";

const PAGE = 1000;
const MOST_PAGES = 20;

/** Return everybody, up to 20,000. */
export async function everybody() {
  const found = [];
  let token = null;
  for (let page = 0; page < MOST_PAGES; page += 1) {
    const answer = await get("v1/people", { limit: PAGE, next_token: token });
    found.push(...answer.people);
    token = answer.next_token;
    if (token === null) break;
  }
  return found;
}

/** Make a field for a name that offers the people there are; `chosen()` returns one of them, or null. */
export function nameField(people, label, { value = "", required = true } = {}) {
  const id = freshId("people");
  const input = h("input", { list: id, required, maxlength: 200, autocomplete: "off", value });
  const options = h("datalist", { id }, people.map((one) => h("option", { value: one.name })));
  const hint = h("span", { "aria-live": "polite" });
  const chosen = () => people.find((one) => one.name === input.value.trim()) ?? null;
  const tell = () => {
    const one = chosen();
    if (!input.value.trim()) hint.textContent = "";
    else if (one) hint.textContent = `${one.name} is known, with ${counted(one.face_count, "face")}.`;
    else hint.textContent = "Nobody has this name yet: a new person is made.";
  };
  input.addEventListener("input", tell);
  tell();
  return { element: [field(label, input, [hint]), options], input, chosen };
}

/** Ask whose a face is, and give it to them. Returns the person, or null. */
export async function nameFace(faceId, { owner = null, guess = "" } = {}) {
  const people = await everybody();
  const name = nameField(people, "Name", { value: guess });
  const purpose = h("input", { maxlength: 500, autocomplete: "off" });
  const title = owner ? "Give this face to somebody else" : "Who is this?";
  const text = owner ? `It belongs to ${owner.name} now.` : null;
  const person = await ask(title, text, {
    verb: owner ? "Reassign" : "Save the name",
    kind: "primary",
    fields: [
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
      const to = name.chosen() ?? (await call("POST", "v1/people", { json: wanted }));
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
  const others = (await everybody()).filter((one) => one.person_id !== person.person_id);
  const choice = h(
    "select",
    { required: true },
    h("option", { value: "" }, "Choose …"),
    others.map((one) => h("option", { value: one.person_id }, `${one.name} (${counted(one.face_count, "face")})`)),
  );
  const merged = await ask(`Merge somebody into ${person.name}`, `${person.name} gets all their faces; the other person is deleted. This cannot be undone.`, {
    verb: "Merge",
    fields: [field("The other person", choice)],
    work: () => call("POST", `v1/people/${inPath(person.person_id)}/merge`, { json: { from: [choice.value] } }),
  });
  if (merged) info(true);
  return merged;
}
