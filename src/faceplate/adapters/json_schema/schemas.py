"""`ports.schemas.Schemas` over jsonschema-rs, with compiled validators kept."""

from __future__ import annotations

import json
import threading
from collections import OrderedDict
from collections.abc import Mapping, Sequence
from typing import Any

import jsonschema_rs

_KEPT = 512
_ERRORS_SHOWN = 5
_MESSAGE_CHARS = 200


class JsonSchemas:
    """Validate against Draft 2020-12; a schema seen before is not compiled again."""

    def __init__(self) -> None:
        self._compiled: OrderedDict[str, jsonschema_rs.Draft202012Validator] = OrderedDict()
        self._guard = threading.Lock()

    def problem(self, schema: Mapping[str, Any]) -> str | None:
        """Return what is wrong with the schema itself, or None.

        References to anything outside the schema are refused: nothing is ever fetched.
        """
        if _outside_reference(schema):
            return "the schema refers to something outside itself"
        try:
            jsonschema_rs.Draft202012Validator(dict(schema))
        except jsonschema_rs.ValidationError as exc:
            where = _where(exc.instance_path)
            return f"not a JSON Schema (Draft 2020-12), at {where}: {exc.message[:_MESSAGE_CHARS]}"
        except (ValueError, jsonschema_rs.ReferencingError):
            return "not a JSON Schema (Draft 2020-12)"
        return None

    def errors(self, schema: Mapping[str, Any], value: object) -> Sequence[str]:
        """Return where and why a value does not fit, the first few; none when it fits."""
        found = []
        for error in self._validator(schema).iter_errors(value):
            found.append(f"{_where(error.instance_path)}: {error.message[:_MESSAGE_CHARS]}")
            if len(found) == _ERRORS_SHOWN:
                break
        return found

    def _validator(self, schema: Mapping[str, Any]) -> jsonschema_rs.Draft202012Validator:
        key = json.dumps(schema, sort_keys=True)
        with self._guard:
            known = self._compiled.get(key)
            if known is not None:
                self._compiled.move_to_end(key)
                return known
        made = jsonschema_rs.Draft202012Validator(dict(schema))
        with self._guard:
            self._compiled[key] = made
            while len(self._compiled) > _KEPT:
                self._compiled.popitem(last=False)
        return made


def _where(path: Sequence[str | int]) -> str:
    return "/".join(str(step) for step in path) or "the whole"


def _outside_reference(node: object) -> bool:
    if isinstance(node, Mapping):
        target = node.get("$ref", node.get("$dynamicRef", "#"))
        if isinstance(target, str) and not target.startswith("#"):
            return True
        return any(_outside_reference(one) for one in node.values())
    return isinstance(node, (list, tuple)) and any(_outside_reference(one) for one in node)
