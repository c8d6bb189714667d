// Where pictures come from: dropped, pasted, chosen, from a folder, from the camera.

import { h, icon } from "../dom.js";
import { counted } from "../format.js";
import { button, failure } from "../parts.js";
import { shoot, stamp } from "./camera.js";

const PICTURE = /\.(jpe?g|png|webp|gif|bmp|tiff?|avif|heic|heif)$/i;

/** Tell whether a file of a folder is a picture by its looks; the server has the last word. */
const looksLikePicture = (file) => file.type.startsWith("image/") || PICTURE.test(file.name);

/**
 * Make a place for pictures. `take` gets a list of `{file, path}` and how many files of folders were
 * passed over; pasting works anywhere on the page until `signal` ends.
 */
export function dropZone({ title, hint, folders, take, signal }) {
  const chosen = (input) => () => {
    const items = [...input.files].map((file) => ({ file, path: file.webkitRelativePath || file.name }));
    input.value = "";
    give(items, take);
  };
  const files = h("input", { type: "file", accept: "image/*,.heic,.heif", multiple: true, tabindex: "-1", "aria-label": "Pictures" });
  files.onchange = chosen(files);
  const folder = h("input", { type: "file", webkitdirectory: true, tabindex: "-1", "aria-label": "Folder" });
  folder.onchange = chosen(folder);
  const camera = async () => {
    const shot = await shoot();
    if (shot) take([{ file: shot, path: shot.name }], 0);
  };
  const zone = h(
    "div",
    { class: "drop" },
    icon("picture"),
    h("p", { class: "drop-title" }, title),
    h("p", { class: "hint" }, hint),
    h(
      "div",
      { class: "actions" },
      button([icon("picture"), "Choose pictures"], () => files.click(), { kind: "primary" }),
      folders && button([icon("folder"), "Choose a folder"], () => folder.click()),
      button([icon("camera"), "Camera"], camera),
    ),
    files,
    folders && folder,
  );
  let depth = 0;
  const over = (change) => {
    depth = Math.max(0, depth + change);
    zone.classList.toggle("over", depth > 0);
  };
  zone.addEventListener("dragenter", () => over(1));
  zone.addEventListener("dragleave", () => over(-1));
  zone.addEventListener("drop", async (event) => {
    event.preventDefault();
    over(-depth);
    give(await dropped(event.dataTransfer), take);
  });
  const paste = (event) => {
    const items = [...(event.clipboardData?.files ?? [])].map((file) => ({ file, path: pastedName(file) }));
    if (items.length) take(items, 0);
  };
  document.addEventListener("paste", paste, { signal });
  return zone;
}

/** Say how many files were no pictures. */
export const passedOver = (files) => `${counted(files, "other file")} passed over`;

/** Say what is wrong with a file. The API takes a text for base64; nobody chose one for that. */
export function refused(error, again) {
  if (error.code === "image_encoding_invalid") error.message = "This is not a picture.";
  return failure(error, again);
}

/** Pass pictures on; of several files those that are none are left out and counted. */
function give(items, take) {
  const wanted = items.length === 1 ? items : items.filter(({ file }) => looksLikePicture(file));
  take(wanted, items.length - wanted.length);
}

function pastedName(file) {
  return /^image\.\w+$/.test(file.name) ? `pasted-${stamp()}-${file.name}` : file.name;
}

async function dropped(transfer) {
  // Entries must be taken before anything is awaited: the list is emptied after the event.
  const entries = [...transfer.items].map((item) => item.webkitGetAsEntry?.()).filter(Boolean);
  const plain = [...transfer.files].map((file) => ({ file, path: file.name }));
  if (!entries.some((entry) => entry.isDirectory)) return plain;
  const found = [];
  for (const entry of entries) await walk(entry, found);
  return found;
}

async function walk(entry, found) {
  if (entry.isFile) {
    const file = await new Promise((resolve) => entry.file(resolve, () => resolve(null)));
    if (file) found.push({ file, path: entry.fullPath.replace(/^\//, "") });
    return;
  }
  const reader = entry.createReader();
  for (;;) {
    // A folder is read in parts, and is over at the first empty one.
    const part = await new Promise((resolve) => reader.readEntries(resolve, () => resolve([])));
    if (part.length === 0) return;
    for (const each of part) await walk(each, found);
  }
}
