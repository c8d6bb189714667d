// How alike is alike enough: a slider, and presets that say what they are for.

import { info } from "../api.js";
import { freshId, h } from "../dom.js";

const TITLES = { album: "Album", default: "Default", badge: "Badge", "high-risk": "High risk" };

/** Make the control; `changed(value)` is called when another value is chosen. */
export async function similarity(changed) {
  const { presets } = await info();
  const id = freshId("similarity");
  const range = h("input", { type: "range", id, min: 0, max: 100, step: 0.5, "aria-describedby": `${id}-meaning` });
  range.value = presets.default.min_similarity;
  const shown = h("output", { for: id, class: "figure" });
  const meaning = h("p", { class: "hint meaning", id: `${id}-meaning` });
  const choices = Object.entries(presets).map(([name, preset]) => {
    const pick = () => {
      range.value = preset.min_similarity;
      paint();
      changed(Number(range.value));
    };
    const choice = h("button", { type: "button", class: "choice", onclick: pick }, TITLES[name] ?? name, " ", h("span", null, preset.min_similarity));
    return [name, preset, choice];
  });
  const paint = () => {
    const value = Number(range.value);
    shown.textContent = `${value} %`;
    let held = null;
    for (const [name, preset, choice] of choices) {
      choice.setAttribute("aria-pressed", preset.min_similarity === value);
      if (preset.min_similarity <= value) held = [name, preset];
    }
    const exact = held && held[1].min_similarity === value;
    const said = held ? `${exact ? "" : "From "}${TITLES[held[0]] ?? held[0]}: ${held[1].meaning}` : "Below every preset: strangers are taken for somebody.";
    meaning.textContent = said;
    range.setAttribute("aria-valuetext", `${value} percent. ${said}`);
  };
  range.addEventListener("input", paint);
  range.addEventListener("change", () => changed(Number(range.value)));
  paint();
  const element = h(
    "section",
    { class: "card similarity", "aria-label": "Similarity" },
    h("div", { class: "bar-line" }, h("label", { for: id, class: "label" }, "Least similarity that counts as a match"), shown),
    range,
    h("div", { class: "choices", role: "group", "aria-label": "Presets" }, choices.map(([, , choice]) => choice)),
    meaning,
  );
  return { element, value: () => Number(range.value) };
}
