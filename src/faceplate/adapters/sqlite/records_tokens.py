"""Request tokens in SQLite."""

from __future__ import annotations

from datetime import datetime

from faceplate.adapters.sqlite.connection import Database
from faceplate.adapters.sqlite.text import from_json, from_moment, to_json
from faceplate.domain.request_tokens import RequestToken

_COLUMNS = "caller, token, collection_id, digest, answer, created_at"


class RequestTokenTable:
    """Keep what tokens of requests stand for."""

    def __init__(self, database: Database) -> None:
        self._database = database

    def put_request_token(self, token: RequestToken) -> None:
        """Keep or overwrite a token by (caller, token).

        Raises:
            NotFound: Code ``collection_not_found``.
        """
        with self._database.write() as connection:
            connection.execute(
                f"INSERT OR REPLACE INTO request_tokens ({_COLUMNS}) "  # noqa: S608 - constant
                "VALUES (?, ?, ?, ?, ?, ?)",
                (
                    token.caller,
                    token.token,
                    token.collection_id,
                    token.digest,
                    to_json(dict(token.answer)),
                    from_moment(token.created_at),
                ),
            )

    def get_request_token(self, caller: str, token: str) -> RequestToken | None:
        """Return what a token stands for."""
        with self._database.read() as connection:
            row = connection.execute(
                f"SELECT {_COLUMNS} FROM request_tokens WHERE caller = ? AND token = ?",  # noqa: S608
                (caller, token),
            ).fetchone()
        if row is None:
            return None
        return RequestToken(
            caller=row[0],
            token=row[1],
            collection_id=row[2],
            digest=row[3],
            answer=from_json(row[4]),
            created_at=datetime.fromisoformat(row[5]),
        )

    def delete_request_tokens_before(self, moment: datetime) -> int:
        """Forget tokens that were kept before a moment; return how many."""
        with self._database.write() as connection:
            self._database.forget()
            deleted = connection.execute(
                "DELETE FROM request_tokens WHERE created_at < ?", (from_moment(moment),)
            )
            return deleted.rowcount
