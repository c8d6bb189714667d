// A page that a model wrote, in a frame within a frame: neither has an origin, and nothing of the
// inner one runs. The outer one is there for its policy, which allows the page its own styles.

import { h } from "../dom.js";
import { code } from "../parts.js";

const HERE = import.meta.url;

/** Show a page, and its source. */
export function page(html) {
  const frame = h("iframe", {
    class: "preview",
    sandbox: "allow-scripts",
    src: new URL("../preview.html", HERE).href,
    title: "The page as a browser shows it; scripts do not run",
    referrerpolicy: "no-referrer",
  });
  // The frame has no origin, so no other can be named; it is asked for nothing.
  frame.addEventListener("load", () => frame.contentWindow.postMessage(html, "*"));
  return h(
    "div",
    { class: "page" },
    frame,
    h("p", { class: "hint" }, "Shown in a sandbox: its scripts do not run, and it reaches nothing."),
    h("details", null, h("summary", null, "Source"), code(html, "Source of the page")),
  );
}
