// The shell: which view is open, the theme, the key, and whether the server is there.

import { address, forgetInfo, heard, wire } from "./api.js";
import { open as openDialog } from "./dialogs.js";
import { announce, h, icon, show } from "./dom.js";
import { button, failure, fetched } from "./parts.js";
import { forget, key, takeFromAddress } from "./session.js";
import { signIn } from "./sign_in.js";

// What a view is made of is fetched when it is first opened.
const VIEWS = {
  faces: () => import("./faces/view.js"),
  apps: () => import("./apps/view.js"),
  operate: () => import("./operate/view.js"),
};
const THEMES = ["system", "light", "dark"];
const main = document.getElementById("main");
const keyButton = document.getElementById("key");
// Where one was on each page of the history: how far down, and at which link.
const spots = new Map();
let entry = null;
let leaving = new AbortController();
let failed = false;

/**
 * Open what the address names; a view gets its root, the rest of the path and a signal of its end.
 * `spot` is where one was on it.
 */
async function open({ focus = true, denied = null, spot = null } = {}) {
  for (const box of document.querySelectorAll("dialog[open]")) box.close();
  failed = false;
  leaving.abort();
  leaving = new AbortController();
  const { signal } = leaving;
  document.body.dataset.state = key() ? "in" : "out";
  keyButton.hidden = !key();
  if (!key()) {
    document.title = "Sign in · Faceplate";
    signIn(main, () => open(), denied);
    return;
  }
  const parts = location.hash.replace(/^#\/?/, "").split("/").filter(Boolean).map(decode);
  const [section, ...rest] = parts;
  const name = section in VIEWS ? section : "faces";
  for (const link of document.querySelectorAll("#sections a")) link.ariaCurrent = link.hash === `#/${name}` ? "true" : null;
  const root = h("div", { class: `view ${name}` });
  show(main, root);
  if (!spot) window.scrollTo(0, 0);
  try {
    const view = await fetched(VIEWS[name]);
    if (!signal.aborted) await view[name](root, rest, signal);
  } catch (error) {
    if (signal.aborted) return;
    failed = error.code === "gone";
    show(root, h("h1", { tabindex: "-1" }, "This page cannot be shown"), failure(error, () => open()));
  }
  if (signal.aborted) return;
  const head = root.querySelector("h1");
  document.title = head ? `${head.textContent} · Faceplate` : "Faceplate";
  if (focus && head) head.focus({ preventScroll: true });
  if (spot) restore(root, head, spot, signal);
}

/** Go back to where one was, when the page is as long as it was. */
async function restore(root, head, { top, link }, signal) {
  await new Promise(requestAnimationFrame);
  if (signal.aborted) return;
  window.scrollTo(0, top);
  // What is in a gallery comes later; it has the focus unless that was moved meanwhile.
  for (let wait = 0; link && wait < 40 && !signal.aborted && document.activeElement === head; wait += 1) {
    root.querySelector(`a[href="${CSS.escape(link)}"]`)?.focus({ preventScroll: true });
    await new Promise((resume) => setTimeout(resume, 50));
  }
}

/** Note which entry of the history is open; return what is known of it. */
function arrive() {
  entry = history.state ?? Math.random();
  history.replaceState(entry, "");
  return spots.get(entry);
}

function decode(text) {
  try {
    return decodeURIComponent(text);
  } catch {
    return text;
  }
}

function paintTheme() {
  const chosen = document.documentElement.dataset.theme ?? "system";
  const toggle = document.getElementById("theme");
  toggle.ariaLabel = toggle.title = `Theme: ${chosen}`;
  show(toggle, icon(chosen));
}

function nextTheme() {
  const now = document.documentElement.dataset.theme ?? "system";
  const next = THEMES[(THEMES.indexOf(now) + 1) % THEMES.length];
  if (next === "system") delete document.documentElement.dataset.theme;
  else document.documentElement.dataset.theme = next;
  // The server writes it into the page, so that no script has to run before the first paint.
  document.cookie = `faceplate-theme=${next}; max-age=31536000; samesite=strict; path=${location.pathname}`;
  paintTheme();
  announce(`Theme: ${next}`);
}

function leave() {
  forget();
  spots.clear();
  forgetInfo();
}

/** Ask until the server is back; what was on the page stays there. */
async function wait() {
  const banner = document.getElementById("gone");
  show(banner, "The server does not answer. It may have been stopped; trying again …");
  banner.hidden = false;
  while (!banner.hidden) {
    await new Promise((resume) => setTimeout(resume, 1500));
    // Any answer will do, also one that says a part is failing.
    await fetch(address("v1/health"), { cache: "no-store" }).then(() => heard(true), () => null);
  }
}

wire.addEventListener("gone", wait);
wire.addEventListener("back", () => {
  document.getElementById("gone").hidden = true;
  announce("The server is back.");
  if (failed) open();
});
wire.addEventListener("denied", (event) => {
  // The sign-in page tells of a new key itself; here it is one that used to work.
  if (document.body.dataset.state !== "in") return;
  leave();
  open({ denied: event.detail });
});
// What a button began and nobody waited for may fail as well.
window.addEventListener("unhandledrejection", (event) => {
  event.preventDefault();
  const box = failure(event.reason);
  // Of a server that is gone the banner tells, of a key the page that asks for one.
  if (!box || event.reason.code === "gone" || event.reason.status === 401) return;
  openDialog("That did not work", (close) => [box, h("div", { class: "buttons" }, button("Close", () => close()))]);
});
document.getElementById("theme").addEventListener("click", nextTheme);
keyButton.addEventListener("click", () => {
  leave();
  open();
});
document.querySelector(".skip").addEventListener("click", (event) => {
  event.preventDefault();
  main.focus();
});
window.addEventListener("hashchange", () => {
  spots.set(entry, { top: window.scrollY, link: document.activeElement?.getAttribute("href") });
  if (takeFromAddress()) forgetInfo();
  open({ spot: arrive() });
});
// A picture dropped beside a drop zone must not take the place of the page.
for (const kind of ["dragover", "drop"]) {
  window.addEventListener(kind, (event) => event.preventDefault());
}

history.scrollRestoration = "manual";
takeFromAddress();
arrive();
paintTheme();
open({ focus: false });
