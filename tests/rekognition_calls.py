"""Call Rekognition's operations in process, over any application."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import pytest

from faceplate.domain.errors import FaceplateError
from faceplate.domain.keys import KeyScope
from faceplate.http.rekognition.operations import OPERATIONS
from faceplate.http.rekognition.operations.call import AwsKey, Call
from faceplate.services.application import Application

Invoke = Callable[..., dict[str, Any]]


def invoking(application: Application) -> Invoke:
    """Return a function that calls an operation by its name.

    Its ``prefix`` is the key's; ``headers`` collects the answer's.
    """

    def invoke(
        name: str, *, prefix: str = "", headers: dict[str, str] | None = None, **members: Any
    ) -> dict[str, Any]:
        key = AwsKey(f"AKIA{prefix}", KeyScope.WRITE, prefix)
        call = Call(application, key, {} if headers is None else headers)
        answer = OPERATIONS[name].handler(call, members)
        return {name: value for name, value in answer.items() if value is not None}

    return invoke


def code_of(invoke: Invoke, name: str, **members: Any) -> str:
    """Return the code of the error that an operation must answer with."""
    with pytest.raises(FaceplateError) as caught:
        invoke(name, **members)
    return caught.value.code
