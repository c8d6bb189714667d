// Health: each part, what is kept, and which models answer.

import { address, get, heard, info } from "../api.js";
import { h, show } from "../dom.js";
import { count, ms } from "../format.js";
import { button, failure, loading, notice, pageHead, state, table } from "../parts.js";

const PARTS = {
  records: "Faces, people and pictures: what is known of them",
  blobs: "The pictures' own bytes",
  keys: "API keys and quotas",
  recognizer: "Finds and compares faces",
  chat: "Language models",
  usage: "Counts of what was used",
};

/** Show the page. */
export async function overview(root, signal) {
  const health = h("section", { class: "card", "aria-label": "Parts" });
  const holdings = h("section", { class: "numbers", "aria-label": "What is kept" });
  const models = h("section", { class: "card", "aria-label": "Models" });
  const load = () => Promise.all([
    showHealth(health, signal),
    showHoldings(holdings, models, signal),
  ]);
  show(
    root,
    pageHead("Health", "Every part is asked to do a little work when this page opens.", button("Ask again", load)),
    holdings,
    health,
    models,
  );
  show(health, loading("Asking every part"));
  show(models, loading());
  await load();
}

async function showHealth(card, signal) {
  try {
    // 503 is an answer here: it says which part is failing.
    const response = await fetch(address("v1/health"), { signal, cache: "no-store" });
    heard(true);
    const found = await response.json();
    const well = found.status === "ok";
    show(
      card,
      notice(
        well ? "ok" : "bad",
        well ? "Every part works." : "A part cannot do its work.",
        `Version ${found.version}, mode ${found.mode}.`,
      ),
      table(
        "Parts of the service",
        [
          ["Part", ([name]) => h("strong", null, name)],
          ["What it does", ([name]) => PARTS[name] ?? ""],
          ["State", ([, part]) => (part.ok ? state("ok", "Works") : state("bad", `${part.message ?? "Failing"} (${part.code})`))],
          ["Answered in", ([, part]) => ms(part.duration_ms), "number"],
        ],
        Object.entries(found.parts),
      ),
    );
  } catch (error) {
    if (error.name === "AbortError") return;
    heard(false);
    show(card, notice("bad", "The server does not answer."));
  }
}

async function showHoldings(numbers, models, signal) {
  try {
    const [about, listed] = await Promise.all([info(true), get("v1/models", null, signal)]);
    const { images, faces, people, collection_id: name } = about.collection;
    const figure = (value, noun) => h("div", null, h("strong", null, count(value)), h("span", null, noun));
    show(numbers, figure(images, "pictures"), figure(faces, "faces"), figure(people, "people"));
    const text = listed.data.filter((model) => model.owned_by !== "faceplate");
    const apps = listed.data.length - text.length;
    const rows = [
      ["Faces", about.model, `Collection ${name}${about.accuracy ? `, accuracy ${about.accuracy}` : ""}`],
      ...text.map((model) => ["Text", model.id, `From ${model.owned_by}`]),
    ];
    show(
      models,
      h("h2", null, "Models that answer"),
      table(
        "Models that answer",
        [
          ["For", ([what]) => what],
          ["Model", ([, id]) => h("code", null, id)],
          ["", ([, , more]) => more],
        ],
        rows,
      ),
      text.length === 0 && notice("warn", "No language model is named.", "The embedded one is fetched when an application is first run; a provider names its own while it can be reached."),
      h("p", { class: "hint" }, `${count(apps)} applications answer under their own names as well.`),
    );
  } catch (error) {
    if (error.name === "AbortError") return;
    show(numbers);
    show(models, failure(error));
  }
}
