// The section of applications: all of them by category, and one with its form and its answer.

import { get } from "../api.js";
import { h, show } from "../dom.js";
import { counted } from "../format.js";
import { failure, loading, notice, pageHead } from "../parts.js";
import { drafts } from "../session.js";
import { app } from "./app.js";

const CATEGORIES = {
  transform: "Transform",
  extract: "Extract",
  classify: "Classify",
  code: "Code",
  generate: "Generate",
  chat: "Chat",
};

/** Show the list and, where one is named, the application. */
export async function apps(root, [slug], signal) {
  const wait = loading("Reading the catalogue");
  root.append(wait);
  const found = await get("v1/examples", null, signal);
  wait.remove();
  const detail = slug && h("div", { class: "detail" }, loading());
  const list = h("div", { class: "app-list" });
  root.append(h("div", { class: slug ? "split open" : "split" }, list, detail || []));
  paintList(list, found, slug);
  if (!slug) return;
  try {
    await app(detail, slug, signal);
  } catch (error) {
    show(detail, h("h1", { tabindex: "-1" }, slug), failure(error));
  }
}

function paintList(root, { examples, problems }, open) {
  const { words: typed = "", chosen = "" } = drafts.get("apps") ?? {};
  const find = h("input", { type: "search", placeholder: "Search by name or purpose", "aria-label": "Search applications", value: typed });
  const category = h("select", { "aria-label": "Category", value: chosen }, h("option", { value: "" }, "All categories"), Object.entries(CATEGORIES).map(([value, text]) => h("option", { value }, text)));
  const told = h("p", { class: "hint", role: "status" });
  const groups = h("div", { class: "groups" });
  const paint = () => {
    drafts.set("apps", { words: find.value, chosen: category.value });
    const words = find.value.toLowerCase().split(/\s+/).filter(Boolean);
    const fits = (one) =>
      (!category.value || one.category === category.value) &&
      words.every((word) => `${one.title} ${one.summary} ${one.slug}`.toLowerCase().includes(word));
    const fitting = examples.filter(fits);
    told.textContent = counted(fitting.length, "application");
    show(groups, Object.keys(CATEGORIES).map((name) => group(name, fitting, open)));
    if (fitting.length === 0) show(groups, h("p", { class: "hint" }, "None fits. Try a shorter word."));
  };
  find.oninput = category.onchange = paint;
  const head = open ? h("h2", null, "Applications") : pageHead("Applications", "Each is a prompt with typed parameters, an answer that is checked, and an endpoint of its own.");
  show(root, head, h("div", { class: "finder" }, find, category), told, groups);
  if (problems.length) {
    root.append(notice("warn", `${counted(problems.length, "file")} cannot be used.`, problems.map((one) => `${one.file}, line ${one.line}: ${one.message}`).join("; ")));
  }
  paint();
  const current = groups.querySelector("[aria-current]");
  if (current) groups.scrollTop = current.offsetTop - groups.clientHeight / 2;
}

function group(name, examples, open) {
  const own = examples.filter((one) => one.category === name);
  if (own.length === 0) return null;
  const entry = (one) =>
    h(
      "li",
      null,
      h(
        "a",
        { href: `#/apps/${encodeURIComponent(one.slug)}`, "aria-current": one.slug === open ? "page" : null },
        h("span", { class: "app-title" }, one.title),
        h("span", { class: "app-summary" }, one.summary),
      ),
    );
  return h("section", null, h("h2", { class: "group" }, CATEGORIES[name]), h("ul", null, own.map(entry)));
}
