"""What every face engine promises."""

from __future__ import annotations

from dataclasses import dataclass
from io import BytesIO

import numpy as np
import pytest
from PIL import Image

from faceplate.adapters.memory.engine import MemoryEngine
from faceplate.adapters.onnx.engine import OnnxEngine
from faceplate.adapters.onnx.manifest import load_manifest
from faceplate.adapters.onnx.weights import Weights
from faceplate.domain.faces import Pixels
from faceplate.ports.engine import Engine


@dataclass(frozen=True)
class Case:
    """An engine, and a picture of several people it can see."""

    engine: Engine
    several: Pixels
    people: int


def drawn() -> Pixels:
    """Draw two people as the memory engine knows them."""
    paper = np.full((200, 400, 3), 255, np.uint8)
    paper[20:100, 20:80] = (200, 40, 40)
    paper[40:180, 200:320] = (40, 60, 200)
    return paper


@pytest.fixture(params=["memory", pytest.param("onnx", marks=pytest.mark.models)])
def case(request: pytest.FixtureRequest, weights: Weights, group_of_six: bytes) -> Case:
    if request.param == "memory":
        return Case(MemoryEngine(), drawn(), 2)
    manifest = load_manifest()
    for name in ("yunet", "mobilefacenet"):
        if not weights.status(manifest[name]).ok:
            pytest.skip(f"the weights of {name} were not pulled")
    engine = OnnxEngine.from_manifest(manifest, weights, embedding="mobilefacenet")
    return Case(engine, np.asarray(Image.open(BytesIO(group_of_six)).convert("RGB")), 6)


def test_every_face_is_seen_largest_first(case: Case) -> None:
    faces = case.engine.see(case.several, embed=False)
    assert len(faces) == case.people
    areas = [face.detail.box.area for face in faces]
    assert areas == sorted(areas, reverse=True)
    assert all(face.embedding is None for face in faces)


def test_what_is_said_of_a_face_is_within_its_range(case: Case) -> None:
    height, width = case.several.shape[:2]
    for face in case.engine.see(case.several, embed=False):
        detail = face.detail
        assert 0 <= detail.confidence <= 100
        assert 0 <= detail.quality.brightness <= 100
        assert 0 <= detail.quality.sharpness <= 100
        assert all(abs(angle) <= 180 for angle in (detail.pose.roll, detail.pose.yaw))
        assert [mark.kind for mark in detail.landmarks] == [
            "eyeLeft",
            "eyeRight",
            "nose",
            "mouthLeft",
            "mouthRight",
        ]
        box = detail.box
        assert face.min_side_px == pytest.approx(min(box.width * width, box.height * height))
        assert (detail.age_range, detail.gender) == (None, None)


def test_faceprints_have_length_one_and_tell_people_apart(case: Case) -> None:
    faces = case.engine.see(case.several, embed=True)
    prints = np.stack([face.embedding for face in faces if face.embedding is not None])
    assert prints.shape == (case.people, case.engine.dimensions)
    assert prints.dtype == np.float32
    assert np.allclose(np.linalg.norm(prints, axis=1), 1, atol=1e-5)
    similarity = case.engine.calibration.similarity_pct
    assert similarity(float(prints[0] @ prints[1])) < 80
    assert similarity(float(prints[0] @ prints[0])) > 99


def test_seeing_twice_gives_the_same(case: Case) -> None:
    once, twice = (case.engine.see(case.several, embed=True) for _ in range(2))
    for one, other in zip(once, twice, strict=True):
        assert one.detail == other.detail
        assert one.embedding is not None
        assert other.embedding is not None
        assert np.array_equal(one.embedding, other.embedding)


def test_faceprints_can_be_added_later_in_the_same_order(case: Case) -> None:
    at_once = case.engine.see(case.several, embed=True)
    seen = case.engine.see(case.several, embed=False)
    later = case.engine.embed_only(case.several, seen[::-1])
    for one, other in zip(at_once, reversed(later), strict=True):
        assert one.detail == other.detail
        assert one.embedding is not None
        assert other.embedding is not None
        assert float(one.embedding @ other.embedding) > 0.999


def test_a_picture_without_a_face_is_an_empty_answer(case: Case) -> None:
    assert list(case.engine.see(np.full((64, 96, 3), 255, np.uint8), embed=True)) == []


def test_attributes_it_cannot_compute_are_left_out(case: Case) -> None:
    faces = case.engine.see(case.several, embed=False, attributes=("AGE_RANGE", "SHOE_SIZE"))
    assert len(faces) == case.people
    assert set(case.engine.attributes) == set()


def test_it_has_a_name_with_a_version_and_is_ready(case: Case) -> None:
    name, at, version = case.engine.model.partition("@")
    assert name
    assert at
    assert version
    case.engine.warm_up()
    case.engine.ping()
