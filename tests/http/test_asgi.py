"""The factory for servers other than `faceplate serve`."""

import asyncio
from pathlib import Path

import pytest
from fastapi import FastAPI

from asgi_client import Client
from build import ANA, draw
from faceplate.adapters.files.lock import DataFolderLock
from faceplate.domain.errors import Misconfigured, ModelUnavailable
from faceplate.entrypoints.asgi import create


@pytest.fixture
def folder(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    monkeypatch.chdir(tmp_path)
    monkeypatch.setenv("FACEPLATE_DATA_DIR", str(tmp_path / "data"))
    monkeypatch.setenv("FACEPLATE_API_KEY", "sesame")
    return tmp_path / "data"


def test_missing_models_are_said_at_once_and_the_folder_is_let_go(
    folder: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("FACEPLATE_ENGINE__MODELS_DIR", str(folder.parent / "empty"))
    with pytest.raises(ModelUnavailable):
        create()
    DataFolderLock(folder).close()


def test_a_wrong_setting_is_said_at_once(folder: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("FACEPLATE_PORT", "many")
    with pytest.raises(Misconfigured):
        create()
    assert not folder.exists()


@pytest.mark.models
def test_the_app_serves_and_closes_its_folder_at_shutdown(folder: Path) -> None:
    app = create()
    client = Client(app, "sesame")
    assert client.get("/v1/health").json()["status"] == "ok"
    assert client.post("/v1/detect", draw(ANA)).status == 200
    asyncio.run(shut_down(app))
    DataFolderLock(folder).close()


async def shut_down(app: FastAPI) -> None:
    orders: asyncio.Queue[dict[str, str]] = asyncio.Queue()
    for order in ("lifespan.startup", "lifespan.shutdown"):
        await orders.put({"type": order})

    async def send(_message: object) -> None:
        return None

    await app({"type": "lifespan", "asgi": {"version": "3.0"}}, orders.get, send)
