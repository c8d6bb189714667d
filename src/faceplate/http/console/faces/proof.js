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

/** Show the proof that an answer of the API holds. */
export function showProof(title, { before, after }) {
  const names = Object.keys(before);
  const left = names.filter((name) => after[name] > 0);
  const verdict = left.length
    ? notice("warn", "Something is left.", "It belongs to others, or was added while this ran.")
    : notice("ok", "Nothing is left.", "Counted by a fresh look after the deletion.");
  return open(title, (close) => [
    verdict,
    table(
      "Counts before and after",
      [
        ["What", (name) => NAMES[name] ?? name],
        ["Before", (name) => count(before[name]), "number"],
        ["After", (name) => count(after[name]), "number"],
        ["", (name) => (after[name] ? state("bad", "Left") : state("ok", "Gone")), "end"],
      ],
      names,
    ),
    h("div", { class: "buttons" }, button("Done", () => close(), { kind: "primary" })),
  ]);
}
