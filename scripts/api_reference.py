"""Render docs/reference/api.md from the OpenAPI document."""

from __future__ import annotations

from typing import Any

from api_document import api_document, operations

NOTE = "<!-- Written by scripts/write_reference.py; change the code, not this page. -->\n"


def api_page() -> str:
    """Render every operation, by tag, and every shape that an answer or a body has."""
    document = api_document()
    rows = [
        "# REST API\n",
        NOTE,
        document["info"]["description"].strip() + "\n",
        "A running server has the same with a form to try each call, at `/docs`, and as OpenAPI "
        "3.1 at `/openapi.json`. Send the key as `x-api-key` or as `Authorization: Bearer`. "
        "[Errors](errors.md) has the meaning of every code.\n",
    ]
    known = operations(document)
    for tag in document["tags"]:
        rows += [f"## {tag['name']}\n", tag["description"] + "\n"]
        for operation in known.values():
            if tag["name"] in operation["tags"]:
                rows += _operation(operation)
    rows.append("## Shapes\n")
    for name, schema in document["components"]["schemas"].items():
        rows += _shape(name, schema)
    return "\n".join(rows).rstrip() + "\n"


def _operation(operation: dict[str, Any]) -> list[str]:
    scope = operation.get("x-scope")
    need = f"a key with the scope `{scope}`" if scope else "no key"
    rows = [
        f"### {operation['method']} {operation['path']}\n",
        f"{operation['summary']}. {_line(operation['description'])} Needs {need}.\n",
    ]
    parameters = operation.get("parameters", ())
    if parameters:
        rows += ["| parameter | in | type | meaning |", "|---|---|---|---|"]
        rows += [
            f"| `{one['name']}` | {one['in']} | {_type(one['schema'])} | "
            f"{_cell(one['description'])} |"
            for one in parameters
        ]
        rows.append("")
    body = operation.get("requestBody", {}).get("content", {})
    if body:
        rows.append("Body: " + ", ".join(_content(kind, one) for kind, one in body.items()) + ".\n")
    for status, answer in operation["responses"].items():
        if status < "400":
            content = answer.get("content", {})
            kinds = ", ".join(_content(kind, one) for kind, one in content.items())
            rows.append(f"- `{status}`: {kinds or _line(answer['description'])}")
    refused = [status for status in operation["responses"] if status >= "400"]
    rows.append("- Refused with " + ", ".join(f"`{status}`" for status in refused) + "\n")
    return rows


def _content(kind: str, content: dict[str, Any]) -> str:
    reference = content.get("schema", {}).get("$ref")
    if reference is None:
        return f"`{kind}`"
    name = reference.rpartition("/")[2]
    return f"`{kind}` ([{name}](#{name.lower()}))"


def _shape(name: str, schema: dict[str, Any]) -> list[str]:
    rows = [f"### {name}\n"]
    if schema.get("description"):
        rows.append(_line(schema["description"]) + "\n")
    members = schema.get("properties", {})
    if members:
        required = set(schema.get("required", ()))
        rows += ["| member | type | meaning |", "|---|---|---|"]
        rows += [
            f"| `{member}` | {_type(one)}{'' if member in required else ', optional'} | "
            f"{_cell(one.get('description', ''))} |"
            for member, one in members.items()
        ]
        rows.append("")
    elif "enum" in schema:
        rows.append(f"One of {_type(schema)}.\n")
    return rows


def _type(schema: dict[str, Any]) -> str:
    if "$ref" in schema:
        name = schema["$ref"].rpartition("/")[2]
        return f"[{name}](#{name.lower()})"
    if "enum" in schema or "const" in schema:
        return ", ".join(f"`{one}`" for one in schema.get("enum", [schema.get("const")]))
    if "anyOf" in schema:
        return " or ".join(dict.fromkeys(_type(one) for one in schema["anyOf"]))
    kind = schema.get("type", "any")
    if kind == "array":
        return f"list of {_type(schema.get('items', {}))}"
    if kind == "object" and isinstance(schema.get("additionalProperties"), dict):
        return f"object of {_type(schema['additionalProperties'])}"
    limits = [
        f"{words} {schema[limit]:g}"
        for limit, words in (("minimum", "from"), ("maximum", "to"), ("exclusiveMinimum", "above"))
        if limit in schema
    ]
    return " ".join([kind, *limits])


def _line(text: str) -> str:
    return " ".join(text.split())


def _cell(text: str) -> str:
    return _line(text).replace("|", "\\|")
