"""The embedded face engine: YuNet and one embedding network over onnxruntime."""

from __future__ import annotations

from collections.abc import Callable, Collection, Mapping, Sequence
from dataclasses import dataclass, replace
from functools import partial
from pathlib import Path

import cv2
import numpy as np

from faceplate.adapters.onnx.alignment import Patch, patches_around
from faceplate.adapters.onnx.attributes import AgeModel, GenderModel
from faceplate.adapters.onnx.boxes import Detections, Floats
from faceplate.adapters.onnx.detector import YuNet
from faceplate.adapters.onnx.embedding import ACCURATE_SIZES, FAST_SIZES, Embedder
from faceplate.adapters.onnx.landmarks import refine
from faceplate.adapters.onnx.manifest import ModelSpec
from faceplate.adapters.onnx.pose import estimate_poses
from faceplate.adapters.onnx.quality import measure_quality
from faceplate.adapters.onnx.scales import FaceFinder
from faceplate.adapters.onnx.session import Session
from faceplate.adapters.onnx.weights import Weights
from faceplate.domain.errors import Misconfigured
from faceplate.domain.faces import BoundingBox, FaceDetail, Landmark, Pixels, SeenFace
from faceplate.domain.matching import Calibration

LANDMARK_KINDS = ("eyeLeft", "eyeRight", "nose", "mouthLeft", "mouthRight")
"""YuNet's order: for an upright face, the picture's left before its right."""


@dataclass(frozen=True, slots=True)
class ReadyModel:
    """A manifest entry, and where its ONNX file is; ``locate`` is asked once, at loading."""

    spec: ModelSpec
    locate: Callable[[], Path]


class OnnxEngine:
    """Find faces, describe them, and make faceprints. Safe to call from several threads.

    A faceprint is the mean over a face and its mirror image; with ``accurate`` over twice as many
    views of it, at twice the time. Faceprints of both kinds can be compared. Models are loaded at
    the first picture or by `warm_up`. Age and gender are computed only where their models are
    given.
    """

    def __init__(
        self,
        detector: ReadyModel,
        embedding: ReadyModel,
        *,
        accurate: bool = False,
        threads: int = 1,
        age: ReadyModel | None = None,
        gender: ReadyModel | None = None,
    ) -> None:
        # The callers' threads are the parallelism; OpenCV's own would fight them for the cores.
        cv2.setNumThreads(1)
        self._spec = embedding.spec
        self._calibration = _calibration(embedding.spec, accurate=accurate)
        self._sessions: list[Session] = []
        self._detector = YuNet(self._session(detector, threads))
        self._finder = FaceFinder(self._detector)
        self._embedder = Embedder(
            self._session(embedding, threads),
            embedding.spec.input,
            ACCURATE_SIZES if accurate else FAST_SIZES,
        )
        self._age = AgeModel(self._session(age, threads), age.spec.input) if age else None
        self._gender = (
            GenderModel(self._session(gender, threads), gender.spec.input) if gender else None
        )

    @classmethod
    def from_manifest(
        cls,
        manifest: Mapping[str, ModelSpec],
        weights: Weights,
        *,
        embedding: str = "auto",
        accurate: bool = False,
        attributes: Collection[str] = (),
    ) -> OnnxEngine:
        """Put an engine together from the models of a manifest.

        ``embedding`` is a name of the manifest, or ``auto`` for the default one, or its fallback
        where only that is on this machine. ``attributes`` are of ``AGE_RANGE`` and ``GENDER``.

        Raises:
            ModelUnavailable: There is no embedding of that name.
        """

        def ready(spec: ModelSpec) -> ReadyModel:
            return ReadyModel(spec, partial(weights.onnx_path, spec))

        wanted = None if embedding == "auto" else embedding
        return cls(
            ready(_of_role(manifest, "detector")),
            ready(weights.choose_embedding(manifest, wanted).spec),
            accurate=accurate,
            age=ready(_of_role(manifest, "age")) if "AGE_RANGE" in attributes else None,
            gender=ready(_of_role(manifest, "gender")) if "GENDER" in attributes else None,
        )

    def _session(self, model: ReadyModel, threads: int) -> Session:
        session = Session(model.locate, threads=threads)
        self._sessions.append(session)
        return session

    @property
    def model(self) -> str:
        """Name and version of the embedding, as in ``mobilefacenet@1.0``."""
        return self._spec.model

    @property
    def dimensions(self) -> int:
        """Length of a faceprint."""
        return self._spec.dimensions or 0

    @property
    def calibration(self) -> Calibration:
        """The curve fitted for this embedding in this mode."""
        return self._calibration

    @property
    def attributes(self) -> Collection[str]:
        """Those of ``AGE_RANGE`` and ``GENDER`` whose models were given."""
        given = (("AGE_RANGE", self._age), ("GENDER", self._gender))
        return frozenset(name for name, model in given if model is not None)

    def see(
        self, pixels: Pixels, *, embed: bool, attributes: Collection[str] = ()
    ) -> Sequence[SeenFace]:
        """Find every face, largest box first, with a faceprint each when ``embed``."""
        found = self._finder.find(pixels)
        if not len(found):
            return []
        found = found.take(np.argsort(-found.boxes[:, 2:].prod(axis=1), kind="stable"))
        patches = refine(self._detector, patches_around(pixels, found.points))
        details = self._describe(pixels, found, patches)
        details = self._add_attributes(details, patches, attributes)
        prints = self._embedder.embed(patches) if embed else [None] * len(patches)
        return [
            SeenFace(detail=detail, min_side_px=float(box[2:].min()), embedding=print_)
            for detail, box, print_ in zip(details, found.boxes, prints, strict=True)
        ]

    def embed_only(self, pixels: Pixels, faces: Sequence[SeenFace]) -> Sequence[SeenFace]:
        """Add faceprints to faces that `see` found in the same pixels, in the same order."""
        if not faces:
            return []
        points = np.stack([_points_of(face.detail, pixels) for face in faces])
        patches = patches_around(pixels, points)
        return [
            replace(face, embedding=embedding)
            for face, embedding in zip(faces, self._embedder.embed(patches), strict=True)
        ]

    def warm_up(self) -> None:
        """Load every model now rather than at the first picture.

        Raises:
            ModelUnavailable, ModelCorrupt: The weights are missing or wrong.
        """
        for session in self._sessions:
            session.load()

    def ping(self) -> None:
        """Raise when the engine could not serve the next picture.

        Raises:
            ModelUnavailable, ModelCorrupt: The weights are missing or wrong.
        """
        self.warm_up()

    def _describe(
        self, pixels: Pixels, found: Detections, patches: Sequence[Patch]
    ) -> list[FaceDetail]:
        height, width = pixels.shape[:2]
        points = np.stack([patch.in_picture(patch.points) for patch in patches])
        boxes = (found.boxes / np.array((width, height) * 2, np.float32)).tolist()
        marks = (points / np.array((width, height), np.float32)).tolist()
        return [
            FaceDetail(
                box=BoundingBox(*box),
                confidence=100.0 * float(score),
                landmarks=tuple(map(Landmark, LANDMARK_KINDS, *zip(*places, strict=True))),
                pose=pose,
                quality=measure_quality(patch),
            )
            for box, score, places, pose, patch in zip(
                boxes, found.scores, marks, estimate_poses(points), patches, strict=True
            )
        ]

    def _add_attributes(
        self, details: list[FaceDetail], patches: Sequence[Patch], wanted: Collection[str]
    ) -> list[FaceDetail]:
        if self._age is not None and "AGE_RANGE" in wanted:
            ranges = self._age.ranges(patches)
            details = [
                replace(one, age_range=years) for one, years in zip(details, ranges, strict=True)
            ]
        if self._gender is not None and "GENDER" in wanted:
            guesses = self._gender.guesses(patches)
            details = [
                replace(one, gender=guess) for one, guess in zip(details, guesses, strict=True)
            ]
        return details


def _of_role(manifest: Mapping[str, ModelSpec], role: str) -> ModelSpec:
    """Return the first model of a role, a default one before others."""
    models = sorted(
        (spec for spec in manifest.values() if spec.role == role), key=lambda spec: not spec.default
    )
    if not models:
        raise Misconfigured(f"The manifest has no model of role {role}.", code="manifest_invalid")
    return models[0]


def _calibration(spec: ModelSpec, *, accurate: bool) -> Calibration:
    curve = spec.calibration_accurate if accurate else spec.calibration
    if curve is None:
        raise Misconfigured(
            f"The model {spec.model} has no calibration: it is not an embedding.",
            code="manifest_invalid",
        )
    return curve


def _points_of(detail: FaceDetail, pixels: Pixels) -> Floats:
    """Return the five points in pixels of the picture, in YuNet's order."""
    by_kind = {mark.kind: (mark.x, mark.y) for mark in detail.landmarks}
    size = np.array((pixels.shape[1], pixels.shape[0]), np.float32)
    points: Floats = np.array([by_kind[kind] for kind in LANDMARK_KINDS], np.float32) * size
    return points
