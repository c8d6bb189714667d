"""`ports.schemas.Schemas` over jsonschema-rs, with compiled validators kept."""

from __future__ import annotations

import json
import threading
from collections import OrderedDict
from collections.abc import Mapping, Sequence
from itertools import islice
from typing import Any

import jsonschema_rs

from faceplate.domain.schema_costs import cost_of

_KEPT = 512
_KEPT_WITH_PATTERNS = 16
"""Automata take memory: up to 320 kB a pattern."""

_ERRORS_SHOWN = 5
_MESSAGE_CHARS = 200
_MAX_WORDS = 5_000
"""All errors are made at once, each with a copy of its value: up to 10 µs a word."""

_PATTERNS = jsonschema_rs.RegexOptions(size_limit=65_536, dfa_size_limit=262_144)
"""Automata, not backtracking: the time a text takes grows with its length alone."""

_NOT_A_SCHEMA = "not a JSON Schema (Draft 2020-12)"
_CONTEXTS = ('"anyOf"', '"oneOf"')
"""Keywords whose first error holds those of every branch."""


class JsonSchemas:
    """Validate against Draft 2020-12; a schema seen before is not compiled again.

    Nothing is ever fetched, whatever a schema refers to. Patterns are matched in linear time, so
    look-around and back-references are not offered.
    """

    def __init__(self) -> None:
        self._compiled: OrderedDict[str, jsonschema_rs.Draft202012Validator] = OrderedDict()
        self._with_patterns: OrderedDict[str, jsonschema_rs.Draft202012Validator] = OrderedDict()
        self._guard = threading.Lock()

    def problem(self, schema: Mapping[str, Any]) -> str | None:
        """Return what is wrong with the schema itself, or None.

        References to anything outside the schema are refused.
        """
        try:
            if _outside_reference(schema):
                return "the schema refers to something outside itself"
            self._validator(schema, _written(schema))
        except jsonschema_rs.ValidationError as exc:
            if exc.message.endswith(' is not a "regex"'):
                return (
                    f"{_NOT_A_SCHEMA}, at {_where(exc.instance_path)}: no regular expression, too "
                    "large a one, or one with look-around or back-references"
                )
            where = _where(exc.instance_path)
            return f"{_NOT_A_SCHEMA}, at {where}: {exc.message[:_MESSAGE_CHARS]}"
        except (ValueError, RecursionError, jsonschema_rs.ReferencingError):
            return _NOT_A_SCHEMA
        return None

    def errors(self, schema: Mapping[str, Any], value: object) -> Sequence[str]:
        """Return where and why a value does not fit, the first few; none when it fits."""
        key = _written(schema)
        validator = self._validator(schema, key)
        try:
            if validator.is_valid(value):
                return ()
            return self._explain(validator, schema, key, value)
        except ValueError:
            return [f"{_where(())}: nested too deep, or text that is not Unicode"]

    def _explain(
        self,
        validator: jsonschema_rs.Draft202012Validator,
        schema: Mapping[str, Any],
        key: str,
        value: object,
    ) -> Sequence[str]:
        """Return all errors where they can be few, else the first where that is one."""
        cost = cost_of(schema, value)
        if cost is not None and cost.words <= _MAX_WORDS:
            return [_told(one) for one in islice(validator.iter_errors(value), _ERRORS_SHOWN)]
        if not any(name in key for name in _CONTEXTS):
            try:
                validator.validate(value)
            except jsonschema_rs.ValidationError as exc:
                return [_told(exc)]
        return [f"{_where(())}: does not fit the schema"]

    def _validator(self, schema: Mapping[str, Any], key: str) -> jsonschema_rs.Draft202012Validator:
        kept, most = self._compiled, _KEPT
        if '"pattern' in key:
            kept, most = self._with_patterns, _KEPT_WITH_PATTERNS
        with self._guard:
            known = kept.get(key)
            if known is not None:
                kept.move_to_end(key)
                return known
        made = jsonschema_rs.Draft202012Validator(
            dict(schema), offline=True, pattern_options=_PATTERNS
        )
        with self._guard:
            kept[key] = made
            while len(kept) > most:
                kept.popitem(last=False)
        return made


def _written(schema: Mapping[str, Any]) -> str:
    return json.dumps(schema, sort_keys=True)


def _told(error: jsonschema_rs.ValidationError) -> str:
    return f"{_where(error.instance_path)}: {error.message[:_MESSAGE_CHARS]}"


def _where(path: Sequence[str | int]) -> str:
    return "/".join(str(step) for step in path) or "the whole"


def _outside_reference(node: object) -> bool:
    if isinstance(node, Mapping):
        for name in ("$ref", "$dynamicRef"):
            target = node.get(name, "#")
            if isinstance(target, str) and not target.startswith("#"):
                return True
        return any(_outside_reference(one) for one in node.values())
    return isinstance(node, (list, tuple)) and any(_outside_reference(one) for one in node)
