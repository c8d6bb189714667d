// A client made out of the OpenAPI document: the types are generated, nothing is written by hand.
import createClient from "openapi-fetch";
import type { paths } from "./faceplate.js";

const [url, key, picture] = process.argv.slice(2);
const api = createClient<paths>({ baseUrl: url, headers: { "x-api-key": key } });

const indexed = await api.PUT("/v1/index/{filename}", {
  params: { path: { filename: "ana.png" }, query: { person: "Ana" } },
  headers: { "content-type": "application/json" },
  body: { image: picture },
});
if (indexed.error) throw new Error(indexed.error.detail);
const face: string = indexed.data.FaceRecords[0].Face.FaceId;

const found = await api.POST("/v1/search", {
  headers: { "content-type": "application/json" },
  body: { image: picture },
});
const names: string[] = found.data?.matchedFaces ?? [];

const people = await api.GET("/v1/people", { params: { query: { limit: 10 } } });
const person = people.data!.people[0];
const erased = await api.DELETE("/v1/people/{person_id}", {
  params: { path: { person_id: person.person_id } },
});
const gone = await api.GET("/v1/faces/{face_id}", { params: { path: { face_id: face } } });

// @ts-expect-error -- a route that is not there does not compile
await api.GET("/v1/nothing");
// @ts-expect-error -- neither does a parameter of the wrong type
await api.GET("/v1/people", { params: { query: { limit: "many" } } });

console.log(
  JSON.stringify({
    names,
    person: person.name,
    left: erased.data?.after,
    code: gone.error && "code" in gone.error ? gone.error.code : null,
  }),
);
