"""What a key may do, as IAM would put it."""

from __future__ import annotations

from faceplate.domain.keys import ApiKey, KeyScope
from faceplate.http.rekognition.aws_error import AwsError
from faceplate.http.rekognition.operations.call import Operation


def require_access(key: ApiKey, name: str, operation: Operation) -> None:
    """Check that a key's scope covers an operation; which collections is the operation's to ask.

    Raises:
        AwsError: It does not.
    """
    if operation.access == "write" and key.scope is KeyScope.READ:
        raise AwsError(
            "AccessDeniedException",
            f"User: {key.key_id} is not authorized to perform: rekognition:{name}. "
            "This key may only read.",
        )
