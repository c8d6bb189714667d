// Index a picture, search it, name the person, erase them: node examples/javascript/faces.mjs ME.jpg
// Needs nothing but Node 18. FACEPLATE_URL and FACEPLATE_API_KEY say where and as whom.
import { readFile } from "node:fs/promises";

const url = process.env.FACEPLATE_URL ?? "http://127.0.0.1:8000";
const headers = { "x-api-key": process.env.FACEPLATE_API_KEY };

async function call(method, path, body) {
  const answer = await fetch(url + path, { method, headers, body });
  const found = await answer.json();
  // An error has a stable `code`, so programs can decide by it.
  if (!answer.ok) throw Object.assign(new Error(found.detail), { code: found.code });
  return found;
}

const picture = await readFile(process.argv[2]);
const indexed = await call("PUT", "/v1/index/examples/javascript.jpg?person=Node%20Example", picture);
const found = await call("POST", "/v1/search?all_faces=true", picture);
const erased = await call("DELETE", `/v1/people/${indexed.person_id}`);
const code = await call("GET", `/v1/people/${indexed.person_id}`).catch((error) => error.code);

console.log(
  JSON.stringify({
    matched: found.allFaces.map((face) => face.name),
    left: Object.values(erased.after).reduce((sum, count) => sum + count, 0),
    code,
  }),
);
