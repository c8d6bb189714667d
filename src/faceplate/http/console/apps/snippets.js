// The same call for a terminal or a program. The key is never in it: a variable stands for it.

import { address } from "../api.js";

export const VARIABLE = "FACEPLATE_API_KEY";

/** Return the call in three languages, by name. */
export function snippets(slug, body) {
  const url = address(`v1/examples/${encodeURIComponent(slug)}`);
  return { curl: curl(url, body), Python: python(url, body), JavaScript: javascript(url, body) };
}

const json = (body) => JSON.stringify(body, null, 2);

function curl(url, body) {
  const quoted = json(body).replaceAll("'", `'\\''`);
  return `curl -sS '${url}' \\\n  -H "x-api-key: $${VARIABLE}" \\\n  -H 'content-type: application/json' \\\n  -d '${quoted}'\n`;
}

function python(url, body) {
  return `import os

import requests

answer = requests.post(
    ${JSON.stringify(url)},
    headers={"x-api-key": os.environ["${VARIABLE}"]},
    json=${literal(body, 4)},
    timeout=300,
)
answer.raise_for_status()
print(answer.json()["result"])
`;
}

/** Write JSON as Python does. */
function literal(value, indent) {
  if (value === null) return "None";
  if (value === true) return "True";
  if (value === false) return "False";
  if (typeof value !== "object") return JSON.stringify(value);
  const [first, last] = Array.isArray(value) ? "[]" : "{}";
  const pad = " ".repeat(indent + 4);
  const lines = Object.entries(value).map(([name, one]) =>
    pad + (Array.isArray(value) ? "" : `${JSON.stringify(name)}: `) + literal(one, indent + 4),
  );
  return lines.length ? `${first}\n${lines.join(",\n")},\n${" ".repeat(indent)}${last}` : first + last;
}

function javascript(url, body) {
  const nested = json(body).replaceAll("\n", "\n  ");
  return `const answer = await fetch(${JSON.stringify(url)}, {
  method: "POST",
  headers: {
    "x-api-key": process.env.${VARIABLE},
    "content-type": "application/json",
  },
  body: JSON.stringify(${nested}),
});
if (!answer.ok) throw new Error(await answer.text());
console.log((await answer.json()).result);
`;
}
