// A typed result as what it is: a table, colours, code, a page, a list or a text.

import { h, show } from "../dom.js";
import { button, code, state } from "../parts.js";
import { csv, plain, save } from "./csv.js";
import { label } from "./form.js";
import { page } from "./preview.js";

const COLOUR = /^#(?:[0-9a-f]{3,4}|[0-9a-f]{6}|[0-9a-f]{8})$/i;
const CODE = /^(?:.*_)?(?:code|sql|command|css)$/;

/** Show a result; `name` is what a downloaded file is called after. */
export function shown(value, name) {
  if (typeof value === "string") return text(value);
  if (value === null || typeof value !== "object") return h("p", { class: "value" }, plain(value));
  if (Array.isArray(value)) return list(value, name);
  return members(value, name);
}

/** Show what each check found. */
export function checksShown(checks) {
  if (!checks.length) return h("p", { class: "hint" }, "This application has no check for this kind of answer.");
  const failed = checks.filter((check) => !check.passed).length;
  return h(
    "div",
    { class: "checks" },
    h("p", { class: "hint" }, failed ? `${failed} of ${checks.length} checks failed.` : `All ${checks.length} checks passed.`),
    h(
      "ul",
      null,
      checks.map((check) =>
        h("li", null, state(check.passed ? "ok" : "bad", check.passed ? "Passed" : "Failed"), " ", h("code", null, check.name), " ", h("span", { class: "hint" }, check.detail)),
      ),
    ),
  );
}

function members(value, name) {
  const { columns, rows, ...others } = value;
  const isTable = Array.isArray(columns) && Array.isArray(rows) && rows.every(Array.isArray);
  const entries = Object.entries(isTable ? others : value);
  return [
    entries.map(([member, one]) => h("section", { class: "member" }, h("h3", null, label(member)), memberShown(member, one, name))),
    isTable && sheet(columns.map(plain), rows, name),
  ];
}

function memberShown(member, value, name) {
  if (typeof value !== "string" || value === "") return shown(value, name);
  if (member === "html") return page(value);
  if (COLOUR.test(value)) return swatch(value);
  if (CODE.test(member) || /^\s*(?:def |class |import |function |const |SELECT )/.test(value)) return code(value, label(member));
  return text(value);
}

function text(value) {
  const found = /^\s*```[\w+-]*\n([\s\S]*?)\n?```\s*$/.exec(value);
  if (found) return code(found[1]);
  if (/^\s*<!doctype html|^\s*<html/i.test(value)) return page(value);
  return h("p", { class: "value" }, value);
}

function list(value, name) {
  if (value.length === 0) return h("p", { class: "hint" }, "None.");
  if (value.every((one) => typeof one === "string" && COLOUR.test(one))) return h("div", { class: "palette" }, value.map(swatch));
  if (value.every((one) => one !== null && typeof one === "object" && !Array.isArray(one))) {
    const columns = [...new Set(value.flatMap(Object.keys))];
    return sheet(columns, value.map((one) => columns.map((column) => one[column])), name);
  }
  return h("ul", { class: "values" }, value.map((one) => h("li", null, plain(one))));
}

function swatch(value) {
  const patch = h("span", { class: "patch" });
  patch.style.backgroundColor = value;
  return h("span", { class: "swatch" }, patch, h("code", null, value));
}

function sheet(columns, rows, name) {
  const cell = (value) => {
    const said = typeof value === "string" && COLOUR.test(value) ? swatch(value) : plain(value);
    return h("td", { class: typeof value === "number" ? "number" : null }, said);
  };
  return h(
    "div",
    { class: "sheet" },
    h(
      "div",
      { class: "scroll", tabindex: "0", role: "group", "aria-label": "Table" },
      h("table", null, h("thead", null, h("tr", null, columns.map((one) => h("th", { scope: "col" }, label(String(one) || " "))))), h("tbody", null, rows.map((row) => h("tr", null, row.map(cell))))),
    ),
    button("Download CSV", () => save(`${name}.csv`, csv(columns, rows)), { kind: "small" }),
  );
}

/** Show tokens and time. */
export function footnote(answer, startedAt) {
  const place = h("p", { class: "fine" });
  const seconds = ((performance.now() - startedAt) / 1000).toFixed(1);
  const used = answer.usage;
  const tokens = used ? `${used.prompt_tokens} + ${used.completion_tokens} tokens · ` : "";
  const mended = answer.request_meta_data?.repaired ? " · mended once" : "";
  return show(place, `${answer.model ? `${answer.model} · ` : ""}${tokens}${seconds} s${mended}`);
}
