// The section of faces: add pictures, search, people, pictures.

import { h } from "../dom.js";
import { fetched, tabs } from "../parts.js";

const PAGES = {
  add: () => import("./add.js"),
  search: () => import("./search.js"),
  people: () => import("./people.js"),
  pictures: () => import("./pictures.js"),
};

const TABS = [
  ["add", "#/faces", "Add"],
  ["search", "#/faces/search", "Search"],
  ["people", "#/faces/people", "People"],
  ["pictures", "#/faces/pictures", "Pictures"],
];

/** Show a page of the section; a person's id or a picture's key may follow. */
export async function faces(root, [name = "add", id], signal) {
  const page = name in PAGES ? name : "add";
  const body = h("div");
  root.append(tabs("Faces", TABS, page), body);
  const one = { people: "person", pictures: "picture" }[page];
  const module = await fetched(PAGES[page]);
  if (signal.aborted) return;
  if (id && one) await module[one](body, id, signal);
  else await module[page](body, signal);
}
