// API keys: made, replaced, revoked. A secret is shown once and kept nowhere but in its dialog.

import { call, get, inPath } from "../api.js";
import { ask, open } from "../dialogs.js";
import { announce, h, named, show, swap } from "../dom.js";
import { count, moment } from "../format.js";
import { button, copyButton, failure, field, loading, notice, pageHead, state, table } from "../parts.js";
import { keep, keyId } from "../session.js";

const SCOPES = [
  ["read", "read: search, list, run applications"],
  ["write", "write: read, and add, change and erase"],
  ["admin", "admin: write, and keys, usage of all, backups"],
];
const LIMITS = [
  ["rate_rps", "Requests a second", "any"],
  ["burst", "Requests at once", "1"],
  ["daily_quota", "Requests a day", "1"],
  ["daily_tokens", "Tokens a day", "1"],
];

/** Show the page. */
export async function keys(root, signal) {
  const list = h("section", { class: "card", "aria-label": "Keys" }, loading());
  const load = async () => {
    try {
      const found = await get("v1/keys", null, signal);
      swap(list, listed(found.keys, load));
    } catch (error) {
      show(list, failure(error, load));
    }
  };
  show(
    root,
    pageHead(
      "Keys",
      "Who may call this server, and how often. A secret is shown once, when its key is made.",
      button("New key", () => create(load), { kind: "primary" }),
    ),
    list,
  );
  await load();
}

function listed(rows, load) {
  const own = keyId();
  const actions = (key) => {
    if (key.revoked_at) return null;
    return h(
      "div",
      { class: "row-actions" },
      button("Rotate", () => rotate(key, load), { kind: "small", "aria-label": `Rotate ${key.name}` }),
      button("Revoke", () => revoke(key, load), { kind: "small danger", "aria-label": `Revoke ${key.name}` }),
    );
  };
  return table(
    "API keys",
    [
      ["Name", (key) => [h("strong", { dir: "auto" }, key.name), key.key_id === own && [" ", h("span", { class: "tag" }, "this one")]]],
      ["Key", (key) => h("code", null, key.key_id), "tight"],
      ["Scope", (key) => key.scope, "tight"],
      ["Made", (key) => moment(key.created_at, true), "tight"],
      ["Used today", (key) => count(key.used_today), "number"],
      ["State", (key) => (key.revoked_at ? state("bad", `Revoked ${moment(key.revoked_at, true)}`) : state("ok", "Accepted")), "tight"],
      ["", actions, "end"],
    ],
    // Keys that count come first; among them the newest.
    rows.toSorted((a, b) => !!a.revoked_at - !!b.revoked_at || b.created_at.localeCompare(a.created_at)),
  );
}

async function create(load) {
  const name = h("input", { required: true, maxlength: 100, autocomplete: "off", dir: "auto" });
  const scope = h("select", { value: "read" }, SCOPES.map(([value, text]) => h("option", { value }, text)));
  const limits = LIMITS.map(([id, label, step]) => [
    id,
    label,
    h("input", { type: "number", min: step === "any" ? "0.001" : "1", step, placeholder: "default" }),
  ]);
  const made = await ask("New key", null, {
    verb: "Make the key",
    kind: "primary",
    fields: [
      field("Name", name, "What it is for, such as door or nightly import."),
      field("May", scope),
      h(
        "details",
        null,
        h("summary", null, "Limits of its own"),
        h("div", { class: "pair" }, limits.map(([, label, input]) => field(label, input))),
        h("p", { class: "hint" }, "They count when the server applies limits, and in place of its defaults."),
      ),
    ],
    work: () => {
      const wanted = { name: name.value, scope: scope.value };
      for (const [id, , input] of limits) if (input.value) wanted[id] = Number(input.value);
      return call("POST", "v1/keys", { json: wanted });
    },
  });
  if (made) await reveal(made, load);
}

async function rotate(key, load) {
  const own = key.key_id === keyId();
  const text = [named(key.name), ` gets a new secret. The old one stops working at once${own ? "; this page goes on with the new one" : ""}.`];
  const made = await ask("Rotate this key?", text, {
    verb: "Rotate",
    work: () => call("POST", `v1/keys/${inPath(key.key_id)}/rotate`),
  });
  if (!made) return;
  if (own) keep(made.secret);
  await reveal(made, load);
}

async function revoke(key, load) {
  const own = key.key_id === keyId() ? " It is the key of this page: you will be signed out." : "";
  const done = await ask("Revoke this key?", [named(key.name), ` is refused from the next request on.${own}`], {
    verb: "Revoke",
    work: () => call("DELETE", `v1/keys/${inPath(key.key_id)}`),
  });
  if (!done) return;
  announce(`${key.name} is revoked.`);
  await load();
}

async function reveal(made, load) {
  const secret = h("code", { class: "secret", tabindex: "0" }, made.secret);
  await open(["The secret of ", named(made.name)], (close) => [
    notice("warn", "It is shown only now.", "Copy it to where it is needed; the server keeps a digest and cannot show it again."),
    secret,
    h("div", { class: "buttons" }, copyButton(made.secret), button("Done", () => close(), { kind: "primary" })),
  ]);
  secret.remove();
  await load();
}
