// Usage of language models: by day as bars, by application as a table.

import { get } from "../api.js";
import { h, show, svg } from "../dom.js";
import { count, moment } from "../format.js";
import { empty, failure, field, loading, pageHead, table } from "../parts.js";

const MEASURES = [
  ["requests", "Requests"],
  ["tokens", "Tokens"],
  ["failures", "Failures"],
];
const DAY_MS = 86_400_000;
const HEIGHT = 120;
const STEP = 10;

/** Show the page. */
export async function usage(root, signal) {
  const days = h("select", { value: "30" }, [7, 30, 90].map((n) => h("option", { value: n }, `${n} days`)));
  const measure = h("select", null, MEASURES.map(([value, text]) => h("option", { value }, text)));
  const body = h("div", { class: "pile" }, loading());
  const load = async () => {
    try {
      const last = new Date();
      const first = new Date(last - (days.value - 1) * DAY_MS);
      const range = { first: iso(first), last: iso(last) };
      const found = await get("v1/usage", range, signal);
      const paint = () => show(body, painted(found, first, Number(days.value), measure.value));
      measure.onchange = paint;
      paint();
    } catch (error) {
      show(body, failure(error, load));
    }
  };
  days.onchange = load;
  show(
    root,
    pageHead("Usage", "What language models were asked for, by day (UTC). A key that is not an admin's sees its own."),
    h("div", { class: "filters" }, field("Show", measure), field("Of the last", days)),
    body,
  );
  await load();
}

const iso = (date) => date.toISOString().slice(0, 10);

const valueOf = (row, measure) => (measure === "tokens" ? row.prompt_tokens + row.completion_tokens : row[measure]);

function painted(found, first, days, measure) {
  if (found.usage.length === 0) {
    return h("section", { class: "card" }, empty("Nothing was asked yet", "Run an application, and it shows up here."));
  }
  const byDay = new Map();
  for (let n = 0; n < days; n += 1) byDay.set(iso(new Date(first.getTime() + n * DAY_MS)), 0);
  const byApp = new Map();
  for (const row of found.usage) {
    byDay.set(row.day, (byDay.get(row.day) ?? 0) + valueOf(row, measure));
    const sum = byApp.get(row.app) ?? { app: row.app, requests: 0, failures: 0, tokens: 0 };
    sum.requests += row.requests;
    sum.failures += row.failures;
    sum.tokens += valueOf(row, "tokens");
    byApp.set(row.app, sum);
  }
  const apps = [...byApp.values()].sort((a, b) => b[measure] - a[measure]);
  const limit = found.daily_tokens;
  return [
    h(
      "section",
      { class: "card", "aria-label": "By day" },
      chart([...byDay], measure),
      h("p", { class: "hint" }, `Your tokens today: ${count(found.tokens_used_today)}${limit === null ? ", without a limit" : ` of ${count(limit)}`}.`),
    ),
    h(
      "section",
      { class: "card", "aria-label": "By application" },
      h("h2", null, "By application"),
      table(
        "Usage by application",
        [
          ["Application", (row) => row.app],
          ["Requests", (row) => count(row.requests), "number"],
          ["Tokens", (row) => count(row.tokens), "number"],
          ["Failures", (row) => count(row.failures), "number"],
        ],
        apps,
      ),
    ),
  ];
}

/** Draw bars; the same figures are in a table for who cannot see them. */
function chart(days, measure) {
  const most = Math.max(1, ...days.map(([, value]) => value));
  const total = days.reduce((sum, [, value]) => sum + value, 0);
  const name = MEASURES.find(([id]) => id === measure)[1];
  const bars = days.map(([day, value], place) => {
    const height = value === 0 ? 1 : Math.max(3, (value / most) * HEIGHT);
    const bar = { x: place * STEP + 1, y: HEIGHT - height, width: STEP - 2, height, rx: 1.5 };
    const title = svg("title", null, `${moment(day, true)}: ${count(value)}`);
    return svg("rect", { ...bar, class: value ? "bar" : "bar none" }, title);
  });
  const picture = svg(
    "svg",
    { viewBox: `0 0 ${days.length * STEP} ${HEIGHT}`, preserveAspectRatio: "none", class: "chart", role: "img", "aria-label": `${name} by day, ${count(total)} in all, at most ${count(most)} a day` },
    bars,
  );
  const used = days.filter(([, value]) => value);
  return h(
    "figure",
    null,
    h("figcaption", null, h("strong", null, count(total)), ` ${name.toLowerCase()} in ${days.length} days`, h("span", { class: "fine" }, `most in a day: ${count(most)}`)),
    picture,
    h("div", { class: "axis", "aria-hidden": "true" }, h("span", null, moment(days[0][0], true)), h("span", null, moment(days.at(-1)[0], true))),
    h(
      "details",
      null,
      h("summary", null, "As a table"),
      table(`${name} by day`, [["Day", ([day]) => moment(day, true)], [name, ([, value]) => count(value), "number"]], used),
    ),
  );
}
