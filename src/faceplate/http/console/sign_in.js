// The page that asks for the API key.

import { forgetInfo, info } from "./api.js";
import { h, show } from "./dom.js";
import { button, failure, field, notice } from "./parts.js";
import { forget, keep } from "./session.js";

/** Show the page; `done` is called with a key that works. `denied` is the refusal of an old one. */
export function signIn(root, done, denied) {
  const input = h("input", {
    type: "password",
    autocomplete: "off",
    autocapitalize: "off",
    spellcheck: "false",
    required: true,
    maxlength: 512,
    placeholder: "fp_…",
  });
  const trouble = h("div", { "aria-live": "polite" });
  const go = button("Open the console", null, { type: "submit", kind: "primary" });
  const submit = async (event) => {
    event.preventDefault();
    go.disabled = true;
    show(trouble);
    forgetInfo();
    // Pasted keys come with spaces and line ends; a header cannot hold anything but ASCII.
    keep(input.value.replace(/[^\x21-\x7e]/g, ""));
    try {
      await info();
      done();
    } catch (error) {
      forget();
      const wrong = error.status === 401;
      show(trouble, wrong ? refused() : failure(error));
      input.focus();
      input.select();
    } finally {
      go.disabled = false;
    }
  };
  show(
    root,
    h(
      "div",
      { class: "sign-in" },
      h("h1", { tabindex: "-1" }, "Sign in with an API key"),
      h(
        "p",
        { class: "lead" },
        "The key stays in this tab and is forgotten when you close it. It is sent to this server only.",
      ),
      h("form", { class: "card", onsubmit: submit }, field("API key", input), trouble, go),
      h(
        "div",
        { class: "card plain" },
        h("h2", null, "Where is my key?"),
        h("p", null, "It was printed when the server first started. To make another, on the server:"),
        h("pre", null, h("code", null, "faceplate keys create console")),
      ),
    ),
  );
  if (denied) show(trouble, refused());
  input.focus();
}

function refused() {
  return notice(
    "bad",
    "This key is not accepted.",
    "It may be mistyped, revoked, or of another server. Nothing was kept.",
  );
}
