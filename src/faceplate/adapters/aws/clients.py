"""Clients of AWS: made at their first use, with time limits, retries and jitter."""

from __future__ import annotations

import threading
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any
from urllib.parse import urlsplit

from faceplate.adapters.aws.errors import translated

if TYPE_CHECKING:
    from botocore.config import Config
    from botocore.session import Session

_READ_S = {"dynamodb": 5.0, "ssm": 5.0, "s3": 15.0, "rekognition": 12.0}
"""How long an answer may be silent; a call and its tries fit into the gateway's 29 s."""


@dataclass(frozen=True, slots=True)
class CallLimits:
    """How long AWS may take. ``attempts`` counts the first one; the pauses between have jitter."""

    attempts: int = 3
    connect_s: float = 2.0
    read_s: float | None = None


class AwsClients:
    """One client a service, safe to use from several threads.

    Region, credentials and endpoints are found as every AWS tool finds them: ``AWS_REGION``, the
    role of the function, ``AWS_ENDPOINT_URL`` and ``AWS_ENDPOINT_URL_<SERVICE>``. Nothing is
    imported, read or sent before the first use.
    """

    def __init__(self, limits: CallLimits | None = None) -> None:
        self._limits = limits or CallLimits()
        self._guard = threading.RLock()
        self._made: dict[str, Any] = {}
        self._kept_session: Session | None = None

    @property
    def dynamodb(self) -> Any:
        """Amazon DynamoDB."""
        return self._client("dynamodb")

    @property
    def s3(self) -> Any:
        """Amazon S3."""
        return self._client("s3")

    @property
    def rekognition(self) -> Any:
        """Amazon Rekognition."""
        return self._client("rekognition")

    @property
    def ssm(self) -> Any:
        """AWS Systems Manager's parameters."""
        return self._client("ssm")

    def close(self) -> None:
        """Let go of all connections; the next use makes new ones."""
        with self._guard:
            made, self._made = self._made, {}
        for client in made.values():
            client.close()

    def _client(self, service: str) -> Any:
        client = self._made.get(service)
        if client is None:
            with self._guard:
                client = self._made.get(service)
                if client is None:
                    client = self._made[service] = self._make(service)
        return client

    def _make(self, service: str) -> Any:
        from botocore.config import Config  # noqa: PLC0415 - 150 ms that a start does not need

        limits = self._limits
        config = Config(
            connect_timeout=limits.connect_s,
            read_timeout=limits.read_s or _READ_S[service],
            retries={"mode": "standard", "total_max_attempts": limits.attempts},
            max_pool_connections=32,
            signature_version="s3v4" if service == "s3" else None,
            user_agent_appid="faceplate",
        )
        with translated(service):
            if service == "s3":
                return self._make_s3(config)
            return self._session().create_client(service, config=config)

    def _make_s3(self, config: Config) -> Any:
        """Name the bucket's region in the host, where S3 is Amazon's.

        Presigned addresses have S3's global host by default; outside of us-east-1 that redirects to
        the region for as long as a bucket is new, and a PUT does not follow. Elsewhere (an emulator
        at a name of its own) the bucket stays in the path.
        """
        from botocore.config import Config  # noqa: PLC0415

        style = {"addressing_style": "virtual", "us_east_1_regional_endpoint": "regional"}
        client = self._session().create_client("s3", config=config.merge(Config(s3=style)))
        host = urlsplit(client.meta.endpoint_url).hostname or ""
        if host.endswith((".amazonaws.com", ".amazonaws.com.cn")):
            return client
        client.close()
        return self._session().create_client("s3", config=config)

    def _session(self) -> Session:
        if self._kept_session is None:
            from botocore.session import Session  # noqa: PLC0415

            self._kept_session = Session()
        return self._kept_session
