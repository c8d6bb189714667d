"""Which collections of an account's Rekognition belong to this installation.

Rekognition's collections of an account and region are side by side; two installations must not
reach into one another's. By its id a collection says whose it is: the default collection, and those
called after it with a dot. The functions' IAM policies say the same.
"""

from __future__ import annotations

from faceplate.domain.errors import InvalidParameter


def is_ours(collection_id: str, default_collection: str) -> bool:
    """Tell whether a collection belongs to the installation with this default collection."""
    return collection_id == default_collection or collection_id.startswith(f"{default_collection}.")


def require_ours(collection_id: str, default_collection: str) -> None:
    """Refuse what may be another installation's.

    Raises:
        InvalidParameter: The collection is not this installation's by its name.
    """
    if not is_ours(collection_id, default_collection):
        raise InvalidParameter(
            f"On AWS a collection of this service is called {default_collection}, or "
            f"{default_collection}. and something more.",
            parameter="collection_id",
        )
