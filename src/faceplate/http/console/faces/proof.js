// The proof of a deletion: what there was, and what a fresh look found afterwards.

import { open } from "../dialogs.js";
import { h } from "../dom.js";
import { count } from "../format.js";
import { button, notice, state, table } from "../parts.js";

const NAMES = {
  people: "Person",
  faces: "Faces",
  vectors: "Faceprints",
  bytes: "Pictures' bytes",
  images: "Pictures",
};
const FORGOTTEN = { people: "Name", faces: "Faces under this name" };

/** Show the proof that an answer of the API holds; `erased` is false where only a name went. */
export function showProof(title, { before, after, erased = true }) {
  const names = Object.keys(before);
  const left = names.filter((name) => after[name] > 0);
  let verdict = notice("ok", "Nothing is left.", "Counted by a fresh look after the deletion.");
  if (!erased) verdict = notice("ok", "The name is gone.", "Faces and pictures are kept, as asked.");
  if (left.length) verdict = notice("warn", "Something is left.", "It belongs to others, or was added while this ran.");
  return open(title, (close) => [
    verdict,
    table(
      "Counts before and after",
      [
        ["What", (name) => (erased ? NAMES : FORGOTTEN)[name] ?? name],
        ["Before", (name) => count(before[name]), "number"],
        ["After", (name) => count(after[name]), "number"],
        ["", (name) => (after[name] ? state("bad", "Left") : state("ok", "Gone")), "end"],
      ],
      names,
      // Short enough for a line on a phone too: all of it is seen at once.
      null,
    ),
    h("div", { class: "buttons" }, button("Done", () => close(), { kind: "primary" })),
  ]);
}
