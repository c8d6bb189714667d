import threading
from collections.abc import Mapping, Sequence
from concurrent.futures import ThreadPoolExecutor
from dataclasses import replace
from pathlib import Path

import cv2
import numpy as np
import pytest

from faceplate.adapters.onnx.engine import LANDMARK_KINDS, OnnxEngine, ReadyModel
from faceplate.adapters.onnx.manifest import ModelSpec
from faceplate.adapters.onnx.weights import Weights
from faceplate.domain.errors import Misconfigured, ModelUnavailable
from faceplate.domain.faces import Pixels, SeenFace
from faceplate.domain.matching import normalise


def need(weights: Weights, *specs: ModelSpec) -> None:
    for spec in specs:
        if not weights.status(spec).ok:
            pytest.skip(f"the weights of {spec.model} were not pulled")


def prints_of(faces: Sequence[SeenFace]) -> np.ndarray:
    return np.stack([face.embedding for face in faces if face.embedding is not None])


def point(face: SeenFace, kind: str) -> tuple[float, float]:
    (mark,) = [mark for mark in face.detail.landmarks if mark.kind == kind]
    return mark.x, mark.y


@pytest.mark.models
def test_left_and_right_are_the_pictures(engine: OnnxEngine, portrait: Pixels) -> None:
    (face,) = engine.see(portrait, embed=False)
    assert tuple(mark.kind for mark in face.detail.landmarks) == LANDMARK_KINDS
    assert point(face, "eyeLeft")[0] < point(face, "nose")[0] < point(face, "eyeRight")[0]
    assert point(face, "mouthLeft")[0] < point(face, "mouthRight")[0]
    assert point(face, "eyeLeft")[1] < point(face, "nose")[1] < point(face, "mouthLeft")[1]
    box = face.detail.box
    assert all(box.left < mark.x < box.left + box.width for mark in face.detail.landmarks)
    assert all(box.top < mark.y < box.top + box.height for mark in face.detail.landmarks)


@pytest.mark.models
def test_a_mirrored_picture_mirrors_the_face(engine: OnnxEngine, group: Pixels) -> None:
    here = engine.see(group, embed=False)
    there = engine.see(np.ascontiguousarray(group[:, ::-1]), embed=False)
    assert len(here) == len(there) == 6
    by_place = sorted(here, key=lambda face: face.detail.box.left)
    mirrored = sorted(there, key=lambda face: -face.detail.box.left)
    for one, other in zip(by_place, mirrored, strict=True):
        assert abs(point(one, "eyeLeft")[0] + point(other, "eyeRight")[0] - 1) < 0.004
        assert abs(one.detail.pose.yaw + other.detail.pose.yaw) < 6
        assert abs(one.detail.pose.roll + other.detail.pose.roll) < 8


@pytest.mark.models
def test_turning_the_picture_turns_the_roll(engine: OnnxEngine, portrait: Pixels) -> None:
    (upright,) = engine.see(portrait, embed=False)
    matrix = cv2.getRotationMatrix2D((224, 120), -20, 1)  # OpenCV turns against the clock
    turned = np.asarray(cv2.warpAffine(portrait, matrix, (512, 512)))
    (face,) = engine.see(turned, embed=False)
    assert abs(face.detail.pose.roll - upright.detail.pose.roll - 20) < 4


@pytest.mark.models
def test_largest_first_with_ratios_and_pixels(engine: OnnxEngine, group: Pixels) -> None:
    faces = engine.see(group, embed=False)
    areas = [face.detail.box.area for face in faces]
    assert areas == sorted(areas, reverse=True)
    assert all(80 < face.detail.confidence <= 100 for face in faces)
    assert all(face.embedding is None for face in faces)
    for face in faces:
        box = face.detail.box
        assert np.isclose(face.min_side_px, min(box.width * 1280, box.height * 886), rtol=1e-4)


@pytest.mark.models
def test_faceprints_know_people_apart(engine: OnnxEngine, group: Pixels, portrait: Pixels) -> None:
    six = engine.see(group, embed=True)
    facing = [face for face in six if abs(face.detail.pose.yaw) < 40]
    prints = prints_of([*facing, *engine.see(portrait, embed=True)])
    assert prints.shape == (6, engine.dimensions)
    assert prints.dtype == np.float32
    assert np.allclose(np.linalg.norm(prints, axis=1), 1, atol=1e-5)
    strangers = (prints @ prints.T)[~np.eye(6, dtype=bool)]
    assert engine.calibration.similarity_pct(float(strangers.max())) < 80


@pytest.mark.models
@pytest.mark.parametrize("change", ["half the size", "twice the size", "darker", "turned"])
def test_the_same_person_in_another_light_or_size_matches(
    engine: OnnxEngine, portrait: Pixels, change: str
) -> None:
    changed = {
        "half the size": lambda: cv2.resize(portrait, (256, 256), interpolation=cv2.INTER_AREA),
        "twice the size": lambda: cv2.resize(portrait, (1024, 1024)),
        "darker": lambda: (portrait * 0.5).astype(np.uint8),
        "turned": lambda: cv2.warpAffine(
            portrait, cv2.getRotationMatrix2D((224, 120), 15, 1), (512, 512)
        ),
    }[change]()
    pair = np.stack(
        [prints_of(engine.see(np.asarray(one), embed=True))[0] for one in (portrait, changed)]
    )
    assert engine.calibration.similarity_pct(float(pair[0] @ pair[1])) > 99


@pytest.mark.models
def test_embedding_later_gives_the_same_faceprints(engine: OnnxEngine, group: Pixels) -> None:
    at_once = engine.see(group, embed=True)
    later = engine.embed_only(group, engine.see(group, embed=False))
    assert [face.detail for face in later] == [face.detail for face in at_once]
    assert np.einsum("ij,ij->i", prints_of(later), prints_of(at_once)).min() > 0.999


@pytest.mark.models
def test_embedding_some_of_the_faces_is_enough(engine: OnnxEngine, group: Pixels) -> None:
    faces = engine.see(group, embed=True)
    (third,) = engine.embed_only(group, [replace(faces[2], embedding=None)])
    assert float(prints_of([third])[0] @ prints_of(faces)[2]) > 0.999
    assert list(engine.embed_only(group, [])) == []


@pytest.mark.models
def test_accurate_faceprints_can_be_compared_with_fast_ones(
    weights: Weights, manifest: Mapping[str, ModelSpec], engine: OnnxEngine, group: Pixels
) -> None:
    accurate = OnnxEngine.from_manifest(manifest, weights, embedding="mobilefacenet", accurate=True)
    assert accurate.model == engine.model
    fast, slow = (prints_of(one.see(group, embed=True)) for one in (engine, accurate))
    assert 0.9 < np.einsum("ij,ij->i", fast, slow).min() < 0.9999


@pytest.mark.models
def test_several_threads_see_what_one_sees(
    weights: Weights, manifest: Mapping[str, ModelSpec], engine: OnnxEngine, group: Pixels
) -> None:
    fresh = OnnxEngine.from_manifest(manifest, weights, embedding="mobilefacenet")
    alone = prints_of(engine.see(group, embed=True))
    together = threading.Barrier(4)

    def see(_: int) -> np.ndarray:
        together.wait(10)
        return prints_of(fresh.see(group, embed=True))

    with ThreadPoolExecutor(4) as threads:
        for prints in threads.map(see, range(4)):
            assert np.allclose(prints, alone, atol=1e-4)


@pytest.mark.models
def test_a_picture_without_a_face_is_an_empty_answer(engine: OnnxEngine) -> None:
    assert list(engine.see(np.zeros((200, 300, 3), np.uint8), embed=True)) == []


@pytest.mark.models
def test_age_and_gender_only_when_asked_for_and_there(
    weights: Weights, manifest: Mapping[str, ModelSpec], engine: OnnxEngine, portrait: Pixels
) -> None:
    need(weights, manifest["age"], manifest["gender"])
    both = ("AGE_RANGE", "GENDER")
    knowing = OnnxEngine.from_manifest(
        manifest, weights, embedding="mobilefacenet", attributes=both
    )
    assert set(knowing.attributes) == set(both)
    assert set(engine.attributes) == set()
    (face,) = knowing.see(portrait, embed=False, attributes=both)
    assert face.detail.age_range is not None
    low, high = face.detail.age_range
    assert 15 < low < high < 60
    assert face.detail.gender is not None
    assert face.detail.gender[0] == "Female"
    assert 90 < face.detail.gender[1] <= 100
    (plain,) = knowing.see(portrait, embed=False)
    assert (plain.detail.age_range, plain.detail.gender) == (None, None)
    (unable,) = engine.see(portrait, embed=False, attributes=both)
    assert (unable.detail.age_range, unable.detail.gender) == (None, None)


@pytest.mark.models
def test_dlib_stands_in_with_a_curve_of_its_own(
    weights: Weights, manifest: Mapping[str, ModelSpec], group: Pixels
) -> None:
    need(weights, manifest["dlib"])
    engine = OnnxEngine.from_manifest(manifest, weights, embedding="dlib")
    assert engine.model.startswith("dlib@")
    prints = prints_of(engine.see(group, embed=True))
    assert prints.shape == (6, 128)
    smaller = np.asarray(cv2.resize(group, (960, 664), interpolation=cv2.INTER_AREA))
    again = normalise(prints_of(engine.see(smaller, embed=True)))
    best = engine.calibration.similarity_pct(float(np.diag(prints @ again.T).max()))
    assert best > 90


def test_the_default_needs_no_weights_until_the_first_picture(
    manifest: Mapping[str, ModelSpec],
) -> None:
    def nowhere() -> Path:
        raise ModelUnavailable("nowhere")

    engine = OnnxEngine(
        ReadyModel(manifest["yunet"], nowhere), ReadyModel(manifest["mobilefacenet"], nowhere)
    )
    assert engine.model == manifest["mobilefacenet"].model
    assert engine.calibration == manifest["mobilefacenet"].calibration
    with pytest.raises(ModelUnavailable):
        engine.warm_up()
    with pytest.raises(ModelUnavailable):
        engine.ping()
    with pytest.raises(ModelUnavailable):
        engine.see(np.zeros((64, 64, 3), np.uint8), embed=False)


def test_a_detector_cannot_be_the_embedding(manifest: Mapping[str, ModelSpec]) -> None:
    yunet = ReadyModel(manifest["yunet"], Path)
    with pytest.raises(Misconfigured, match="not an embedding"):
        OnnxEngine(
            yunet,
            ReadyModel(replace(manifest["yunet"], input=manifest["mobilefacenet"].input), Path),
        )
