"""The manifest of models: complete as shipped, strict when a user writes one."""

from __future__ import annotations

from pathlib import Path

import pytest

from faceplate.adapters.onnx.manifest import FORBIDDEN, Accuracy, ModelInput, load_manifest
from faceplate.domain.artifacts import LocalFile, WebFile
from faceplate.domain.errors import Misconfigured
from faceplate.domain.matching import Calibration

ENTRY = """
[models.mine]
version = "2"
role = "embedding"
file = "mine.onnx"
sha256 = "{sha256}"
size_bytes = 100
licence = "MIT"
licence_url = "https://example.org/licence"
source_page = "https://example.org"
convert = "none"
dimensions = 64
calibration = {{ midpoint = 0.5, slope = 10 }}
calibration_accurate = {{ midpoint = 0.6, slope = 11 }}
sources = [
  {{ kind = "file", path = "mine.onnx" }},
  {{ kind = "url", url = "https://example.org/mine.onnx" }},
]
[models.mine.input]
size_px = 112
channels = "BGR"
mean = [1, 2.5, 3]
scale = 2
template = "arcface-112"
"""
GOOD = ENTRY.format(sha256="a" * 64)


def write(folder: Path, text: str) -> Path:
    path = folder / "my-models.toml"
    path.write_text(text)
    return path


def test_the_shipped_manifest_has_what_the_engine_needs() -> None:
    manifest = load_manifest()
    assert {spec.name for spec in manifest.values() if spec.default} == {"yunet", "mobilefacenet"}
    assert [spec.name for spec in manifest.values() if spec.fallback] == ["dlib"]
    assert {spec.role for spec in manifest.values()} == {"detector", "embedding", "age", "gender"}
    assert not any(manifest[name].default for name in ("age", "gender", "sface"))
    assert manifest["mobilefacenet"].model == "mobilefacenet@1.0"
    for spec in manifest.values():
        assert spec.licence in ("MIT", "Apache-2.0", "CC0-1.0")
        assert spec.licence_url.startswith("https://")
        assert spec.sources
        assert (spec.dimensions is not None) == (spec.role == "embedding")
        assert spec.artifact.sha256 == spec.sha256


def test_set_up_pulls_about_six_megabytes() -> None:
    size_bytes = sum(spec.size_bytes for spec in load_manifest().values() if spec.default)
    assert size_bytes < 6_000_000


def test_the_default_has_a_second_source_for_machines_without_its_package_client() -> None:
    sources = load_manifest()["mobilefacenet"].sources
    assert any(isinstance(source, WebFile) for source in sources)


def test_a_users_file_adds_an_embedding(tmp_path: Path) -> None:
    spec = load_manifest(write(tmp_path, GOOD))["mine"]
    assert spec.model == "mine@2"
    assert spec.input == ModelInput(112, "BGR", (1.0, 2.5, 3.0), 2.0, "arcface-112")
    assert spec.calibration == Calibration(midpoint=0.5, slope=10)
    assert spec.calibration_accurate == Calibration(midpoint=0.6, slope=11)
    assert spec.sources[0] == LocalFile(tmp_path / "mine.onnx")
    assert not spec.default
    assert "yunet" in load_manifest(write(tmp_path, GOOD))


def test_a_users_file_replaces_an_entry(tmp_path: Path) -> None:
    manifest = load_manifest(write(tmp_path, GOOD.replace("models.mine", "models.mobilefacenet")))
    assert manifest["mobilefacenet"].dimensions == 64


def test_accuracy_is_read_by_mode(tmp_path: Path) -> None:
    rates = "lfw_pct = 99, tar_at_far_1e3_pct = 98, tar_at_far_1e4_pct = 97"
    text = f"{GOOD}\n[models.mine.accuracy]\ndefault = {{ {rates}, tar_at_far_1e5_pct = 96 }}\n"
    spec = load_manifest(write(tmp_path, text))["mine"]
    assert spec.accuracy == {"default": Accuracy(99, 98, 97, 96)}


@pytest.mark.parametrize(
    ("old", "new", "says"),
    [
        ('licence = "MIT"', "", '"licence" is missing'),
        ('licence = "MIT"', 'licence = ""', '"licence" is empty'),
        ('licence = "MIT"', "licence = 3", '"licence" must be a text'),
        ('licence = "MIT"', 'licence = "MIT"\nlisence = "MIT"', 'unknown key "lisence"'),
        ("a" * 64, "a" * 63, "64 lower-case hexadecimal digits"),
        ("a" * 64, "A" * 64, "64 lower-case hexadecimal digits"),
        ("a" * 64, next(iter(FORBIDDEN)), "never loaded"),
        ('"embedding"', '"oracle"', '"role" must be one of'),
        ('"none"', '"magic"', '"convert" must be one of'),
        ("size_bytes = 100", "size_bytes = 0", '"size_bytes" must be above 0'),
        ("size_bytes = 100", "size_bytes = true", '"size_bytes" must be a whole number'),
        ("size_bytes = 100", "size_bytes = 1.5", '"size_bytes" must be a whole number'),
        ('file = "mine.onnx"', 'file = "../mine.onnx"', "bare file name"),
        ("dimensions = 64", "", '"dimensions" is missing'),
        ("[1, 2.5, 3]", "[1, 2]", "one number or three"),
        ("[1, 2.5, 3]", "[1, 2, true]", "a list of numbers"),
        ("scale = 2", "scale = 0", '"scale" must be above 0'),
        ('"BGR"', '"HSV"', '"channels" must be one of'),
        ("midpoint = 0.5, slope = 10", "midpoint = 0.5, slope = -1", '"slope" must be above 0'),
        ("midpoint = 0.5, slope = 10", "midpoint = 0.5", '"slope" is missing'),
        ('kind = "url"', 'kind = "ftp"', '"kind" must be one of'),
        ('url = "https://example.org/mine.onnx"', 'address = "x"', '"url" is missing'),
        ("sources = [", "sources = 3\nothers = [", '"sources" must be a list of tables'),
        ("convert =", "default = 1\nconvert =", '"default" must be true or false'),
    ],
)
def test_a_mistake_is_named_with_its_file_and_entry(
    tmp_path: Path, old: str, new: str, says: str
) -> None:
    path = write(tmp_path, GOOD.replace(old, new, 1))
    with pytest.raises(Misconfigured) as failure:
        load_manifest(path)
    assert says in failure.value.message
    assert str(path) in failure.value.message
    assert "[models.mine]" in failure.value.message
    assert failure.value.code == "manifest_invalid"


@pytest.mark.parametrize(
    ("text", "says"),
    [
        ("models = 3", "a table is expected"),
        ("[models]\nmine = 3", "a table is expected"),
        ("[other]", '"models" is missing'),
        (f"{GOOD}\n[others]", 'unknown key "others"'),
        ("this is no TOML", "not valid TOML"),
    ],
)
def test_a_file_of_another_shape_is_refused(tmp_path: Path, text: str, says: str) -> None:
    with pytest.raises(Misconfigured, match=says):
        load_manifest(write(tmp_path, text))


def test_a_missing_file_is_named(tmp_path: Path) -> None:
    with pytest.raises(Misconfigured, match=r"nowhere\.toml cannot be read"):
        load_manifest(tmp_path / "nowhere.toml")


@pytest.mark.parametrize(
    "source",
    [
        '{ kind = "pypi", package = "--index", version = "1", member = "x" }',
        '{ kind = "npm", package = "x", version = "latest", member = "x" }',
        '{ kind = "npm", package = "x@1 y", version = "1", member = "x" }',
    ],
)
def test_a_package_is_a_plain_name_and_one_version(tmp_path: Path, source: str) -> None:
    text = GOOD.replace('{ kind = "file", path = "mine.onnx" }', source)
    with pytest.raises(Misconfigured, match="plain name or one exact version"):
        load_manifest(write(tmp_path, text))
