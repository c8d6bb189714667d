// One application: its form, its answer as it streams, and the same call as code.

import { call, get, inPath } from "../api.js";
import { announce, h, show } from "../dom.js";
import { back, button, code, failure, field, loading } from "../parts.js";
import { drafts } from "../session.js";
import { label, parameterForm } from "./form.js";
import { checksShown, footnote, shown } from "./result.js";
import { snippets } from "./snippets.js";
import { events } from "./stream.js";

const MAX_CHARS = 200_000;

/** Show the application and run it when asked. */
export async function app(root, slug, signal) {
  const about = await get(`v1/examples/${inPath(slug)}`, null, signal);
  const path = `v1/examples/${inPath(slug)}`;
  const chat = about.category === "chat";
  // What was typed and said stays while one looks elsewhere.
  const draft = drafts.get(slug) ?? { text: about.sample?.input_text ?? "", parameters: about.sample?.parameters ?? {}, turns: [] };
  drafts.set(slug, draft);
  const form = parameterForm(about.parameters);
  const input = h("textarea", { rows: 6, maxlength: MAX_CHARS, dir: "auto", value: draft.text });
  form.set(draft.parameters);
  const typed = choice("result", [["typed", "Typed", true], ["text", "Text", false]]);
  const stream = h("input", { type: "checkbox", checked: true });
  const go = button("Run", null, { kind: "primary", type: "submit" });
  const stop = button("Stop", () => running.abort(), { hidden: true });
  const out = h("section", { class: "card answer", "aria-label": "Answer", hidden: true });
  const talk = h("ol", { class: "talk", "aria-label": "Conversation", hidden: true });
  const calls = h("details", { class: "card" });
  let running = null;

  const body = () => ({
    input_text: input.value,
    ...(draft.turns.length ? { messages: draft.turns.map(({ role, content }) => ({ role, content })) } : {}),
    parameters: form.read(),
    result: typed.value(),
  });

  /** Show which buttons can be used now. */
  const judge = () => {
    go.disabled = running !== null || !input.value;
    stop.hidden = running === null;
    over.hidden = draft.turns.length === 0;
  };
  const write = (text) => {
    input.value = draft.text = text;
    judge();
  };

  const run = async (event) => {
    event?.preventDefault();
    const own = new AbortController();
    const asked = body();
    running = own;
    const pressed = document.activeElement === go;
    out.hidden = stop.hidden = false;
    if (pressed) stop.focus({ preventScroll: true });
    if (chat) {
      draft.turns.push({ role: "user", content: asked.input_text });
      paintTalk();
      write("");
    }
    judge();
    try {
      const end = AbortSignal.any([signal, own.signal]);
      const answer = await (stream.checked ? streamed : whole)(out, path, asked, end);
      paintAnswer(out, answer, slug);
      // The model is told what it said, the reader what that means; the last of it is shown below.
      if (chat) draft.turns.push({ role: "assistant", content: answer.said, text: reply(answer.result) });
      announce("The answer is there.");
    } catch (error) {
      // Started over meanwhile: nothing of it is wanted any more.
      if (running !== own) return;
      if (chat) {
        draft.turns.pop();
        paintTalk();
        write([asked.input_text, input.value].filter(Boolean).join("\n"));
      }
      fail(error);
    } finally {
      if (running === own) running = null;
      const stopped = document.activeElement === stop;
      judge();
      if (stopped) (go.disabled ? input : go).focus({ preventScroll: true });
    }
  };

  function fail(error) {
    out.querySelector(".loading")?.remove();
    if (error.name === "AbortError") {
      out.append(h("p", { class: "hint" }, "Stopped."));
      return;
    }
    const box = failure(error, error.code === "gone" ? () => run() : null);
    if (error.code === "result_invalid" && stream.checked) {
      const again = () => {
        stream.checked = false;
        run();
      };
      box.append(h("p", null, "What was streamed cannot be mended. Without streaming, the model is asked once more."), button("Run without streaming", again, { kind: "small" }));
    }
    out.append(box);
  }

  function paintTalk() {
    const turn = ({ role, content, text = content }) => h("li", { class: role, dir: "auto" }, h("span", { class: "hidden" }, role === "user" ? "You: " : "Answer: "), text);
    talk.hidden = draft.turns.length === 0;
    show(talk, draft.turns.map(turn));
  }

  const over = button("Start over", () => {
    running?.abort();
    running = null;
    draft.turns = [];
    paintTalk();
    out.hidden = true;
    write("");
    input.focus();
  });

  const paintCalls = () => calls.open && show(calls, h("summary", null, "The same call as code"), codeTabs(snippets(slug, body())));
  const changed = () => {
    draft.text = input.value;
    draft.parameters = form.read();
    judge();
    paintCalls();
  };
  show(calls, h("summary", null, "The same call as code"));
  calls.addEventListener("toggle", paintCalls);

  show(
    root,
    back("#/apps", "Applications", "narrow"),
    h(
      "div",
      { class: "app-head" },
      h("h1", { tabindex: "-1" }, about.title),
      h("p", { class: "lead" }, about.summary),
      h("p", { class: "fine" }, h("code", null, slug), " ", about.legacy && h("span", { class: "tag" }, "legacy")),
    ),
    talk,
    h(
      "form",
      { class: "card", onsubmit: run, oninput: changed, onchange: changed },
      field(chat ? "Message" : "Input", input),
      about.parameters.length > 0 && h("div", { class: "pair" }, form.elements),
      h(
        "div",
        { class: "run-line" },
        typed.element,
        h("label", { class: "check" }, stream, "Stream"),
        h("div", { class: "buttons" }, over, stop, go),
      ),
    ),
    out,
    calls,
  );
  paintTalk();
  judge();
  // Ctrl or Cmd with Enter runs it, as in every editor of prompts.
  input.addEventListener("keydown", (event) => {
    if (event.key === "Enter" && (event.ctrlKey || event.metaKey) && !go.disabled) input.form.requestSubmit();
  });
}

/** Return what a chat's answer says: its reply, or all of it. */
function reply(result) {
  const said = result?.reply ?? result;
  return typeof said === "object" ? Object.values(said ?? {}).flat().join("\n") : String(said);
}

function choice(name, options) {
  const inputs = options.map(([value, text, checked]) => [h("input", { type: "radio", name, value, checked }), text]);
  const element = h(
    "fieldset",
    { class: "radios" },
    h("legend", null, label(name)),
    inputs.map(([input, text]) => h("label", { class: "check" }, input, text)),
  );
  return { element, value: () => inputs.find(([input]) => input.checked)[0].value };
}

async function streamed(out, path, asked, signal) {
  const started = performance.now();
  const raw = h("p", { class: "value streaming" });
  show(out, h("h2", null, "Answer"), loading("Waiting for the model"), raw);
  let said = "";
  let last = null;
  for await (const event of events(path, { ...asked, stream: true }, signal)) {
    if ("result" in event) last = { ...event, model: last?.model };
    else {
      last = { model: event.model ?? last?.model };
      said += event.choices?.[0]?.delta?.content ?? "";
      out.querySelector(".loading")?.remove();
      raw.textContent = said;
    }
  }
  if (!last || !("result" in last)) throw Object.assign(new Error("The answer ended before it was complete."), { code: "stream_cut" });
  return { ...last, said, started };
}

async function whole(out, path, asked, signal) {
  const started = performance.now();
  show(out, h("h2", null, "Answer"), loading("Waiting for the model"));
  const answer = await call("POST", path, { json: asked, signal });
  return { ...answer, said: answer.choices?.[0]?.message?.content ?? "", started };
}

function paintAnswer(out, answer, slug) {
  show(
    out,
    h("h2", null, "Answer"),
    h("div", { class: "result-view" }, shown(answer.result, slug)),
    h("h3", null, "Checks"),
    checksShown(answer.checks ?? []),
    footnote(answer, answer.started),
  );
}

function codeTabs(texts) {
  const place = h("div", null);
  const names = Object.keys(texts);
  const buttons = names.map((name) => button(name, () => pick(name), { kind: "choice", "aria-pressed": "false" }));
  const pick = (name) => {
    codeTabs.last = name;
    names.forEach((each, at) => buttons[at].setAttribute("aria-pressed", each === name));
    show(place, code(texts[name], `The call in ${name}`));
  };
  pick(names.includes(codeTabs.last) ? codeTabs.last : names[0]);
  return h("div", { class: "calls" }, h("div", { class: "choices", role: "group", "aria-label": "Language" }, buttons), place, h("p", { class: "hint" }, "Set FACEPLATE_API_KEY to your key; it is never written here."));
}
