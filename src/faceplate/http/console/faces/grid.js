// A grid for lists of any length: pages are fetched as far as one looks, and only what is in view is
// on the page.

import { h } from "../dom.js";
import { count } from "../format.js";
import { failure } from "../parts.js";

const PAGE = 1000;
const GAP_PX = 14;
const SPARE_ROWS = 2;

/**
 * Make the grid. `load(token)` returns `{items, next_token}`; `cell(item, signal)` makes what is in
 * a cell, until the signal ends; `total` is how many there should be. `drop(item)` takes one out.
 */
export function grid({ label, total, load, cell, cellPx, extraPx, signal }) {
  const items = [];
  const cells = new Map();
  const list = h("div", { class: "grid", role: "list", "aria-label": label });
  const status = h("p", { class: "hint", "aria-live": "polite" });
  const whole = h("div", null, list, status);
  let token = null;
  let complete = false;
  let loading = null;
  let columns = 1;
  let rowPx = cellPx;

  async function loadTo(wanted) {
    while (!complete && items.length <= wanted && !signal.aborted) {
      const page = await load(token, PAGE);
      items.push(...page.items);
      token = page.next_token;
      complete = token === null;
      status.textContent = complete ? "" : `${count(items.length)} of ${count(length())} read`;
    }
  }

  const length = () => (complete ? items.length : Math.max(items.length + 1, total));

  function measure() {
    const width = list.clientWidth;
    columns = Math.max(2, Math.floor((width + GAP_PX) / (cellPx + GAP_PX)));
    const side = (width - GAP_PX * (columns - 1)) / columns;
    rowPx = Math.round(side + extraPx + GAP_PX);
    list.style.height = `${Math.ceil(length() / columns) * rowPx}px`;
    return side;
  }

  function paint() {
    if (signal.aborted) return;
    const side = measure();
    const above = -list.getBoundingClientRect().top;
    const first = Math.max(0, Math.floor(above / rowPx) - SPARE_ROWS) * columns;
    const rows = Math.ceil(window.innerHeight / rowPx) + 2 * SPARE_ROWS + 1;
    const last = Math.min(length(), first + rows * columns);
    for (const [place, { element, leave }] of cells) {
      // What has the focus stays, or the keyboard would lose its place.
      if ((place < first || place >= last) && !element.contains(document.activeElement)) {
        leave.abort();
        element.remove();
        cells.delete(place);
      }
    }
    for (let place = first; place < last; place += 1) {
      const item = items[place];
      let one = cells.get(place);
      if (one && one.item !== item) {
        one.leave.abort();
        one.element.remove();
        one = null;
      }
      if (!one) {
        one = { item, leave: new AbortController() };
        one.element = h(
          "div",
          { role: "listitem", class: "cell", data: { place }, "aria-setsize": length(), "aria-posinset": place + 1 },
          item ? cell(item, one.leave.signal) : h("span", { class: "thumb" }),
        );
        // Cells stand in the order of the list, as the keyboard goes.
        const after = [...list.children].find((other) => Number(other.dataset.place) > place);
        list.insertBefore(one.element, after ?? null);
        cells.set(place, one);
      }
      const { style } = one.element;
      style.width = `${side}px`;
      style.left = `${(place % columns) * (side + GAP_PX)}px`;
      style.top = `${Math.floor(place / columns) * rowPx}px`;
    }
    if (!complete && last > items.length && !loading) {
      loading = loadTo(last).then(
        () => {
          loading = null;
          paint();
        },
        (error) => {
          loading = null;
          const again = failure(error, () => (again.remove(), paint()));
          if (again) whole.append(again);
          complete ||= error.name !== "AbortError" && error.code !== "gone";
        },
      );
    }
  }

  let asked = 0;
  const soon = () => {
    cancelAnimationFrame(asked);
    asked = requestAnimationFrame(paint);
  };
  window.addEventListener("scroll", soon, { signal, passive: true });
  const sized = new ResizeObserver(soon);
  sized.observe(whole);
  signal.addEventListener("abort", () => {
    sized.disconnect();
    for (const { leave } of cells.values()) leave.abort();
  });

  const moves = { ArrowRight: () => 1, ArrowLeft: () => -1, ArrowDown: () => columns, ArrowUp: () => -columns };
  list.addEventListener("keydown", async (event) => {
    const from = Number(event.target.closest(".cell")?.dataset.place);
    const to = event.key === "Home" ? 0 : event.key === "End" ? length() - 1 : from + (moves[event.key]?.() ?? NaN);
    if (!(to >= 0)) return;
    event.preventDefault();
    await loadTo(to);
    const place = Math.min(to, items.length - 1);
    const top = Math.floor(place / columns) * rowPx;
    const seen = list.getBoundingClientRect().top;
    if (seen + top < 120 || seen + top + rowPx > window.innerHeight) {
      window.scrollBy({ top: seen + top - 140, behavior: "instant" });
    }
    paint();
    cells.get(place)?.element.querySelector("a, button")?.focus({ preventScroll: true });
  });
  whole.drop = (item) => {
    const place = items.indexOf(item);
    const word = document.activeElement.textContent;
    items.splice(place, 1);
    total -= 1;
    for (const [at, { element, leave }] of cells) {
      if (at < place) continue;
      leave.abort();
      element.remove();
      cells.delete(at);
    }
    paint();
    // The next of them gets the focus, or what is left at the end.
    const next = cells.get(Math.min(place, items.length - 1))?.element;
    const same = next && [...next.querySelectorAll("button")].find((one) => one.textContent === word);
    (same ?? document.querySelector("h1")).focus({ preventScroll: true });
  };
  soon();
  return whole;
}
