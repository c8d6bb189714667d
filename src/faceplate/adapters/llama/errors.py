"""The errors of the embedded language model, in words for whoever meets them."""

from __future__ import annotations

from faceplate.domain.errors import (
    Busy,
    InvalidParameter,
    Misconfigured,
    ModelUnavailable,
    Unsupported,
    UpstreamFailed,
)

CRASHED = "model_crashed"
HUNG = "model_hung"
_LOADING_S = 5.0
_OTHERWISE = "set OPENAI_API_KEY or FACEPLATE_CHAT__BASE_URL to use another model"


def restarting(wait_s: float) -> Busy:
    """Make the error for a model whose process crashed before this request came."""
    return Busy(
        "The embedded language model crashed and is being started again.",
        retry_after_s=max(1.0, wait_s),
        code="model_restarting",
    )


def crashed() -> UpstreamFailed:
    """Make the error for a request that the process died under."""
    return UpstreamFailed(
        "The embedded language model crashed while it was answering; it is being started again.",
        code=CRASHED,
    )


def hung() -> Busy:
    """Make the error for a model whose process runs and answers nobody any more."""
    return Busy(
        "The embedded language model stopped answering and is being started again.",
        retry_after_s=_LOADING_S,
        code=HUNG,
    )


def load_failed(name: str, *, killed: bool) -> Misconfigured:
    """Make the error for a model that never came up."""
    why = "its process was killed, perhaps for want of memory" if killed else "llama.cpp refused it"
    return Misconfigured(
        f"The language model {name} cannot be loaded: {why}.",
        code="model_load_failed",
        details={"model": name},
    )


def missing(name: str) -> ModelUnavailable:
    """Make the error for weights that are not here and may not be fetched."""
    return ModelUnavailable(
        f"The weights of {name} are not on this machine. Get them with "
        f"`faceplate models pull {name}`, or {_OTHERWISE}.",
        details={"model": name},
    )


def not_installed() -> Misconfigured:
    """Make the error for a machine without llama.cpp."""
    return Misconfigured(
        "The embedded language model is not installed: pip install 'faceplate[llm]', or "
        f"{_OTHERWISE}.",
        code="llm_not_installed",
    )


def too_late() -> UpstreamFailed:
    """Make the error for a deadline that passed in the line or while the model was loading."""
    return UpstreamFailed(
        "The embedded language model did not get to this request in time.",
        code="upstream_timeout",
    )


def too_long(context_tokens: int) -> InvalidParameter:
    """Make the error for a request that does not fit into the model's context."""
    return InvalidParameter(
        f"The request is longer than the {context_tokens:,} tokens that the embedded model reads. "
        "Shorten it, or raise FACEPLATE_LLM__CONTEXT_TOKENS.",
        parameter="messages",
        code="context_length_exceeded",
    )


def unsupported(surface: str) -> Unsupported:
    """Make the error for a part of OpenAI's API that the embedded model does not have."""
    return Unsupported(
        f"The embedded language model does not offer {surface}; {_OTHERWISE}.",
        code="surface_unsupported",
        details={"surface": surface},
    )
