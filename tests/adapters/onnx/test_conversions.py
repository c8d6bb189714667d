"""Conversions give the network they were given, checked on numbers."""

from __future__ import annotations

import numpy as np
import numpy.typing as npt
import onnx
import onnxruntime
import pytest

from faceplate.adapters.onnx.convert import convert
from faceplate.adapters.onnx.convert_dlib import convert_dlib
from faceplate.adapters.onnx.convert_tflite import convert_tflite
from faceplate.adapters.onnx.convert_yunet import free_shape
from faceplate.adapters.onnx.manifest import ModelSpec, load_manifest
from faceplate.adapters.onnx.weights import Weights
from faceplate.domain.errors import Misconfigured

MANIFEST = load_manifest()
Values = npt.NDArray[np.float32]


def available(weights: Weights, name: str) -> ModelSpec:
    spec = MANIFEST[name]
    if not weights.status(spec).ok:
        pytest.skip(f"the weights of {name} were not pulled")
    return spec


def convert_anew(weights: Weights, spec: ModelSpec) -> bytes:
    """Convert the source file, whatever was converted before."""
    path = weights.status(spec).path
    assert path is not None
    return convert(spec, path.read_bytes())


def run(network: bytes, values: Values) -> list[Values]:
    options = onnxruntime.SessionOptions()
    options.intra_op_num_threads = 1
    session = onnxruntime.InferenceSession(network, options)
    return list(session.run(None, {"input": values}))


def waves(count: int, side_px: int, scale: float) -> Values:
    """Smooth, different pictures that need no random generator to stay the same."""
    place = np.linspace(0, 6, side_px)
    made = [
        [np.sin(place * (1 + n + c))[:, None] * np.cos(place * (2 + n))[None] for c in range(3)]
        for n in range(count)
    ]
    return (np.array(made) * scale).astype(np.float32)


@pytest.mark.models
@pytest.mark.parametrize("name", ["mobilefacenet", "dlib"])
def test_an_embedding_is_what_it_was_when_checked_against_its_own_runtime(
    weights: Weights, name: str
) -> None:
    spec = available(weights, name)
    (made,) = run(convert_anew(weights, spec), waves(2, spec.input.size_px, 0.5))
    assert made.shape == (2, spec.dimensions)
    assert np.abs(made[:, :4] - PINNED[name]).max() < 1e-3


@pytest.mark.models
@pytest.mark.parametrize("name", ["yunet", "mobilefacenet", "dlib"])
def test_a_batch_gives_what_single_runs_give(weights: Weights, name: str) -> None:
    spec = available(weights, name)
    side_px = 96 if name == "yunet" else spec.input.size_px
    values = waves(3, side_px, 100.0 if name == "yunet" else 0.5)
    network = convert_anew(weights, spec)
    together = run(network, values)
    apart = [run(network, values[at : at + 1]) for at in range(3)]
    for place, output in enumerate(together):
        assert output.shape[0] == 3
        assert np.abs(output - np.concatenate([one[place] for one in apart])).max() < 1e-4


@pytest.mark.models
def test_the_detector_takes_any_multiple_of_32(weights: Weights) -> None:
    spec = available(weights, "yunet")
    outputs = run(convert_anew(weights, spec), np.zeros((1, 3, 160, 224), np.float32))
    assert [output.shape for output in outputs[:3]] == [(1, 560, 1), (1, 140, 1), (1, 35, 1)]


def dlib_file(last: float, *, missing: int = 0) -> bytes:
    """Write dlib's network with small constant weights, between other bytes as dlib has them."""

    def number(value: int) -> bytes:
        length = max(1, (value.bit_length() + 7) // 8)
        return bytes((length,)) + value.to_bytes(length, "little")

    def tensor(value: float, *shape: int) -> bytes:
        sizes = (*shape, 1, 1, 1)[:4]
        values = np.full(int(np.prod(shape)), value, "<f4")
        return b"name" + b"".join(map(number, (2, *sizes))) + values.tobytes()

    levels = [(32, 32)] * 6 + [(32, 64), (64, 64), *[(64, 64)] * 6, (64, 128), (128, 128)]
    levels += [(128, 128)] * 4 + [(128, 256), (256, 256), *[(256, 256)] * 4]
    levels += [(256, 256)] * 2
    parts = [tensor(0.001, 3 * 32 * 49 + 32), tensor(1, 64)]
    for given, made in levels:
        parts += [tensor(0.001, given * made * 9 + made), tensor(1, 2 * made)]
    return b"".join(parts[: len(parts) - missing]) + tensor(last, 256, 128)


def test_dlibs_layers_are_read_in_their_order() -> None:
    picture = np.ones((2, 3, 150, 150), np.float32)
    (once,) = run(convert_dlib(dlib_file(0.5)), picture)
    (twice,) = run(convert_dlib(dlib_file(1.0)), picture)
    assert once.shape == (2, 128)
    assert once.min() > 0
    assert np.allclose(2 * once, twice, rtol=1e-4)


@pytest.mark.parametrize("data", [dlib_file(1, missing=2), dlib_file(1)[:-8], dlib_file(np.nan)])
def test_a_dlib_file_with_something_missing_is_refused(data: bytes) -> None:
    with pytest.raises(Misconfigured, match="not dlib's face recognition network"):
        convert_dlib(data)


def test_a_model_without_conversion_stays_as_it_is() -> None:
    assert convert(MANIFEST["age"], b"bytes") == b"bytes"


@pytest.mark.parametrize(
    "data", [b"", b"nonsense" * 100, b"\x01\x02" * 1_000], ids=["empty", "text", "tensor marks"]
)
def test_other_files_are_refused_in_our_words(data: bytes) -> None:
    for read in (convert_tflite, convert_dlib, lambda raw: free_shape(raw, any_size=True)):
        with pytest.raises(Misconfigured) as failure:
            read(data)
        assert failure.value.code == "model_not_convertible"


def make_network(input_shape: list[int], nodes: list[onnx.NodeProto], rank: int = 2) -> bytes:
    value = onnx.helper.make_tensor_value_info
    graph = onnx.helper.make_graph(
        nodes,
        "network",
        [value("input", onnx.TensorProto.FLOAT, input_shape)],
        [value("made", onnx.TensorProto.FLOAT, [1] * rank)],
    )
    return bytes(onnx.helper.make_model(graph).SerializeToString())


@pytest.mark.parametrize(
    ("data", "says"),
    [
        (
            make_network([1, 12], [onnx.helper.make_node("Relu", ["input"], ["made"])]),
            "does not take one picture",
        ),
        (
            make_network([1, 3, 2, 2], [onnx.helper.make_node("Relu", ["other"], ["made"])], 4),
            "contradict each other",
        ),
        (
            make_network([1, 3, 2, 2], [onnx.helper.make_node("Relu", ["input"], ["made"])], 0),
            "an output has no shape",
        ),
    ],
)
def test_networks_that_cannot_be_freed_are_refused(data: bytes, says: str) -> None:
    with pytest.raises(Misconfigured, match=says):
        free_shape(data, any_size=False)


PINNED = {
    # by LiteRT 2.3 from the TensorFlow Lite file itself
    "mobilefacenet": [[-0.10318, 0.73483, 0.48322, 0.0034], [-0.4169, 0.89181, 0.54629, -0.26834]],
    # by a second, independent reading of dlib's file
    "dlib": [[-0.03758, 0.06982, 0.02958, 0.01431], [-0.07963, 0.16125, 0.05846, 0.00654]],
}
