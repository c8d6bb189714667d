"""Make the Postman collection and its environments, which write_reference.py writes.

The collection is the OpenAPI document (methods, paths, shapes of every answer) and
`postman/calls.toml` (what is sent and expected). Every route that needs a key is also called
without one. A call that expects what the document does not promise is refused here.
"""

from __future__ import annotations

import json
import re
import tomllib
from pathlib import Path
from typing import Any
from urllib.parse import quote

from api_document import api_document, operations

FOLDER = Path(__file__).parents[1] / "postman"
SCHEMA = "https://schema.getpostman.com/json/collection/v2.1.0/collection.json"
ABOUT = """Every route of Faceplate, with calls that work and calls that are refused.

Choose an environment, set `base_url` and `api_key`, and give `face_base64`, `group_base64` and
`scene_base64` pictures of one person, of several and of nobody: `examples/base64encode.sh PICTURE`
prints them. Files are read from Postman's working directory: `face.png`, `group.jpg`, `scene.png`
and `sound.wav`. Run the folders in order. `scripts/run_postman.py` does all of it.
"""
ENVIRONMENTS = {
    "local": {
        "base_url": "http://127.0.0.1:8000",
        "api_key": "",
        "mode": "local",
        "emulated": "no",
        "provider": "no",
        "local_key": "",
        "backup_path": "",
    },
    "aws": {
        "base_url": "https://YOUR-API.execute-api.YOUR-REGION.amazonaws.com",
        "api_key": "",
        "mode": "aws",
        "emulated": "no",
        "provider": "yes",
        "local_key": "",
        "backup_path": "",
    },
}
PICTURES = ("face_base64", "group_base64", "scene_base64")
SECRETS = {"api_key", "local_key"}
WORDS_ONLY = {"title", "description", "examples", "example", "default"}
"""Members of a schema that say nothing about what fits it."""


def collection() -> dict[str, Any]:
    """Put the collection together."""
    document = api_document()
    known = operations(document)
    folders = tomllib.loads((FOLDER / "calls.toml").read_text(encoding="utf-8"))["folders"]
    folders.append(_without_a_key(known))
    _require_every_operation(folders, known)
    shapes = {name: _bare(schema) for name, schema in document["components"]["schemas"].items()}
    answers = {
        name: {status: _shapes(answer) for status, answer in operation["responses"].items()}
        for name, operation in known.items()
    }
    return {
        "info": {"name": "Faceplate", "description": ABOUT, "schema": SCHEMA},
        "auth": _api_key("{{api_key}}"),
        "event": [_script("test", (FOLDER / "check.js").read_text(encoding="utf-8"))],
        "variable": [
            {"key": "run", "value": "1"},
            {"key": "shapes", "value": _compact(shapes)},
            {"key": "answers", "value": _compact(answers)},
        ],
        "item": [
            {
                "name": folder["name"],
                "description": folder["about"],
                "item": [_item(call, known) for call in folder["calls"]],
            }
            for folder in folders
        ],
    }


def environment(name: str) -> dict[str, Any]:
    """Put an environment together."""
    values = {**ENVIRONMENTS[name], **dict.fromkeys(PICTURES, "")}
    return {
        "name": f"Faceplate {name}",
        "_postman_variable_scope": "environment",
        "values": [
            {
                "key": key,
                "value": value,
                "type": "secret" if key in SECRETS else "default",
                "enabled": True,
            }
            for key, value in values.items()
        ],
    }


def _without_a_key(known: dict[str, Any]) -> dict[str, Any]:
    calls = [
        {
            "name": f"{operation['method']} {operation['path']}",
            "operation": name,
            "path": {
                parameter["name"]: "x"
                for parameter in operation.get("parameters", ())
                if parameter["in"] == "path"
            },
            "key": "",
            "status": 401,
            # OpenAI's routes have OpenAI's code.
            "code": "invalid_api_key" if operation["tags"] == ["openai"] else "unauthenticated",
            "instead": [
                {
                    "when": "mode=aws",
                    "status": 403,
                    "code": "gateway_key_invalid",
                    "elsewhere": True,
                }
            ],
        }
        for name, operation in known.items()
        if operation["security"]
    ]
    about = "No route that needs a key answers without one."
    return {"name": "Without a key", "about": about, "calls": calls}


def _require_every_operation(folders: list[dict[str, Any]], known: dict[str, Any]) -> None:
    """Refuse a collection in which a route has no good or no bad call."""
    good, bad = set(), set()
    for folder in folders:
        for call in folder["calls"]:
            if folder["name"] != "Without a key":
                (bad if "code" in call else good).add(call["operation"])
    missing = {"good": sorted(set(known) - good), "bad": sorted(set(known) - bad)}
    if any(missing.values()):
        raise SystemExit(f"routes without a call: {missing}")


def _item(call: dict[str, Any], known: dict[str, Any]) -> dict[str, Any]:
    operation = known[call["operation"]]
    _require_promised(call, operation)
    wanted = {
        name: call[name] for name in ("operation", "status", "code", "instead") if name in call
    }
    before = [call["begin"]] if "begin" in call else []
    before.append(f'pm.variables.set("wanted", JSON.stringify({json.dumps(wanted)}));')
    item = {
        "name": call["name"],
        "event": [_script("prerequest", "\n".join(before)), *_own_tests(call)],
        "request": {
            "description": f"{operation['summary']}. {operation['description']}",
            "method": operation["method"],
            "url": _url(call, operation["path"]),
            "header": [
                {"key": name, "value": value} for name, value in call.get("headers", {}).items()
            ],
            **_body(call),
        },
    }
    if not operation["security"] or call.get("key") == "":
        item["request"]["auth"] = {"type": "noauth"}
    elif "key" in call:
        item["request"]["auth"] = _api_key(call["key"])
    return item


def _require_promised(call: dict[str, Any], operation: dict[str, Any]) -> None:
    """Refuse expectations that the document does not hold."""
    for wanted in (call, *call.get("instead", ())):
        if wanted.get("elsewhere"):
            continue
        statuses = wanted["status"] if isinstance(wanted["status"], list) else [wanted["status"]]
        for status in statuses:
            answer = operation["responses"].get(str(status))
            if answer is None:
                raise SystemExit(f"{call['name']}: {call['operation']} never answers {status}")
            if "code" in wanted and f"`{wanted['code']}`" not in answer["description"]:
                raise SystemExit(f"{call['name']}: {status} never has {wanted['code']}")


def _shapes(answer: dict[str, Any]) -> dict[str, Any]:
    return {
        kind: _bare(content.get("schema", {})) if kind.endswith("json") else {}
        for kind, content in answer.get("content", {}).items()
    }


def _bare(schema: Any) -> Any:
    """Return a schema without the words in it."""
    if isinstance(schema, list):
        return [_bare(one) for one in schema]
    if not isinstance(schema, dict):
        return schema
    return {
        name: (
            {member: _bare(inner) for member, inner in value.items()}
            if name == "properties"
            else _bare(value)
        )
        for name, value in schema.items()
        if name not in WORDS_ONLY
    }


def _own_tests(call: dict[str, Any]) -> list[dict[str, Any]]:
    if not ({"test", "keep"} & set(call)):
        return []
    lines = ['if (pm.variables.get("as_wanted") === "yes") {']
    if any("body" in code for code in (*call.get("test", ()), *call.get("keep", {}).values())):
        lines.append("const body = pm.response.json();")
    lines += [
        f"pm.test({json.dumps(call['name'])}, () => {{",
        *(f"  {code};" for code in call.get("test", ())),
        "});",
        *(
            f'pm.collectionVariables.set("{name}", {code});'
            for name, code in call.get("keep", {}).items()
        ),
        "}",
    ]
    return [_script("test", "\n".join(lines))]


def _url(call: dict[str, Any], template: str) -> dict[str, Any] | str:
    if "address" in call:
        return str(call["address"])
    values = call.get("path", {})
    path = re.sub(r"\{(\w+)\}", lambda found: _quoted(values[found[1]]), template)
    query = [{"key": key, "value": value} for key, value in call.get("query", {}).items()]
    asked = "&".join(f"{one['key']}={_quoted(one['value'])}" for one in query)
    url: dict[str, Any] = {
        "raw": "{{base_url}}" + path + ("?" + asked if asked else ""),
        "host": ["{{base_url}}"],
        "path": path.strip("/").split("/"),
    }
    if query:
        url["query"] = query
    return url


def _quoted(text: str) -> str:
    """Percent-encode a value; variables stay."""
    return quote(text, safe="{}")


def _body(call: dict[str, Any]) -> dict[str, Any]:
    if "text" in call:
        return {"body": {"mode": "raw", "raw": call["text"], **_language("text")}}
    if "json" in call:
        return {"body": {"mode": "raw", "raw": call["json"], **_language("json")}}
    if "raw" in call:
        return {"body": {"mode": "file", "file": {"src": call["raw"]}}}
    if "form" in call:
        parts = [
            {"key": key, "type": "file", "src": value[1:]}
            if value.startswith("@")
            else {"key": key, "type": "text", "value": value}
            for key, value in call["form"].items()
        ]
        return {"body": {"mode": "formdata", "formdata": parts}}
    return {}


def _compact(value: Any) -> str:
    return json.dumps(value, separators=(",", ":"))


def _language(name: str) -> dict[str, Any]:
    return {"options": {"raw": {"language": name}}}


def _script(listen: str, code: str) -> dict[str, Any]:
    return {"listen": listen, "script": {"type": "text/javascript", "exec": code.splitlines()}}


def _api_key(value: str) -> dict[str, Any]:
    return {
        "type": "apikey",
        "apikey": [
            {"key": "key", "value": "x-api-key"},
            {"key": "value", "value": value},
            {"key": "in", "value": "header"},
        ],
    }


def files() -> dict[str, str]:
    """Return what the generated files hold, by name."""
    made: dict[str, Any] = {"faceplate.postman_collection.json": collection()}
    for name in ENVIRONMENTS:
        made[f"{name}.postman_environment.json"] = environment(name)
    return {
        name: json.dumps(value, indent=1, ensure_ascii=False) + "\n" for name, value in made.items()
    }
