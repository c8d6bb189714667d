// Runs after every call of the collection: status, request id, media type, shape, error code.
{
  const valueOf = (name) => pm.environment.get(name) || "";
  const wanted = JSON.parse(pm.variables.get("wanted"));
  const instead = (wanted.instead || []).find((other) => {
    const [name, value] = other.when.split("=");
    return valueOf(name) === value;
  });
  const expected = instead || wanted;
  const status = String(pm.response.code);
  const type = (pm.response.headers.get("content-type") || "").split(";")[0];
  const isJson = type.endsWith("json");
  const body = isJson ? pm.response.json() : null;

  pm.test("status is " + [].concat(expected.status).join(" or "), () => {
    pm.expect([].concat(expected.status), pm.response.text().slice(0, 500)).to.include(pm.response.code);
  });

  if (!expected.elsewhere) {
    pm.test("the answer has a request id", () => {
      const id = pm.response.headers.get("x-request-id");
      pm.expect(id).to.be.a("string");
      if (status >= "400" && body && body.request_id) pm.expect(body.request_id).to.equal(id);
    });

    const shapes = JSON.parse(pm.collectionVariables.get("shapes"));
    const described = JSON.parse(pm.collectionVariables.get("answers"))[wanted.operation][status];
    pm.test("the document describes status " + status + " as " + type, () => {
      pm.expect(described, "described answers").to.be.an("object");
      const families = Object.keys(described).map((kind) => kind.replace("*", ""));
      pm.expect(families.some((family) => type.startsWith(family)), type).to.equal(true);
    });

    if (isJson && described && described[type]) {
      pm.test("the body has the described shape", () => {
        const schema = { components: { schemas: shapes }, ...described[type] };
        pm.response.to.have.jsonSchema(schema, { unknownFormats: "ignore" });
      });
    }
  }

  if (expected.code) {
    pm.test("the error code is " + expected.code, () => {
      pm.expect(body.error ? body.error.code : body.code).to.equal(expected.code);
    });
  }
  pm.variables.set("as_wanted", instead ? "no" : "yes");
}
