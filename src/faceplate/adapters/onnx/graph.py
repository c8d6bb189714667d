"""Writing an ONNX graph, node by node."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

import numpy as np
import numpy.typing as npt

from faceplate.domain.errors import Misconfigured

OPSET = 13
IR_VERSION = 8


class GraphWriter:
    """Collect nodes and constants; `finish` turns them into the bytes of a checked model."""

    def __init__(self) -> None:
        self._nodes: list[Any] = []
        self._constants: list[Any] = []

    def constant(self, value: npt.NDArray[Any]) -> str:
        """Keep an array inside the model and return its name."""
        from onnx import numpy_helper  # noqa: PLC0415  (30 MB that only a conversion needs)

        name = f"c{len(self._constants)}"
        self._constants.append(numpy_helper.from_array(np.ascontiguousarray(value), name))
        return name

    def node(
        self, operator: str, inputs: Sequence[str], output: str | None = None, **attributes: object
    ) -> str:
        """Append a node and return the name of its output."""
        from onnx import helper  # noqa: PLC0415

        name = output or f"n{len(self._nodes)}"
        self._nodes.append(helper.make_node(operator, list(inputs), [name], **attributes))
        return name

    def conv(
        self,
        source: str,
        weights: npt.NDArray[np.float32],
        bias: npt.NDArray[np.float32] | None = None,
        *,
        strides: tuple[int, int] = (1, 1),
        pads: tuple[int, int, int, int] = (0, 0, 0, 0),
        groups: int = 1,
        output: str | None = None,
    ) -> str:
        """Append a convolution; weights (out, in / groups, height, width), pads top left first."""
        inputs = [source, self.constant(weights)]
        if bias is not None:
            inputs.append(self.constant(bias))
        return self.node(
            "Conv",
            inputs,
            output,
            kernel_shape=list(weights.shape[2:]),
            strides=list(strides),
            pads=list(pads),
            group=groups,
        )

    def finish(
        self, name: str, input_shape: tuple[int, int, int], output: str, dimensions: int
    ) -> bytes:
        """Return the model: ``input`` (N, *input_shape) to ``embedding`` (N, dimensions)."""
        import onnx  # noqa: PLC0415

        self.node("Identity", [output], "embedding")
        float32 = onnx.TensorProto.FLOAT
        graph = onnx.helper.make_graph(
            self._nodes,
            name,
            [onnx.helper.make_tensor_value_info("input", float32, ["N", *input_shape])],
            [onnx.helper.make_tensor_value_info("embedding", float32, ["N", dimensions])],
            self._constants,
        )
        model = onnx.helper.make_model(
            graph,
            opset_imports=[onnx.helper.make_opsetid("", OPSET)],
            ir_version=IR_VERSION,
            producer_name="faceplate",
        )
        onnx.checker.check_model(model, full_check=True)
        return bytes(model.SerializeToString(deterministic=True))


def not_convertible(why: str) -> Misconfigured:
    """Make the error for a weights file whose network is not the one its entry promises."""
    return Misconfigured(
        f"The weights file cannot be converted: {why}. "
        "Check the entry's `convert` in the model manifest.",
        code="model_not_convertible",
    )
