"""Copies of everything, made and put back by this machine's own user."""

from __future__ import annotations

from pathlib import Path

from fastapi import Request
from starlette.responses import Response

from faceplate.domain.errors import InvalidParameter
from faceplate.domain.keys import KeyScope
from faceplate.http.answers import encode, json_answer
from faceplate.http.auth import require_local
from faceplate.http.bodies import read_body
from faceplate.http.codes import JSON_BODY, STORING
from faceplate.http.dependencies import BackendDep
from faceplate.http.json_bodies import MAX_JSON_BYTES, check
from faceplate.http.openapi import json_body
from faceplate.http.routing import Routes
from faceplate.http.schemas.keys import BackupAnswer, BackupPlace, RestoreAnswer

routes = Routes("backups", "Copies of everything.")


@routes.add(
    "POST",
    "/v1/backups",
    "createBackup",
    "Copy everything to a file of the server",
    scope=KeyScope.ADMIN,
    answer=BackupAnswer,
    status=201,
    codes=(*JSON_BODY, *STORING, "local_key_needed", "file_exists", "backup_disturbed"),
    body=json_body(BackupPlace),
)
async def create_backup(request: Request, backend: BackendDep) -> Response:
    """While the service runs. Only for the command line on the server's own machine."""
    require_local(request)
    path = _place(check(await read_body(request, max_bytes=MAX_JSON_BYTES), BackupPlace))

    def write() -> bytes:
        return encode({"path": str(path), **backend.application.backups.backup(path)})

    return json_answer(await backend.workers.read(write), 201)


@routes.add(
    "POST",
    "/v1/restore",
    "restoreBackup",
    "Put a backup back in place of everything",
    scope=KeyScope.ADMIN,
    answer=RestoreAnswer,
    codes=(*JSON_BODY, *STORING, "local_key_needed", "backup_not_found", "backup_invalid"),
    body=json_body(BackupPlace),
)
async def restore_backup(request: Request, backend: BackendDep) -> Response:
    """In one step: until it happens the old state answers. Only for the server's own machine."""
    require_local(request)
    path = _place(check(await read_body(request, max_bytes=MAX_JSON_BYTES), BackupPlace))
    backups = backend.application.backups
    return json_answer(await backend.workers.read(lambda: encode(dict(backups.restore(path)))))


def _place(body: BackupPlace) -> Path:
    path = Path(body.path)
    if "\0" in body.path or not path.is_absolute():
        raise InvalidParameter(
            "path must be absolute.", parameter="path", details={"rule": "absolute_path"}
        )
    return path
