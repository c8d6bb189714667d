"""Turn a small TensorFlow Lite embedding network into ONNX.

Read are the operators MobileFaceNet is made of. Its PReLU is spelled with five operators,
``relu(x) + a/2 * (x - |x|)``; it is written as ``x + (1-a) * relu(-x)`` with two depthwise 1x1
convolutions, which is the same function and keeps onnxruntime in its blocked layout, where the
Relu and the Add become part of the convolutions: a third of the time of a PRelu node.

Source: TensorFlow Lite schema v3; padding rule of SAME from TensorFlow's own documentation.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any

import numpy as np
import numpy.typing as npt

from faceplate.adapters.onnx.graph import GraphWriter, not_convertible

_PADDING_SAME = 0
_NO_ACTIVATION = 0
_PRELU = ("RELU", "ABS", "SUB", "MUL", "ADD")


@dataclass(frozen=True, slots=True)
class _Operator:
    """One operator: its kind, the indices of its tensors, and its options still packed."""

    kind: str
    inputs: tuple[int, ...]
    output: int
    options: Any


class _Network:
    """The one subgraph of a TensorFlow Lite file."""

    def __init__(self, data: bytes) -> None:
        import tflite  # noqa: PLC0415  (only a conversion needs it)

        if data[4:8] != b"TFL3":
            raise not_convertible("it is not a TensorFlow Lite file")
        self._model = tflite.Model.GetRootAsModel(data, 0)
        self._graph = self._model.Subgraphs(0)
        self._kinds = {
            code: kind for kind, code in vars(tflite.BuiltinOperator).items() if kind.isupper()
        }
        self.input = int(self._graph.InputsAsNumpy()[0])
        self.output = int(self._graph.OutputsAsNumpy()[0])

    def shape(self, tensor: int) -> tuple[int, ...]:
        """Return a tensor's shape: batch, height, width, channels."""
        return tuple(int(size) for size in self._graph.Tensors(tensor).ShapeAsNumpy())

    def constant(self, tensor: int) -> npt.NDArray[np.float32] | None:
        """Return a tensor's stored float32 values, or None when it is computed."""
        buffer = self._model.Buffers(self._graph.Tensors(tensor).Buffer())
        if buffer.DataLength() == 0:
            return None
        values = np.frombuffer(buffer.DataAsNumpy().tobytes(), dtype="<f4")
        return values.reshape(self.shape(tensor))

    def weights(self, tensor: int) -> npt.NDArray[np.float32]:
        """Return a tensor's stored values, which must be there."""
        values = self.constant(tensor)
        if values is None:
            raise not_convertible("a convolution has no stored weights")
        return values

    def operators(self) -> list[_Operator]:
        """List the operators in the order they run."""
        found = []
        for place in range(self._graph.OperatorsLength()):
            operator = self._graph.Operators(place)
            code = self._model.OperatorCodes(operator.OpcodeIndex())
            # Codes below 127 are written in the old field, later ones in the new.
            number = max(code.BuiltinCode(), code.DeprecatedBuiltinCode())
            found.append(
                _Operator(
                    kind=self._kinds.get(number, f"operator {number}"),
                    inputs=tuple(int(one) for one in operator.InputsAsNumpy()),
                    output=int(operator.OutputsAsNumpy()[0]),
                    options=operator.BuiltinOptions(),
                )
            )
        return found


def convert_tflite(data: bytes) -> bytes:
    """Return the network as ONNX: ``input`` NCHW of any batch size, ``embedding`` (N, dimensions).

    Raises:
        Misconfigured: Code ``model_not_convertible``: it has an operator that is not read here.
    """
    network, writer = _Network(data), GraphWriter()
    names = {network.input: "input"}
    operators = network.operators()
    place = 0
    while place < len(operators):
        operator = operators[place]
        step = 1
        if operator.kind in ("CONV_2D", "DEPTHWISE_CONV_2D"):
            made = _write_convolution(network, writer, operator, names[operator.inputs[0]])
        elif operator.kind == "RELU":
            step = len(_PRELU)
            group = operators[place : place + step]
            slope = _prelu_slope(network, group)
            made = _write_prelu(writer, names[operator.inputs[0]], slope)
            operator = group[-1]
        elif operator.kind == "ADD":
            made = writer.node("Add", [names[one] for one in operator.inputs])
        elif operator.kind == "RESHAPE" and len(network.shape(operator.output)) == 2:
            # Height and width are 1 by now, so the order of the axes does not matter.
            made = writer.node("Flatten", [names[operator.inputs[0]]], axis=1)
        else:
            raise not_convertible(f"{operator.kind} is not supported")
        names[operator.output] = made
        place += step
    _, height, width, channels = network.shape(network.input)
    dimensions = network.shape(network.output)[-1]
    return writer.finish("tflite", (channels, height, width), names[network.output], dimensions)


def _write_convolution(
    network: _Network, writer: GraphWriter, operator: _Operator, source: str
) -> str:
    import tflite  # noqa: PLC0415

    depthwise = operator.kind == "DEPTHWISE_CONV_2D"
    options = tflite.DepthwiseConv2DOptions() if depthwise else tflite.Conv2DOptions()
    options.Init(operator.options.Bytes, operator.options.Pos)
    dilated = options.DilationHFactor() != 1 or options.DilationWFactor() != 1
    if dilated or options.FusedActivationFunction() != _NO_ACTIVATION:
        raise not_convertible("a convolution is dilated or has a fused activation")
    stored = network.weights(operator.inputs[1])
    # Stored are (out, height, width, in) and, depthwise, (1, height, width, channels).
    weights = stored.transpose(3, 0, 1, 2) if depthwise else stored.transpose(0, 3, 1, 2)
    before, after = network.shape(operator.inputs[0]), network.shape(operator.output)
    strides = (options.StrideH(), options.StrideW())
    pads = (0, 0, 0, 0)
    if options.Padding() == _PADDING_SAME:
        top, bottom = _same_pads(before[1], after[1], weights.shape[2], strides[0])
        left, right = _same_pads(before[2], after[2], weights.shape[3], strides[1])
        pads = (top, left, bottom, right)
    return writer.conv(
        source,
        weights,
        network.weights(operator.inputs[2]),
        strides=strides,
        pads=pads,
        groups=before[3] if depthwise else 1,
    )


def _same_pads(before: int, after: int, kernel: int, stride: int) -> tuple[int, int]:
    """Return the padding at the start and the end; an odd pixel goes to the end."""
    total = max((after - 1) * stride + kernel - before, 0)
    return total // 2, total - total // 2


def _prelu_slope(network: _Network, group: Sequence[_Operator]) -> npt.NDArray[np.float32]:
    """Return the slope for negative values of the PReLU that five operators spell."""
    if tuple(operator.kind for operator in group) != _PRELU:
        raise not_convertible("a RELU is not part of a PReLU")
    relu, absolute, minus, times, plus = group
    tied = (
        absolute.inputs == relu.inputs
        and minus.inputs == (relu.inputs[0], absolute.output)
        and minus.output in times.inputs
        and set(plus.inputs) == {relu.output, times.output}
    )
    stored = [
        one for one in (network.constant(tensor) for tensor in times.inputs) if one is not None
    ]
    if not tied or len(stored) != 1:
        raise not_convertible("a RELU is not part of a PReLU")
    return 2 * stored[0].ravel()


def _write_prelu(writer: GraphWriter, source: str, slope: npt.NDArray[np.float32]) -> str:
    channels = len(slope)
    shape = (channels, 1, 1, 1)
    turned = writer.conv(source, np.full(shape, -1, np.float32), groups=channels)
    negative = writer.node("Relu", [turned])
    added = writer.conv(negative, (1 - slope).reshape(shape), groups=channels)
    return writer.node("Add", [added, source])
