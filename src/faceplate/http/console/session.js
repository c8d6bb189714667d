// The API key: in this tab alone (sessionStorage), gone when the tab is closed, never in an address
// that is sent anywhere.

const NAME = "faceplate-key";
let held = null;

/** What was typed and not sent, by page: it stays while one looks elsewhere with the same key. */
export const drafts = new Map();

/** Use the tab's storage. It may be switched off: the key lives as long as the page then. */
function stored(use) {
  try {
    return use(sessionStorage);
  } catch {
    return null;
  }
}

/** Return the key, or null. */
export function key() {
  return (held ??= stored((all) => all.getItem(NAME)));
}

/** Keep a key for this tab. */
export function keep(secret) {
  held = secret;
  drafts.clear();
  stored((all) => all.setItem(NAME, secret));
}

/** Forget the key. */
export function forget() {
  held = null;
  drafts.clear();
  stored((all) => all.removeItem(NAME));
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
