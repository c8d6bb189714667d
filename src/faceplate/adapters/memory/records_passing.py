"""Records that are kept for a while only: uploads and request tokens."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import replace
from datetime import datetime

from faceplate.adapters.memory.units import UnitTables, require_collection
from faceplate.domain.request_tokens import RequestToken
from faceplate.domain.uploads import Upload


class PassingTables(UnitTables):
    """Keep uploads and request tokens."""

    # uploads
    def put_upload(self, upload: Upload) -> None:
        """Keep or overwrite an upload.

        Raises:
            NotFound: Code ``collection_not_found``.
        """
        with self._write() as tables:
            require_collection(tables, upload.collection_id)
            tables.uploads[upload.upload_id] = replace(upload, metadata=dict(upload.metadata))

    def get_upload(self, upload_id: str) -> Upload | None:
        """Return one upload."""
        return self._tables.uploads.get(upload_id)

    def uploads_of(self, collection_id: str, key: str) -> Sequence[Upload]:
        """Return the uploads of one picture."""
        place = (collection_id, key)
        return [
            one for one in self._tables.uploads.values() if (one.collection_id, one.key) == place
        ]

    def delete_uploads(self, upload_ids: Sequence[str]) -> None:
        """Forget uploads."""
        with self._write() as tables:
            for upload_id in upload_ids:
                tables.uploads.pop(upload_id, None)

    def delete_uploads_before(self, moment: datetime) -> int:
        """Forget uploads that were created before a moment; return how many."""
        with self._write() as tables:
            old = [one.upload_id for one in tables.uploads.values() if one.created_at < moment]
            for upload_id in old:
                del tables.uploads[upload_id]
        return len(old)

    # request tokens
    def put_request_token(self, token: RequestToken) -> None:
        """Keep or overwrite a token by (caller, token).

        Raises:
            NotFound: Code ``collection_not_found``.
        """
        with self._write() as tables:
            require_collection(tables, token.collection_id)
            tables.tokens[token.caller, token.token] = replace(token, answer=dict(token.answer))

    def get_request_token(self, caller: str, token: str) -> RequestToken | None:
        """Return what a token stands for."""
        return self._tables.tokens.get((caller, token))

    def delete_request_tokens_before(self, moment: datetime) -> int:
        """Forget tokens that were kept before a moment; return how many."""
        with self._write() as tables:
            old = [key for key, one in tables.tokens.items() if one.created_at < moment]
            for key in old:
                del tables.tokens[key]
        return len(old)
