"""Turn dlib's face recognition network into ONNX.

The file is dlib's own serialisation. The network's shape is fixed, so only the tensors are read, in
the order they must come; what lies between them (names, learning rates) is stepped over.

Source: dlib ``tools/python`` and ``examples/dnn_face_recognition_ex.cpp`` (public network
definition, residual blocks of He et al. 2015 with affine layers); ``tensor.cpp`` for the layout.
"""

from __future__ import annotations

import numpy as np
import numpy.typing as npt

from faceplate.adapters.onnx.graph import GraphWriter, not_convertible

INPUT_PX = 150
DIMENSIONS = 128

_LEVELS = ((32, False, 3), (64, True, 3), (128, True, 2), (256, True, 2), (256, True, 0))
"""From the input on: channels, whether a halving block comes first, then how many plain ones."""


class _Tensors:
    """The tensors of a dlib file, in order."""

    def __init__(self, data: bytes) -> None:
        self._data = data
        self._position = 0

    def next(self, *shape: int) -> npt.NDArray[np.float32]:
        """Return the next tensor of exactly this shape, given as dlib's first dimensions."""
        sizes = (*shape, 1, 1, 1)[:4]
        header = b"".join(_integer(number) for number in (2, *sizes))
        start = self._data.find(header, self._position)
        count = int(np.prod(sizes))
        end = start + len(header) + 4 * count
        if start < 0 or end > len(self._data):
            raise not_convertible("it is not dlib's face recognition network")
        values = np.frombuffer(self._data, "<f4", count, start + len(header))
        if not np.isfinite(values).all():
            raise not_convertible("it is not dlib's face recognition network")
        self._position = end
        return values


def _integer(number: int) -> bytes:
    """Encode a whole number as dlib does: how many bytes, then the bytes, lowest first."""
    length = max(1, (number.bit_length() + 7) // 8)
    return bytes((length,)) + number.to_bytes(length, "little")


class _Writer:
    """Write the network layer by layer, ``side_px`` being the size of the last layer."""

    def __init__(self, tensors: _Tensors) -> None:
        self.graph = GraphWriter()
        self._tensors = tensors

    def convolution(
        self, source: str, channels: tuple[int, int], kernel: int, *, stride: int, pad: int
    ) -> str:
        """Write a convolution with the affine layer after it folded in; channels are in, out."""
        given, made = channels
        stored = self._tensors.next(made * given * kernel * kernel + made)
        affine = self._tensors.next(2 * made)
        scale, shift = affine[:made], affine[made:]
        weights = stored[:-made].reshape(made, given, kernel, kernel) * scale.reshape(-1, 1, 1, 1)
        bias = stored[-made:] * scale + shift
        return self.graph.conv(
            source, weights, bias, strides=(stride, stride), pads=(pad, pad, pad, pad)
        )

    def residual(self, source: str, channels: int) -> str:
        """Write a plain block: two convolutions added to what came in."""
        inner = self.convolution(source, (channels, channels), 3, stride=1, pad=1)
        inner = self.graph.node("Relu", [inner])
        inner = self.convolution(inner, (channels, channels), 3, stride=1, pad=1)
        return self.graph.node("Relu", [self.graph.node("Add", [source, inner])])

    def halving(self, source: str, channels: tuple[int, int], side_px: int) -> tuple[str, int]:
        """Write a block that halves the size; return its output and the new side."""
        given, made = channels
        inner = self.convolution(source, channels, 3, stride=2, pad=0)
        inner = self.graph.node("Relu", [inner])
        inner = self.convolution(inner, (made, made), 3, stride=1, pad=1)
        inner_px = (side_px - 3) // 2 + 1
        pooled = self.graph.node("AveragePool", [source], kernel_shape=[2, 2], strides=[2, 2])
        pooled_px = side_px // 2
        # dlib adds tensors of unequal size as if the smaller went on with zeros.
        largest_px = max(inner_px, pooled_px)
        pooled = self._grow(pooled, made - given, largest_px - pooled_px)
        inner = self._grow(inner, 0, largest_px - inner_px)
        return self.graph.node("Relu", [self.graph.node("Add", [pooled, inner])]), largest_px

    def fully_connected(self, source: str, given: int, made: int) -> str:
        """Write the last layer, which has no bias."""
        weights = self._tensors.next(given, made).reshape(given, made)
        return self.graph.node("MatMul", [source, self.graph.constant(weights)])

    def _grow(self, source: str, channels: int, side_px: int) -> str:
        if not channels and not side_px:
            return source
        pads = np.array([0, 0, 0, 0, 0, channels, side_px, side_px], dtype=np.int64)
        return self.graph.node("Pad", [source, self.graph.constant(pads)])


def convert_dlib(data: bytes) -> bytes:
    """Return the network as ONNX: ``input`` (N, 3, 150, 150) to ``embedding`` (N, 128).

    Raises:
        Misconfigured: Code ``model_not_convertible``: it is not this network.
    """
    writer = _Writer(_Tensors(data))
    graph = writer.graph
    layer = graph.node("Relu", [writer.convolution("input", (3, 32), 7, stride=2, pad=0)])
    layer = graph.node("MaxPool", [layer], kernel_shape=[3, 3], strides=[2, 2])
    side_px = ((INPUT_PX - 7) // 2 + 1 - 3) // 2 + 1
    given = 32
    for channels, halves, blocks in _LEVELS:
        if halves:
            layer, side_px = writer.halving(layer, (given, channels), side_px)
        for _ in range(blocks):
            layer = writer.residual(layer, channels)
        given = channels
    layer = graph.node("Flatten", [graph.node("GlobalAveragePool", [layer])])
    layer = writer.fully_connected(layer, given, DIMENSIONS)
    return graph.finish("dlib_resnet", (3, INPUT_PX, INPUT_PX), layer, DIMENSIONS)
