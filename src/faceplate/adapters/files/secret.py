"""The secret of this installation, made once."""

from __future__ import annotations

import os
import secrets
from pathlib import Path

from faceplate.domain.errors import StorageCorrupt, StorageFailed

_SIZE_BYTES = 32


def installation_secret(folder: Path) -> bytes:
    """Return 32 random bytes that stay the same for this data folder; the file has mode 0600.

    Raises:
        StorageCorrupt: The file has another size; it was left as it is.
    """
    path = folder / "secret.key"
    try:
        if not path.exists():
            partial = path.with_suffix(".tmp")
            handle = os.open(partial, os.O_WRONLY | os.O_CREAT | os.O_TRUNC, 0o600)
            with os.fdopen(handle, "wb") as out:
                out.write(secrets.token_bytes(_SIZE_BYTES))
                out.flush()
                os.fsync(out.fileno())
            partial.rename(path)
        secret = path.read_bytes()
    except OSError as exc:
        raise StorageFailed("The secret of this installation cannot be kept.") from exc
    if len(secret) != _SIZE_BYTES:
        raise StorageCorrupt("secret.key in the data folder is damaged; restore it.")
    return secret
