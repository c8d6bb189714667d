// Elements made from values. Text goes in as text: nothing here, and nothing that uses it, parses
// markup, whatever a name, a key or a model's answer holds.

const SVG = "http://www.w3.org/2000/svg";

/** Set what `h` and `svg` were given: handlers, `class`, `data`, flags, properties, attributes. */
function dress(element, props) {
  for (const [name, value] of Object.entries(props ?? {})) {
    if ((value ?? false) === false) continue;
    if (name.startsWith("on")) element.addEventListener(name.slice(2), value);
    else if (name === "class") element.setAttribute("class", value);
    else if (name === "data") Object.assign(element.dataset, value);
    else if (name === "value" || name === "checked") element[name] = value;
    else element.setAttribute(name, value === true ? "" : String(value));
  }
}

function fill(element, children) {
  for (const child of children.flat(Infinity)) {
    if ((child ?? false) !== false) element.append(child);
  }
  return element;
}

/** Make an HTML element. */
export function h(tag, props, ...children) {
  const element = document.createElement(tag);
  // Choices must be there before one of them can be the value.
  const { value, ...rest } = props ?? {};
  dress(element, rest);
  fill(element, children);
  if ((value ?? null) !== null) element.value = value;
  return element;
}

/** Make an SVG element. */
export function svg(tag, props, ...children) {
  const element = document.createElementNS(SVG, tag);
  dress(element, props);
  return fill(element, children);
}

/** Put an element's new children in place of the old. */
export function show(element, ...children) {
  element.replaceChildren();
  return fill(element, children);
}

/** Return what a control is called. */
const nameOf = (one) => one.ariaLabel ?? one.textContent;

/**
 * Put an element's new children in place of the old. The focus goes to what is called the same as
 * what had it, or else to the row in its place, or to the page's heading.
 */
export function swap(element, ...children) {
  const rows = () => [...element.querySelectorAll("li, tr")];
  const had = document.activeElement;
  const inside = element.contains(had);
  const place = rows().indexOf(had.closest("li, tr"));
  show(element, children);
  if (!inside) return;
  const same = [...element.querySelectorAll("a, button")].find((one) => nameOf(one) === nameOf(had));
  const row = place < 0 ? null : rows()[Math.min(place, rows().length - 1)];
  (same ?? row?.querySelector("button") ?? document.querySelector("h1")).focus({ preventScroll: true });
}

/** Make a name within a sentence, which keeps its own direction. */
export const named = (text) => h("bdi", null, text);

const ICONS = {
  system: "M4 5h16v11H4zM9 20h6M12 16v4",
  light: "M12 8a4 4 0 1 0 0 8 4 4 0 0 0 0-8M12 2v2M12 20v2M2 12h2M20 12h2M5 5l1.4 1.4M17.6 17.6 19 19M5 19l1.4-1.4M17.6 6.4 19 5",
  dark: "M20 14.5A8 8 0 0 1 9.5 4 8 8 0 1 0 20 14.5",
  picture: "M4 5h16v14H4zM4 16l5-5 4 4 3-3 4 4M15.5 9.5h.01",
  folder: "M3 6h6l2 2h10v11H3z",
  camera: "M4 8h3l2-3h6l2 3h3v11H4zM12 10a3.5 3.5 0 1 0 0 7 3.5 3.5 0 0 0 0-7",
  check: "M5 12.5 10 17l9-10",
  cross: "M6 6l12 12M18 6 6 18",
  copy: "M9 9h11v11H9zM5 15H4V4h11v1",
  search: "M11 4a7 7 0 1 0 0 14 7 7 0 0 0 0-14M16 16l5 5",
  back: "M14 6l-6 6 6 6",
};

/** Make one of our icons; it says nothing to a screen reader. */
export function icon(name) {
  const path = svg("path", { d: ICONS[name] });
  return svg("svg", { class: "glyph", viewBox: "0 0 24 24", "aria-hidden": "true" }, path);
}

let unsaid = 0;

/** Tell a screen reader what has happened. */
export function announce(text) {
  const live = document.getElementById("live");
  // The same words twice would not be read twice.
  live.textContent = text + (unsaid++ % 2 ? "\u00a0" : "");
}

/** Make an id that is used nowhere else. */
export function freshId(stem) {
  freshId.last = (freshId.last ?? 0) + 1;
  return `${stem}-${freshId.last}`;
}
