// The section of faces: add pictures, search, people, pictures.

import { h } from "../dom.js";
import { tabs } from "../parts.js";
import { add } from "./add.js";
import { people, person } from "./people.js";
import { picture, pictures } from "./pictures.js";
import { search } from "./search.js";

const TABS = [
  ["add", "#/faces", "Add"],
  ["search", "#/faces/search", "Search"],
  ["people", "#/faces/people", "People"],
  ["pictures", "#/faces/pictures", "Pictures"],
];

/** Show a page of the section; a person's id or a picture's key may follow. */
export async function faces(root, [name = "add", id], signal) {
  const page = TABS.some(([each]) => each === name) ? name : "add";
  const body = h("div");
  root.append(tabs("Faces", TABS, page), body);
  if (page === "people") await (id ? person(body, id, signal) : people(body, signal));
  else if (page === "pictures") await (id ? picture(body, id, signal) : pictures(body, signal));
  else await { add, search }[page](body, signal);
}
