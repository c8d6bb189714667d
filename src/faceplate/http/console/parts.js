// Pieces that every section uses: headings, tables, notices, copying.

import { Gone, heard } from "./api.js";
import { announce, h, icon } from "./dom.js";
import { bytes } from "./format.js";

/** Make the head of a page; it takes the focus when the page is opened. */
export function pageHead(title, lead, ...actions) {
  return h(
    "div",
    { class: "page-head" },
    h("div", null, h("h1", { tabindex: "-1", dir: "auto" }, title), lead && h("p", { class: "lead" }, lead)),
    actions.length > 0 && h("div", { class: "actions" }, actions),
  );
}

/** Make the way back to a list. */
export function back(href, text, kind = "") {
  return h("a", { class: `back ${kind}`, href }, icon("back"), text);
}

/** Make the tabs of a section: links, the open one marked. */
export function tabs(label, items, open) {
  const links = items.map(([name, href, text]) =>
    h("a", { href, "aria-current": name === open ? "page" : null }, text),
  );
  return h("nav", { class: "tabs", "aria-label": label }, links);
}

/** Make a button. */
export function button(text, onclick, { kind = "", ...props } = {}) {
  return h("button", { type: "button", class: kind, onclick, ...props }, text);
}

/** Make a table; a column is [title, cell of a row, class]. On narrow screens rows that `stack` are cards. */
export function table(caption, columns, rows, kind = "stack") {
  const head = columns.map(([title, , kind]) =>
    h("th", { scope: "col", role: "columnheader", class: kind }, title || h("span", { class: "hidden" }, "More")),
  );
  const line = (row) =>
    h(
      "tr",
      { role: "row" },
      columns.map(([title, cell, kind]) =>
        h("td", { role: "cell", class: kind, data: { label: title } }, h("div", null, cell(row))),
      ),
    );
  return h(
    "table",
    { role: "table", class: kind },
    h("caption", { class: "hidden" }, caption),
    h("thead", { role: "rowgroup" }, h("tr", { role: "row" }, head)),
    h("tbody", { role: "rowgroup" }, rows.map(line)),
  );
}

/** Make a state in words with a mark in front; the mark's form differs, not only its colour. */
export function state(kind, text) {
  return h("span", { class: `state ${kind}` }, icon(kind === "ok" ? "check" : "cross"), text);
}

/** Make a notice; `kind` is ok, warn or bad. */
export function notice(kind, title, ...text) {
  return h(
    "div",
    { class: `notice ${kind}`, role: kind === "bad" ? "alert" : "status" },
    h("strong", null, title),
    text.length > 0 && h("p", null, text),
  );
}

/** Fetch a part of the page. One that failed can only be had by loading the page anew. */
export async function fetched(part) {
  try {
    return await part();
  } catch {
    throw Object.assign(new Error("This part of the page could not be fetched."), { code: "page_incomplete" });
  }
}

/** Say in plain words what went wrong; `again` offers another try. */
export function failure(error, again) {
  if (error.name === "AbortError") return null;
  if (!(error instanceof Gone) && error.code === undefined) console.error(error);
  const known = error.code !== undefined;
  const wait = error.retryAfter ? ` Try again in ${error.retryAfter} s.` : "";
  const said = known ? error.message.replace(/\b(\d{4,}) bytes\b/g, (_, size) => bytes(Number(size))) : "Something went wrong in this page.";
  const box = notice("bad", said + wait);
  if (error.code && error.code !== "gone") {
    // Which request it was matters to who reads the log of a failure.
    const request = error.status >= 500 && error.requestId ? `, request ${error.requestId}` : "";
    box.append(h("p", { class: "fine" }, `${error.code}${request}`));
  }
  if (error.code === "page_incomplete") {
    heard(false);
    box.append(button("Load the page again", () => location.reload(), { kind: "small" }));
  } else if (again) box.append(button("Try again", again, { kind: "small" }));
  return box;
}

/** Make a button that copies a text. */
export function copyButton(text, label = "Copy") {
  const face = h("span", null, label);
  const copy = async () => {
    try {
      await navigator.clipboard.writeText(typeof text === "function" ? text() : text);
      face.textContent = "Copied";
      announce("Copied");
    } catch {
      face.textContent = "Select and copy by hand";
    }
  };
  return h("button", { type: "button", class: "small", onclick: copy }, icon("copy"), face);
}

/** Make a block of code with a button that copies it. */
export function code(text, label) {
  return h(
    "div",
    { class: "code" },
    copyButton(text),
    h("pre", { tabindex: "0", role: "group", "aria-label": label ?? "Code" }, h("code", null, text)),
  );
}

/** Make a labelled field; `hint` explains it. */
export function field(label, control, hint) {
  const id = control.id || `f-${(field.last = (field.last ?? 0) + 1)}`;
  control.id = id;
  if (hint) control.setAttribute("aria-describedby", `${id}-hint`);
  return h(
    "div",
    { class: "field" },
    h("label", { for: id }, label),
    control,
    hint && h("p", { class: "hint", id: `${id}-hint` }, hint),
  );
}

/** Make what is shown where there is nothing yet. */
export function empty(title, text, ...actions) {
  return h("div", { class: "empty" }, h("h2", null, title), h("p", null, text), actions);
}

/** Make the place of something on its way. */
export function loading(text = "Loading") {
  return h("p", { class: "loading", role: "status" }, `${text} …`);
}
