// Settings: each with its value, where that came from, and what it means.

import { info } from "../api.js";
import { h, show } from "../dom.js";
import { empty, field, loading, pageHead, table } from "../parts.js";

/** Show the page. */
export async function settings(root) {
  const head = pageHead("Settings", "Read at start, from the command line, the environment, .env or the defaults. Secrets are masked.");
  show(root, head, loading());
  const about = await info();
  const find = h("input", { type: "search", placeholder: "chat, limit, folder …" });
  const changed = h("input", { type: "checkbox" });
  const list = h("section", { class: "card", "aria-label": "Settings" });
  const paint = () => {
    const wanted = find.value.trim().toLowerCase();
    const rows = (about.settings ?? []).filter(
      (one) =>
        (!changed.checked || one.source !== "default") &&
        `${one.setting} ${one.value} ${one.meaning}`.toLowerCase().includes(wanted),
    );
    show(list, rows.length ? listed(rows) : empty("No such setting", "Try a shorter word."));
  };
  find.oninput = paint;
  changed.onchange = paint;
  show(
    root,
    head,
    h(
      "div",
      { class: "filters" },
      field("Find", find),
      h("label", { class: "check" }, changed, "Only what differs from the defaults"),
    ),
    list,
  );
  paint();
}

function listed(rows) {
  const value = (one) => (one.value === "" ? h("span", { class: "fine" }, "not set") : h("code", null, one.value));
  return table(
    "Settings",
    [
      ["Setting", (one) => [h("code", { class: "name" }, one.setting), h("p", { class: "hint" }, one.meaning)]],
      ["Value", value],
      ["From", (one) => h("span", { class: one.source === "default" ? "fine" : "tag" }, one.source)],
    ],
    rows,
  );
}
