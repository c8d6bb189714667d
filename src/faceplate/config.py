"""Every setting, with its default and its meaning; reading them does no other I/O."""

from __future__ import annotations

import os
from collections.abc import Iterable
from pathlib import Path
from typing import Annotated, Any, Literal

import platformdirs
from pydantic import BaseModel, BeforeValidator, ConfigDict, Field, SecretStr, ValidationError
from pydantic_settings import BaseSettings, NoDecode, SettingsConfigDict, SettingsError

from faceplate.domain.errors import Misconfigured
from faceplate.domain.images import MAX_PICTURE_BYTES

PREFIX = "FACEPLATE_"
CLIENT_VARIABLES = frozenset({"FACEPLATE_URL"})
"""Read by the command line alone, to name a server."""


def _split(value: object) -> object:
    """Read a list from an environment variable: words with commas between."""
    if isinstance(value, str):
        return tuple(word.strip() for word in value.split(",") if word.strip())
    return value


Words = Annotated[tuple[str, ...], NoDecode, BeforeValidator(_split)]
Attributes = Annotated[
    tuple[Literal["AGE_RANGE", "GENDER"], ...], NoDecode, BeforeValidator(_split)
]


class EngineSettings(BaseModel):
    """The embedded face engine."""

    model_config = ConfigDict(frozen=True, extra="forbid")

    model: str = Field("auto", description="Embedding: a name of `models list`, or `auto`.")
    accuracy: Literal["fast", "accurate"] = Field(
        "fast", description="`accurate` looks at more views of each face, in twice the time."
    )
    attributes: Attributes = Field(
        (), description="Optional attributes to compute; needs their models pulled."
    )
    threads: int = Field(0, ge=0, le=256, description="Pictures at a time; 0 is one per core.")
    models_dir: Path | None = Field(
        None, description="Where weights are kept; default: `models` in the user's cache folder."
    )
    manifest: Path | None = Field(None, description="A TOML file with further models.")
    files: dict[str, Path] = Field(
        default_factory=dict, description="Weights of your own: model name to file."
    )


class LimitSettings(BaseModel):
    """Limits for every key that names none of its own; all are off until `enabled`."""

    model_config = ConfigDict(frozen=True, extra="forbid")

    enabled: bool = Field(default=False, description="Apply the limits below.")
    rate_rps: float = Field(10.0, gt=0, description="Requests a second.")
    burst: int = Field(25, ge=1, description="Requests that may come at once.")
    daily_quota: int | None = Field(500, ge=1, description="Requests a day (UTC).")
    daily_tokens: int | None = Field(
        None, ge=1, description="Tokens of language models a day (UTC)."
    )
    hard_tokens: bool = Field(
        default=True, description="Refuse what would go past the tokens, rather than note it."
    )


class LlmSettings(BaseModel):
    """The embedded language model, which answers when no provider is named."""

    model_config = ConfigDict(frozen=True, extra="forbid")

    model: str = Field("auto", description="A name of `models list`, or `auto`.")
    file: Path | None = Field(None, description="A GGUF file of your own.")
    threads: int = Field(0, ge=0, le=256, description="Threads; 0 is one less than cores.")
    context_tokens: int = Field(4096, ge=512, description="Tokens of prompt and answer together.")
    answer_tokens: int = Field(1024, ge=1, description="Most tokens where a request says none.")
    max_waiting: int = Field(4, ge=0, description="Requests that may wait for it.")
    pull: bool = Field(
        default=True, description="Fetch the model's weights, 1.1 GB, when they are missing."
    )


class ProviderSettings(BaseModel):
    """One OpenAI-compatible endpoint."""

    model_config = ConfigDict(frozen=True, extra="forbid")

    name: str
    base_url: str
    api_key: SecretStr | None = None
    model: str
    surfaces: tuple[str, ...] | None = None


class ChatSettings(BaseModel):
    """Language models: the embedded one, unless a provider is named."""

    model_config = ConfigDict(frozen=True, extra="forbid")

    base_url: str | None = Field(
        None, description="An OpenAI-compatible endpoint, up to and with `/v1`."
    )
    api_key: SecretStr | None = Field(
        None, description="Its key; default: `OPENAI_API_KEY`, which alone means OpenAI."
    )
    model: str = Field("gpt-5.4-mini", description="The model for requests that name none.")
    surfaces: tuple[str, ...] | None = Field(
        None, description="What it offers, as `chat/completions`; default: all."
    )
    providers: tuple[ProviderSettings, ...] = Field(
        (), description="Further providers (JSON list), asked in this order when one fails."
    )
    connect_s: float = Field(5.0, gt=0, description="How long a connection may take.")
    idle_s: float = Field(60.0, gt=0, description="How long an answer may be silent.")
    deadline_s: float = Field(120.0, gt=0, description="How long a request may take in all.")
    retries: int = Field(2, ge=0, le=10, description="How often a failed call is tried again.")
    keep_alive_s: float = Field(
        10.0, gt=0, description="How long a stream is silent before a comment is sent."
    )
    max_output_tokens: int = Field(32_768, ge=1, description="Most tokens an answer may ask for.")
    cache_entries: int = Field(
        0, ge=0, description="Answers at temperature 0 to remember; 0 is none."
    )
    cache_s: float = Field(3600.0, gt=0, description="How long they are remembered.")


class RekognitionSettings(BaseModel):
    """Amazon Rekognition's own protocol."""

    model_config = ConfigDict(frozen=True, extra="forbid")

    account_id: str = Field(
        "000000000000", pattern=r"^[0-9]{12}$", description="The account that stands in ARNs."
    )
    bucket: str = Field(
        "faceplate",
        pattern=r"^[0-9A-Za-z.\-_]{3,255}$",
        description="The bucket whose objects are the stored pictures: `<collection>/<key>`.",
    )
    s3_buckets: Words = Field(
        (),
        description="Buckets of S3 it may read with this server's AWS credentials; `*` is all "
        "those can.",
    )
    access_key_id: str | None = Field(
        None,
        pattern=r"^\w{1,128}$",
        description="An AWS access key to accept from the start, for automation; needs its secret.",
    )
    secret_access_key: SecretStr | None = Field(
        None, min_length=1, description="The secret of that access key."
    )
    session_token: SecretStr | None = Field(
        None, min_length=1, description="The session token that has to come with that access key."
    )
    region: str | None = Field(
        None,
        pattern=r"^[a-z0-9-]{1,32}$",
        description="The one region to accept signatures for; default: any, and ARNs name it.",
    )


class AwsSettings(BaseModel):
    """Where things lie on AWS (`mode=aws`); region, role and endpoints are AWS's own variables."""

    model_config = ConfigDict(frozen=True, extra="forbid")

    bucket: str | None = Field(None, description="The S3 bucket of the pictures.")
    table: str | None = Field(None, description="The DynamoDB table of the records.")
    provider_key_parameter: str | None = Field(
        None, description="The Systems Manager parameter that holds the language provider's key."
    )
    attempts: int = Field(3, ge=1, le=10, description="How often a call of AWS is tried.")


class Settings(BaseSettings):
    """All settings: constructor, then environment (`FACEPLATE_…`, nested `__`), then `.env`."""

    model_config = SettingsConfigDict(
        env_prefix=PREFIX,
        env_nested_delimiter="__",
        env_file=".env",
        env_file_encoding="utf-8",
        extra="ignore",  # a .env file may hold others' variables; `load_settings` checks ours
        frozen=True,
    )

    mode: Literal["local", "aws"] = Field(
        "local", description="Where the work is done: on this machine, or by AWS."
    )
    host: str = Field("127.0.0.1", description="Address to listen on.")
    port: int = Field(8000, ge=0, le=65535, description="Port to listen on; 0 picks a free one.")
    data_dir: Path = Field(
        default_factory=lambda: Path(platformdirs.user_data_dir("faceplate", appauthor=False)),
        description="Where records and pictures are kept.",
    )
    api_key: SecretStr | None = Field(
        None, description="A key to accept from the start, for automation."
    )
    collection: str = Field(
        "faceplate",
        pattern=r"^[a-zA-Z0-9_.\-]{1,255}$",
        description="The collection used when a request names none.",
    )
    max_image_bytes: int = Field(
        15_728_640, ge=1024, le=MAX_PICTURE_BYTES, description="Largest picture file."
    )
    max_image_pixels: int = Field(
        100_000_000, ge=10_000, le=400_000_000, description="Most pixels in a picture."
    )
    cors_origins: Words = Field(("*",), description="Origins whose pages may call the API.")
    limits: LimitSettings = Field(default_factory=LimitSettings, description="Limits of keys.")
    engine: EngineSettings = Field(default_factory=EngineSettings, description="The face engine.")
    chat: ChatSettings = Field(default_factory=ChatSettings, description="Language models.")
    llm: LlmSettings = Field(
        default_factory=LlmSettings, description="The embedded language model."
    )
    rekognition: RekognitionSettings = Field(
        default_factory=RekognitionSettings, description="Amazon Rekognition's protocol."
    )
    aws: AwsSettings = Field(default_factory=AwsSettings, description="Where things lie on AWS.")
    openai_api_key: SecretStr | None = Field(
        None,
        validation_alias="OPENAI_API_KEY",
        description="OpenAI's key; set, OpenAI answers unless another provider is named.",
    )
    apps_dir: Path | None = Field(None, description="A folder with prompt applications of yours.")
    expiry_interval_s: float = Field(
        3600.0, ge=1, description="How often people whose consent ran out are erased; seconds."
    )
    metrics_public: bool = Field(
        default=True, description="Serve `/metrics` (counts and times, no names) without a key."
    )
    log_level: Literal["debug", "info", "warning", "error"] = Field(
        "info", description="Least level that is logged."
    )
    debug_mode: bool = Field(
        default=False, description="Log more of each request; never names, prompts or bytes."
    )

    @property
    def models_dir(self) -> Path:
        """Where weights are kept."""
        return self.engine.models_dir or Path(
            platformdirs.user_cache_dir("faceplate", appauthor=False)
        ).joinpath("models")

    @property
    def samples_dir(self) -> Path:
        """Where sample pictures are kept."""
        return self.models_dir.with_name("samples")

    @property
    def worker_threads(self) -> int:
        """How many pictures are worked on at a time."""
        return self.engine.threads or usable_cores()


def usable_cores() -> int:
    """Return how many cores this process may use."""
    if hasattr(os, "sched_getaffinity"):
        return len(os.sched_getaffinity(0))
    return os.cpu_count() or 1


def load_settings(**overrides: Any) -> Settings:
    """Read the settings.

    Raises:
        Misconfigured: A value is wrong or a variable unknown; the message names each.
    """
    given = [*os.environ, *_dotenv_names(), *(f"{PREFIX}{name}" for name in overrides)]
    unknown = unknown_variables(given)
    if unknown:
        raise Misconfigured(
            f"Unknown settings: {', '.join(unknown)}. `faceplate doctor` lists the known ones.",
            code="setting_unknown",
        )
    try:
        settings = Settings(**overrides)
    except SettingsError as exc:
        raise Misconfigured(
            "A setting that holds a table, such as FACEPLATE_ENGINE, is not valid JSON.",
            code="setting_invalid",
        ) from exc
    except ValidationError as exc:
        # The offending value is left out: it may be a secret.
        problems = [
            f"{PREFIX}{'__'.join(str(part) for part in error['loc']).upper()}: {error['msg']}"
            for error in exc.errors(include_url=False, include_input=False)
        ]
        raise Misconfigured("; ".join(problems), code="setting_invalid") from exc
    if settings.api_key is not None and not settings.api_key.get_secret_value().strip():
        raise Misconfigured("FACEPLATE_API_KEY is empty.", code="setting_invalid")
    fixed = settings.rekognition
    if (fixed.access_key_id is None) != (fixed.secret_access_key is None):
        raise Misconfigured(
            "FACEPLATE_REKOGNITION__ACCESS_KEY_ID and FACEPLATE_REKOGNITION__SECRET_ACCESS_KEY go "
            "together.",
            code="setting_invalid",
        )
    return settings


def unknown_variables(names: Iterable[str]) -> list[str]:
    """Return the names that look like ours and are no setting."""
    return sorted(
        name
        for name in names
        if name.upper().startswith(PREFIX)
        and name.upper() not in CLIENT_VARIABLES
        and not _is_known(name.upper().removeprefix(PREFIX).split("__"), Settings)
    )


def _is_known(path: list[str], model: type[BaseModel]) -> bool:
    field = model.model_fields.get(path[0].lower())
    if field is None:
        return False
    if len(path) == 1:
        return True
    inner = field.annotation
    if isinstance(inner, type) and issubclass(inner, BaseModel):
        return _is_known(path[1:], inner)
    return field.annotation == dict[str, Path]


def describe_settings(settings: Settings) -> list[dict[str, str]]:
    """List every setting with its value (secrets masked), where it came from and its meaning."""
    dotenv = _dotenv_names()
    return _describe(settings, PREFIX, dotenv)


def _describe(model: BaseModel, prefix: str, dotenv: frozenset[str]) -> list[dict[str, str]]:
    rows: list[dict[str, str]] = []
    for name, info in type(model).model_fields.items():
        value = getattr(model, name)
        alias = info.validation_alias
        variable = alias if isinstance(alias, str) else f"{prefix}{name}".upper()
        if isinstance(value, BaseModel):
            rows.extend(_describe(value, f"{variable}__", dotenv))
            continue
        environment = {key.upper() for key in os.environ}
        given = any(key == variable or key.startswith(variable + "__") for key in environment)
        default = info.get_default(call_default_factory=True, validated_data={})
        if given:
            source = "environment"
        elif variable in dotenv:
            source = ".env"
        else:
            source = "default" if value == default else "command line"
        shown = "********" if isinstance(value, SecretStr) else _text(value)
        rows.append(
            {
                "setting": variable,
                "value": shown,
                "source": source,
                "meaning": info.description or "",
            }
        )
    return rows


def _text(value: object) -> str:
    if value is None:
        return ""
    if isinstance(value, tuple | list):
        return ",".join(str(item) for item in value)
    return str(value)


def _dotenv_names() -> frozenset[str]:
    path = Path(".env")
    if not path.is_file():
        return frozenset()
    lines = path.read_text(encoding="utf-8", errors="replace").splitlines()
    return frozenset(
        line.partition("=")[0].strip().removeprefix("export ").strip().upper()
        for line in lines
        if "=" in line and not line.lstrip().startswith("#")
    )
