// Boxes over a picture: who is where, in colour, in line style and in words.

import { h } from "../dom.js";

const CROWD = 12;
const FARTHEST_PX = 110;

/**
 * Put boxes over an image or a canvas. A face is `{box, kind, text, score}`, box in ratios of the
 * picture; `pick` is called with the number of one that is chosen. Without `labels`, in a crowd, and
 * where there is no room, only the number is shown until the pointer is on the box.
 */
export function framed(media, faces, { labels = true, pick } = {}) {
  const several = faces.length > 1;
  const marks = faces.map(({ box, kind, text, score }, place) => {
    const words = [several && [h("b", null, place + 1), " "], h("bdi", null, text), score && [" ", h("span", null, score)]];
    const label = (labels || several) && h("span", { class: "box-text" }, words);
    const mark = pick
      ? h("button", { type: "button", class: `box ${kind}`, "aria-label": `Face ${several ? `${place + 1} ` : ""}${text}`, onclick: () => pick(place) }, label)
      : h("span", { class: `box ${kind}`, "aria-hidden": "true" }, label);
    for (const [side, ratio] of [["left", box.Left], ["top", box.Top], ["width", box.Width], ["height", box.Height]]) {
      mark.style[side] = `${(ratio * 100).toFixed(3)}%`;
    }
    return mark;
  });
  const kind = !labels || faces.length > CROWD ? "crowd" : faces.length > 3 ? "many" : "";
  const frame = h("div", { class: `framed ${kind}` }, media, marks);
  if (several || labels) new ResizeObserver(() => spread(frame)).observe(frame);
  return frame;
}

/** Light up a box and its line of a list together. */
export function paired(frame, rows) {
  const marks = frame.querySelectorAll(".box");
  rows.forEach((row, place) => {
    const both = [row, marks[place]];
    const light = (on) => () => {
      for (const one of both) one.classList.toggle("lit", on);
      spread(frame);
    };
    for (const one of both) {
      for (const kind of ["pointerenter", "focusin"]) one.addEventListener(kind, light(true));
      for (const kind of ["pointerleave", "focusout"]) one.addEventListener(kind, light(false));
    }
  });
}

/** Keep labels inside the picture and off one another; one without room shows its number only. */
function spread(frame) {
  const edge = frame.getBoundingClientRect();
  frame.style.setProperty("--wide", `${edge.width}px`);
  const placed = [];
  const labels = [...frame.querySelectorAll(".box-text")];
  for (const label of labels) {
    label.style.translate = "";
    label.classList.remove("cut");
  }
  const sized = labels.map((label) => [label, label.getBoundingClientRect()]);
  sized.sort(([, a], [, b]) => a.left - b.left);
  for (const [label, whole] of sized) {
    // What the pointer is on lies over the others.
    const lit = label.closest(".lit");
    let at = moved(whole, edge, lit ? [] : placed);
    if (!at && label.querySelector("b")) {
      label.classList.add("cut");
      at = moved(label.getBoundingClientRect(), edge, placed);
    }
    if (!at) continue;
    if (!lit) placed.push(at);
    if (at.x || at.y) label.style.translate = `${at.x}px ${at.y}px`;
  }
}

/** Return where a label has room, below where it is or else above; null when it is too far. */
function moved({ left, right, top, bottom }, edge, placed) {
  const x = Math.max(edge.left - left, Math.min(0, edge.right - right));
  for (const down of [true, false]) {
    let y = down ? Math.max(0, edge.top - top) : Math.min(0, edge.bottom - bottom);
    const covers = (one) => left + x < one.right && one.left < right + x && top + y < one.bottom && one.top < bottom + y;
    for (let one = placed.find(covers); one; one = placed.find(covers)) y = down ? one.bottom - top + 2 : one.top - bottom - 2;
    const inside = bottom + y <= edge.bottom + 1 && top + y >= edge.top - 1;
    if (inside && Math.abs(y) < FARTHEST_PX) return { x, y, left: left + x, right: right + x, top: top + y, bottom: bottom + y };
  }
  return null;
}

/** Draw a file or blob upright into a canvas no larger than this; null when it cannot be shown. */
export async function drawn(blob, largest, box = null) {
  let bitmap;
  try {
    bitmap = await createImageBitmap(blob);
  } catch {
    return null;
  }
  const area = box ? around(box, bitmap) : [0, 0, bitmap.width, bitmap.height];
  const scale = Math.min(1, largest / Math.max(area[2], area[3]));
  const width = Math.max(1, Math.round(area[2] * scale));
  const height = Math.max(1, Math.round(area[3] * scale));
  const canvas = h("canvas", { width, height });
  const pen = canvas.getContext("2d");
  pen.imageSmoothingQuality = "high";
  pen.drawImage(bitmap, ...area, 0, 0, width, height);
  bitmap.close();
  return canvas;
}

/** Return the square around a face with some of what surrounds it, inside the picture. */
function around({ Left, Top, Width, Height }, { width, height }) {
  const side = Math.min(width, height, Math.max(Width * width, Height * height) * 1.5);
  const x = (Left + Width / 2) * width - side / 2;
  const y = (Top + Height / 2) * height - side / 2;
  return [Math.max(0, Math.min(x, width - side)), Math.max(0, Math.min(y, height - side)), side, side];
}
