// Dialogs: the browser's own <dialog>, which keeps the focus inside and closes with Escape.

import { freshId, h, show } from "./dom.js";
import { button, failure } from "./parts.js";

/**
 * Open a dialog; `build` gets `close(value)` and `wait(promise)` and returns its content. Resolves
 * when closed. While a promise is waited for, Escape does nothing; closed by other means (another
 * page was opened, a second Escape), the dialog resolves with what comes of the promise.
 */
export function open(title, build, { wide = false } = {}) {
  return new Promise((resolve) => {
    let answer = null;
    const id = freshId("dialog");
    const box = h("dialog", { "aria-labelledby": id, class: wide ? "wide" : null });
    const end = () => {
      box.remove();
      resolve(answer);
    };
    const close = (value = null) => {
      answer = value;
      // Closing gives the focus back to where it was.
      box.close();
      end();
    };
    const head = h("h2", { id }, title);
    show(box, h("div", { class: "dialog" }, head, build(close, (promise) => (answer = promise))));
    box.addEventListener("cancel", (event) => answer && event.preventDefault());
    // Escape.
    box.addEventListener("close", end);
    document.body.append(box);
    box.showModal();
    // A wrong guess about the focus must not be one that erases.
    (box.querySelector("[autofocus]") ?? box.querySelector("input, select, textarea, button"))?.focus();
  });
}

/** Ask before something is done; `work` is done while the dialog waits, and may fail in it. */
export function ask(title, text, { verb, kind = "danger", fields = [], work }) {
  return open(title, (close, wait) => {
    const trouble = h("div", { "aria-live": "polite" });
    const go = button(verb, null, { kind, type: "submit" });
    const cancel = button("Cancel", () => close(), { autofocus: !fields.length });
    const submit = async (event) => {
      event.preventDefault();
      go.disabled = cancel.disabled = true;
      show(trouble);
      try {
        close(await wait(work()));
      } catch (error) {
        wait(null);
        show(trouble, failure(error));
        go.disabled = cancel.disabled = false;
        go.focus();
      }
    };
    return h(
      "form",
      { onsubmit: submit },
      text && h("p", null, text),
      fields,
      trouble,
      h("div", { class: "buttons" }, cancel, go),
    );
  });
}
