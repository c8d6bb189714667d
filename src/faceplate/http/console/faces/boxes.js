// Boxes over a picture: who is where, in colour, in line style and in words.

import { h } from "../dom.js";

/** What a box says: matched, unknown, or left out. The words never depend on the colour. */
export const KINDS = { matched: "Matched", unknown: "Unknown", left: "Left out" };

/**
 * Put boxes over an image or a canvas. A face is `{box, kind, text}`, box in ratios of the picture;
 * `pick` is called with the number of one that is chosen.
 */
export function framed(media, faces, { labels = true, pick } = {}) {
  const marks = faces.map((face, place) => {
    const text = labels && h("span", { class: "box-text" }, faces.length > 1 && [h("b", null, place + 1), " "], face.text);
    const number = !labels && faces.length > 1 && h("span", { class: "box-number" }, place + 1);
    const mark = pick
      ? h("button", { type: "button", class: `box ${face.kind}`, "aria-label": `Face ${faces.length > 1 ? `${place + 1} ` : ""}${face.text}`, onclick: () => pick(place) }, text, number)
      : h("span", { class: `box ${face.kind}`, "aria-hidden": "true" }, text, number);
    const { Left, Top, Width, Height } = face.box;
    for (const [side, ratio] of [["left", Left], ["top", Top], ["width", Width], ["height", Height]]) {
      mark.style[side] = `${(ratio * 100).toFixed(3)}%`;
    }
    return mark;
  });
  const frame = h("div", { class: faces.length > 3 ? "framed many" : "framed" }, media, marks);
  if (labels && marks.length) new ResizeObserver(() => spread(frame)).observe(frame);
  return frame;
}

/** Move labels that would cover one another down, and those at the right edge to the left. */
function spread(frame) {
  const edge = frame.getBoundingClientRect();
  const placed = [];
  const labels = [...frame.querySelectorAll(".box-text")];
  for (const label of labels) label.style.translate = "";
  const sized = labels.map((label) => [label, label.getBoundingClientRect()]);
  sized.sort(([, a], [, b]) => a.left - b.left);
  for (const [label, at] of sized) {
    const x = Math.max(edge.left - at.left, Math.min(0, edge.right - at.right));
    let y = 0;
    const covers = (other) =>
      at.left + x < other.right && other.left < at.right + x && at.top + y < other.bottom && other.top < at.bottom + y;
    for (let other = placed.find(covers); other && y < 200; other = placed.find(covers)) {
      y = other.bottom - at.top + 2;
    }
    if (at.bottom + y > edge.bottom) y -= at.bottom + y - edge.bottom;
    placed.push({ left: at.left + x, right: at.right + x, top: at.top + y, bottom: at.bottom + y });
    if (x || y) label.style.translate = `${x}px ${y}px`;
  }
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
