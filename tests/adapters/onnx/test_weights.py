"""Weights: found, verified, converted once, pulled when asked, never loaded when wrong."""

from __future__ import annotations

import dataclasses
import hashlib
import json
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path

import numpy as np
import onnx
import onnxruntime
import pytest
from onnx import TensorProto, helper

from faceplate.adapters.memory.artifacts import MemoryArtifacts
from faceplate.adapters.onnx import ready
from faceplate.adapters.onnx.manifest import ModelSpec, load_manifest
from faceplate.adapters.onnx.weights import Place, Weights
from faceplate.domain.errors import ModelCorrupt, ModelUnavailable, StorageFailed


def network() -> bytes:
    """A network of one fixed picture size that returns its reshaped, doubled input."""
    shape = helper.make_tensor("shape", TensorProto.INT64, [3], [1, -1, 3])
    graph = helper.make_graph(
        [
            helper.make_node("Add", ["input", "input"], ["twice"]),
            helper.make_node("Transpose", ["twice"], ["last"], perm=[0, 2, 3, 1]),
            helper.make_node("Reshape", ["last", "shape"], ["flat"]),
        ],
        "twice",
        [helper.make_tensor_value_info("input", TensorProto.FLOAT, [1, 3, 4, 4])],
        [helper.make_tensor_value_info("flat", TensorProto.FLOAT, [1, 16, 3])],
        [shape],
    )
    made = helper.make_model(graph, opset_imports=[helper.make_opsetid("", 13)], ir_version=8)
    return bytes(made.SerializeToString())


DATA = network()
SPEC = dataclasses.replace(
    load_manifest()["yunet"],
    name="small",
    file="small.onnx",
    sha256=hashlib.sha256(DATA).hexdigest(),
    size_bytes=len(DATA),
)
PLAIN = dataclasses.replace(SPEC, convert="none")


@pytest.fixture
def folder(tmp_path: Path) -> Path:
    return tmp_path / "models"


def make_weights(folder: Path, **user_files: Path) -> Weights:
    return Weights(folder, user_files, MemoryArtifacts({"small": DATA}))


def test_nothing_is_loaded_before_it_was_pulled(folder: Path) -> None:
    weights = make_weights(folder)
    with pytest.raises(ModelUnavailable, match="faceplate models pull small"):
        weights.onnx_path(SPEC)
    assert weights.status(SPEC).place is Place.NOWHERE
    assert not folder.exists()


def test_pull_makes_a_model_usable_at_any_size(folder: Path) -> None:
    weights = make_weights(folder)
    steps: list[tuple[str, str, int, int]] = []
    assert weights.pull([SPEC], lambda *step: steps.append(step)) == {"small": "memory"}
    assert steps[-1] == ("small", "memory", len(DATA), len(DATA))
    assert weights.status(SPEC).ok
    session = onnxruntime.InferenceSession(weights.onnx_path(SPEC))
    pictures = np.arange(2 * 3 * 2 * 6, dtype=np.float32).reshape(2, 3, 2, 6)
    (flat,) = session.run(None, {"input": pictures})
    assert flat.shape == (2, 12, 3)
    assert (flat == 2 * pictures.transpose(0, 2, 3, 1).reshape(2, 12, 3)).all()


def test_pull_leaves_alone_what_is_there(folder: Path) -> None:
    make_weights(folder).pull([SPEC])
    again = Weights(folder, {}, MemoryArtifacts({}))
    assert again.pull([SPEC]) == {"small": "models folder"}


def test_a_model_without_conversion_is_used_as_it_is(folder: Path) -> None:
    weights = make_weights(folder)
    weights.pull([PLAIN])
    assert weights.onnx_path(PLAIN).read_bytes() == DATA


def test_an_installed_package_is_used_without_a_pull(folder: Path, tmp_path: Path) -> None:
    installed = tmp_path / "installed.onnx"
    installed.write_bytes(DATA)
    weights = Weights(folder, {}, MemoryArtifacts({}, {"small": installed}))
    assert weights.status(SPEC).place is Place.INSTALLED
    assert weights.onnx_path(PLAIN) == installed
    assert weights.onnx_path(SPEC).parent == folder


def test_the_users_file_comes_before_everything(folder: Path, tmp_path: Path) -> None:
    mine = tmp_path / "mine.onnx"
    mine.write_bytes(DATA)
    make_weights(folder).pull([PLAIN])
    weights = make_weights(folder, small=mine)
    assert weights.status(PLAIN).place is Place.USER_FILE
    assert weights.onnx_path(PLAIN) == mine
    assert weights.pull([PLAIN]) == {"small": "user file"}


def test_a_users_file_of_other_bytes_is_refused_and_nothing_else_taken(
    folder: Path, tmp_path: Path
) -> None:
    mine = tmp_path / "mine.onnx"
    mine.write_bytes(DATA[::-1])
    weights = make_weights(folder, small=mine)
    with pytest.raises(ModelCorrupt, match="Replace the file your settings name"):
        weights.onnx_path(SPEC)
    with pytest.raises(ModelCorrupt):
        weights.pull([SPEC])


def test_a_users_file_that_is_not_there_is_said(folder: Path, tmp_path: Path) -> None:
    weights = make_weights(folder, small=tmp_path / "nowhere.onnx")
    assert weights.status(SPEC).problem == "the file is not there"
    with pytest.raises(ModelUnavailable):
        weights.onnx_path(SPEC)
    with pytest.raises(ModelUnavailable, match="your settings name"):
        weights.pull([SPEC])


@pytest.mark.parametrize("data", [DATA[::-1], DATA + b"!", b""])
def test_kept_weights_of_other_bytes_are_refused_and_pulled_again(
    folder: Path, data: bytes
) -> None:
    folder.mkdir()
    (folder / SPEC.artifact.cache_name).write_bytes(data)
    weights = make_weights(folder)
    assert weights.status(SPEC).problem == "the sha256 is wrong"
    with pytest.raises(ModelCorrupt, match="faceplate models pull small"):
        weights.onnx_path(SPEC)
    assert weights.pull([SPEC]) == {"small": "memory"}
    assert weights.onnx_path(SPEC).exists()


@pytest.mark.parametrize(
    ("offered", "kind"), [({}, ModelUnavailable), ({"small": DATA[::-1]}, ModelCorrupt)]
)
def test_a_pull_that_fails_says_what_every_source_answered(
    folder: Path, offered: dict[str, bytes], kind: type[Exception]
) -> None:
    weights = Weights(folder, {}, MemoryArtifacts(offered))
    with pytest.raises(kind, match="Tried: memory") as failure:
        weights.pull([SPEC])
    assert failure.value.details["model"] == "small@2023mar"


def test_a_conversion_is_made_once(folder: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    weights = make_weights(folder)
    weights.pull([SPEC])

    def never(*_: object) -> bytes:
        raise AssertionError

    monkeypatch.setattr(ready, "convert", never)
    assert weights.onnx_path(SPEC).exists()


@pytest.mark.parametrize("damage", ["file", "note", "no note", "older", "nonsense"])
def test_a_converted_file_that_does_not_fit_its_note_is_made_anew(
    folder: Path, damage: str
) -> None:
    weights = make_weights(folder)
    weights.pull([SPEC])
    path = weights.onnx_path(SPEC)
    good, note = path.read_bytes(), path.with_suffix(".json")
    described = json.loads(note.read_text())
    if damage == "file":
        path.write_bytes(good[:-1] + b"!")
    elif damage == "note":
        note.write_text(json.dumps(described | {"sha256": "0" * 64}))
    elif damage == "no note":
        note.unlink()
    elif damage == "older":
        note.write_text(json.dumps(described | {"converter_version": 0}))
    else:
        note.write_text("{")
    assert weights.onnx_path(SPEC).read_bytes() == good
    assert json.loads(note.read_text()) == described


def test_several_at_once_agree(folder: Path) -> None:
    make_weights(folder).pull([PLAIN])
    with ThreadPoolExecutor(4) as pool:
        paths = list(pool.map(lambda _: make_weights(folder).onnx_path(SPEC), range(8)))
    assert len(set(paths)) == 1
    onnx.checker.check_model(paths[0])
    leftovers = [
        path.name for path in folder.iterdir() if path.name.startswith(f".{paths[0].name}")
    ]
    assert leftovers == []


def test_a_folder_that_cannot_be_made_is_a_storage_failure(tmp_path: Path) -> None:
    mine = tmp_path / "mine.onnx"
    mine.write_bytes(DATA)
    (tmp_path / "file").write_text("in the way")
    weights = make_weights(tmp_path / "file" / "models", small=mine)
    with pytest.raises(StorageFailed):
        weights.onnx_path(SPEC)


def embedding(name: str, **changes: object) -> ModelSpec:
    changes = {"name": name, "role": "embedding", "default": False, **changes}
    return dataclasses.replace(SPEC, **changes)


def test_the_default_embedding_is_chosen_when_it_is_there(folder: Path) -> None:
    manifest = {
        "small": embedding("small", default=True),
        "other": embedding("other", fallback=True),
    }
    weights = make_weights(folder)
    weights.pull([SPEC])
    choice = weights.choose_embedding(manifest)
    assert (choice.spec.name, choice.why) == ("small", "")


def test_the_fallback_is_chosen_with_a_reason_when_the_default_is_not(folder: Path) -> None:
    manifest = {
        "gone": embedding("gone", default=True, sha256="0" * 64),
        "unmeasured": embedding("unmeasured"),
        "small": embedding("small", fallback=True),
    }
    weights = make_weights(folder)
    assert weights.choose_embedding(manifest).spec.name == "gone"
    weights.pull([SPEC])
    choice = weights.choose_embedding(manifest)
    assert choice.spec.name == "small"
    assert "gone@2023mar is not on this machine" in choice.why


def test_a_wanted_embedding_is_taken_by_name_or_model(folder: Path) -> None:
    manifest = {"small": embedding("small"), "face": dataclasses.replace(SPEC, name="face")}
    weights = make_weights(folder)
    for wanted in ("small", "small@2023mar"):
        assert weights.choose_embedding(manifest, wanted).spec.name == "small"
    for unknown in ("face", "small@1"):
        with pytest.raises(ModelUnavailable, match="there are: small"):
            weights.choose_embedding(manifest, unknown)
