// A form made from an application's parameters: their types, defaults, limits and choices.

import { h } from "../dom.js";
import { field } from "../parts.js";

const LONG_CHARS = 60;

/** Make the controls. `read()` returns what differs from the defaults; `set(values)` fills them. */
export function parameterForm(parameters) {
  const controls = parameters.map((one) => [one, MAKERS[one.kind](one)]);
  return {
    elements: controls.map(([one, control]) => wrapped(one, control)),
    read: () => {
      const values = {};
      for (const [one, { value }] of controls) {
        const given = value();
        if (JSON.stringify(given) !== JSON.stringify(one.default)) values[one.name] = given;
      }
      return values;
    },
    set: (values) => {
      for (const [one, { set }] of controls) set(values[one.name] ?? one.default);
    },
  };
}

function wrapped(one, { input }) {
  const title = label(one.name);
  if (one.kind === "flag") {
    return h("div", { class: "field" }, h("label", { class: "check" }, input, title), h("p", { class: "hint" }, one.summary));
  }
  return field(title, input, [one.summary, " ", limits(one)]);
}

/** Turn a member's name into words. */
export function label(name) {
  const text = name.replaceAll("_", " ").replace(/^(?:css|html|sql|hex)\b/, (word) => word.toUpperCase());
  return text.charAt(0).toUpperCase() + text.slice(1);
}

function limits({ kind, minimum, maximum, max_items: most }) {
  if (kind === "texts") return `One a line, ${minimum ? `${minimum} to ${most}` : `at most ${most}`}.`;
  if (minimum !== null && maximum !== null) return `${minimum} to ${maximum}.`;
  return "";
}

const MAKERS = {
  text: (one) => {
    const long = one.default.length > LONG_CHARS || one.max_chars > 1000;
    const input = long
      ? h("textarea", { rows: 4, maxlength: one.max_chars, value: one.default })
      : h("input", { maxlength: one.max_chars, value: one.default, autocomplete: "off" });
    return { input, value: () => input.value, set: (value) => (input.value = value) };
  },
  texts: (one) => {
    const input = h("textarea", { rows: Math.min(6, Math.max(3, one.default.length)), value: one.default.join("\n") });
    const value = () => input.value.split("\n").map((line) => line.trim()).filter(Boolean);
    const judge = () => {
      const lines = value();
      let wrong = "";
      if (lines.length > one.max_items) wrong = `At most ${one.max_items} lines.`;
      else if (one.minimum !== null && lines.length < one.minimum) wrong = `At least ${one.minimum} lines.`;
      else if (lines.some((line) => line.length > one.max_chars)) wrong = `At most ${one.max_chars} characters a line.`;
      input.setCustomValidity(wrong);
    };
    input.addEventListener("input", judge);
    return { input, value, set: (given) => ((input.value = given.join("\n")), judge()) };
  },
  choice: (one) => {
    const input = h("select", { value: one.default }, one.choices.map((choice) => h("option", { value: choice }, choice)));
    return { input, value: () => input.value, set: (value) => (input.value = value) };
  },
  integer: (one) => number(one, 1),
  number: (one) => number(one, "any"),
  flag: (one) => {
    const input = h("input", { type: "checkbox", checked: one.default });
    return { input, value: () => input.checked, set: (value) => (input.checked = value) };
  },
};

function number(one, step) {
  const input = h("input", { type: "number", required: true, step, min: one.minimum, max: one.maximum, value: one.default });
  return { input, value: () => Number(input.value), set: (value) => (input.value = value) };
}
