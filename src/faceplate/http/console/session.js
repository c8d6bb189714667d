// The API key: in this tab alone (sessionStorage), gone when the tab is closed, never in an address
// that is sent anywhere.

const NAME = "faceplate-key";
let held = null;

/** What was typed and not sent, by page: it stays while one looks elsewhere with the same key. */
export const drafts = new Map();

/** Return the key, or null. */
export function key() {
  if (held === null) {
    try {
      held = sessionStorage.getItem(NAME);
    } catch {
      // Storage is switched off: the key lives as long as the page.
    }
  }
  return held;
}

/** Keep a key for this tab. */
export function keep(secret) {
  held = secret;
  drafts.clear();
  try {
    sessionStorage.setItem(NAME, secret);
  } catch {
    // As above.
  }
}

/** Forget the key. */
export function forget() {
  held = null;
  drafts.clear();
  try {
    sessionStorage.removeItem(NAME);
  } catch {
    // As above.
  }
}

/** Take a key out of `#key=…`, as `faceplate serve` prints it, and out of the address bar. */
export function takeFromAddress() {
  const found = /^#key=([\x21-\x7e]{1,512})$/.exec(location.hash);
  if (!found) return false;
  history.replaceState(null, "", location.pathname + location.search);
  keep(found[1]);
  return true;
}

/** Return the key_id inside a key that Faceplate made, or null. */
export function keyId() {
  return /^fp_([0-9a-f]{12})_/.exec(key() ?? "")?.[1] ?? null;
}
