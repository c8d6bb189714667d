"""Which model is chosen, and that only the promised bytes are ever loaded."""

from __future__ import annotations

import asyncio
import hashlib
import os
import threading
from pathlib import Path

import pytest

from embedded_model import ask, open_chat
from faceplate.adapters.llama.manifest import LanguageModel, load_language_models
from faceplate.adapters.llama.model_process import LlamaLimits
from faceplate.adapters.llama.weights import LanguageModels
from faceplate.adapters.packages.artifacts import PackageArtifacts
from faceplate.domain.artifacts import Artifact, LocalFile
from faceplate.domain.errors import Busy, ModelCorrupt, ModelUnavailable, UpstreamFailed

BYTES = b"GGUF big"
SMALL = b"GGUF small"


def model(name: str, data: bytes, source: Path | None, **kind: bool) -> LanguageModel:
    artifact = Artifact(
        name=name,
        file=f"{name}.gguf",
        sha256=hashlib.sha256(data).hexdigest(),
        size_bytes=len(data),
        sources=() if source is None else (LocalFile(source),),
    )
    words = dict.fromkeys(
        ("licence", "licence_url", "source_page", "note", "parameters", "limits"), "x"
    )
    return LanguageModel(name, "1", artifact, **words, context_tokens=4096, **kind)


@pytest.fixture
def sources(tmp_path: Path) -> tuple[Path, Path]:
    return tmp_path / "big-source", tmp_path / "small-source"


@pytest.fixture
def manifest(sources) -> dict[str, LanguageModel]:
    return {
        "big": model("big", BYTES, sources[0], default=True),
        "small": model("small", SMALL, sources[1], fallback=True),
    }


def open_models(tmp_path: Path, manifest, **how) -> LanguageModels:
    return LanguageModels(tmp_path / "models", PackageArtifacts(), manifest=manifest, **how)


def put(tmp_path: Path, entry: LanguageModel, data: bytes) -> Path:
    folder = tmp_path / "models"
    folder.mkdir(exist_ok=True)
    path = folder / entry.artifact.cache_name
    path.write_bytes(data)
    return path


def test_the_shipped_manifest_has_one_default_and_one_fallback():
    models = load_language_models()
    assert [one.name for one in models.values() if one.default] == ["qwen2.5-coder-1.5b"]
    assert [one.name for one in models.values() if one.fallback] == ["smollm2-135m"]
    assert all(one.licence == "Apache-2.0" and one.limits for one in models.values())


def test_nothing_there_means_no_path_and_no_network(tmp_path, manifest):
    chosen = open_models(tmp_path, manifest).choose()
    assert (chosen.name, chosen.path) == ("big", None)


def test_a_pull_brings_the_default(tmp_path, manifest, sources):
    sources[0].write_bytes(BYTES)
    models = open_models(tmp_path, manifest)
    chosen = models.pull()
    assert (chosen.name, chosen.path.read_bytes(), chosen.why) == ("big", BYTES, "")
    assert models.choose().path == chosen.path


def test_the_fallback_stands_in_and_says_so(tmp_path, manifest, sources):
    sources[1].write_bytes(SMALL)
    models = open_models(tmp_path, manifest)
    chosen = models.pull()
    assert chosen.name == "small"
    assert "faceplate models pull big" in chosen.why
    assert models.choose().name == "small"


def test_no_source_at_all_says_what_each_answered(tmp_path, manifest):
    with pytest.raises(ModelUnavailable) as caught:
        open_models(tmp_path, manifest).pull()
    assert caught.value.details["model"] == "big"
    assert caught.value.details["tried"]


def test_a_source_with_other_bytes_is_refused_and_leaves_nothing(tmp_path, manifest, sources):
    sources[0].write_bytes(b"GGUF bad")
    models = open_models(tmp_path, manifest, wanted="big")
    with pytest.raises(ModelCorrupt):
        models.pull()
    assert not [path for path in (tmp_path / "models").iterdir() if path.suffix == ".gguf"]


def test_a_kept_file_with_other_bytes_is_never_loaded(tmp_path, manifest):
    put(tmp_path, manifest["big"], b"GGUF bad")
    with pytest.raises(ModelCorrupt) as caught:
        open_models(tmp_path, manifest).choose()
    assert "faceplate models pull big" in caught.value.message


def test_a_file_changed_after_it_was_verified_is_looked_at_again(tmp_path, manifest):
    path = put(tmp_path, manifest["big"], BYTES)
    models = open_models(tmp_path, manifest)
    assert models.choose().path == path
    path.write_bytes(b"GGUF bad")
    os.utime(path, ns=(1, 1))
    with pytest.raises(ModelCorrupt):
        models.choose()


def test_a_verified_file_is_not_hashed_again(tmp_path, manifest):
    path = put(tmp_path, manifest["big"], BYTES)
    artifacts = Counting()
    for _ in range(3):
        models = LanguageModels(tmp_path / "models", artifacts, manifest=manifest)
        assert models.choose().path == path
    assert artifacts.hashed == 1


class Counting(PackageArtifacts):
    hashed = 0

    def holds(self, artifact, path):
        self.hashed += 1
        return super().holds(artifact, path)


def test_a_users_own_file_comes_first(tmp_path, manifest):
    put(tmp_path, manifest["big"], BYTES)
    own = tmp_path / "mine.gguf"
    own.write_bytes(b"GGUF mine")
    models = open_models(tmp_path, manifest, own_file=own)
    assert (models.choose().name, models.choose().path, models.preferred) == ("mine", own, "mine")


@pytest.mark.parametrize(
    ("content", "error"), [(None, ModelUnavailable), (b"PK\x03\x04", ModelCorrupt)]
)
def test_an_own_file_that_is_none_is_said(tmp_path, manifest, content, error):
    own = tmp_path / "mine.gguf"
    if content is not None:
        own.write_bytes(content)
    with pytest.raises(error):
        open_models(tmp_path, manifest, own_file=own).choose()


def test_a_name_that_is_not_listed_is_refused(tmp_path, manifest):
    with pytest.raises(ModelUnavailable, match="big, small"):
        open_models(tmp_path, manifest, wanted="gpt-9").choose()


class Slow:
    """Sources that bring the file when told to."""

    def __init__(self) -> None:
        self.go = threading.Event()
        self.fails = False

    def find(self, _artifact):
        return None

    def holds(self, _artifact, path):
        return path.read_bytes() == BYTES

    def fetch(self, artifact, target, progress=None):
        progress(artifact.name, "a source", 2, 8)
        assert self.go.wait(30)
        if self.fails:
            raise UpstreamFailed("No source has it.", code="download_failed")
        target.parent.mkdir(parents=True, exist_ok=True)
        target.write_bytes(BYTES)
        return "a source"


@pytest.mark.parametrize("fails", [False, True])
def test_requests_are_told_to_come_back_while_the_model_is_pulled(tmp_path, manifest, fails):
    source = Slow()
    source.fails = fails
    only = {"big": manifest["big"]}
    models = LanguageModels(tmp_path / "models", source, manifest=only)

    async def run():
        async with open_chat(models, LlamaLimits(threads=1, pull=True)) as chat:
            with pytest.raises(Busy) as caught:
                await chat.complete(ask("hello"), deadline_s=30)
            with pytest.raises(Busy) as again:
                await chat.complete(ask("hello"), deadline_s=30)
            source.go.set()
            await asyncio.to_thread(chat._process._fetcher._thread.join)
            try:
                answer = await chat.complete(ask("hello"), deadline_s=30)
            except ModelUnavailable as exc:
                answer = exc
            return caught.value, again.value, answer

    first, second, answer = asyncio.run(run())
    assert first.code == second.code == "model_downloading"
    assert second.details == {"done_bytes": 2, "total_bytes": 8}
    assert isinstance(answer, ModelUnavailable) if fails else answer["model"] == "big"
