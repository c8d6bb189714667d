// The section for who runs the server.

import { h } from "../dom.js";
import { tabs } from "../parts.js";
import { keys } from "./keys.js";
import { overview } from "./overview.js";
import { settings } from "./settings.js";
import { usage } from "./usage.js";

const PAGES = { overview, keys, usage, settings };
const TABS = [
  ["overview", "#/operate", "Health"],
  ["keys", "#/operate/keys", "Keys"],
  ["usage", "#/operate/usage", "Usage"],
  ["settings", "#/operate/settings", "Settings"],
];

/** Show a page of the section. */
export async function operate(root, [name = "overview"], signal) {
  const page = name in PAGES ? name : "overview";
  const body = h("div");
  root.append(tabs("Operate", TABS, page), body);
  await PAGES[page](body, signal);
}
