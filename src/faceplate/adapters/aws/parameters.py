"""Secrets in the Parameter Store of AWS Systems Manager."""

from __future__ import annotations

from faceplate.adapters.aws.clients import AwsClients
from faceplate.adapters.aws.errors import translated
from faceplate.domain.errors import FaceplateError, Misconfigured

SERVICE = "Systems Manager"


def read_parameter(clients: AwsClients, name: str) -> str:
    """Return a parameter's value, decrypted.

    Raises:
        Misconfigured: There is no such parameter, or this function may not read it.
        Busy, UpstreamFailed: AWS is throttling or failing.
    """

    def missing() -> FaceplateError:
        return Misconfigured(f"There is no parameter {name}.", code="setting_invalid")

    with translated(SERVICE, {"ParameterNotFound": missing}):
        answer = clients.ssm.get_parameter(Name=name, WithDecryption=True)
    value: str = answer["Parameter"]["Value"]
    return value
