"""Free an ONNX network from the one picture size and batch it was exported with."""

from __future__ import annotations

from typing import Any

import numpy as np

from faceplate.adapters.onnx.graph import not_convertible


def free_shape(data: bytes, *, any_size: bool) -> bytes:
    """Return the network for any batch and, when ``any_size``, any height and width.

    Outputs keep their batch axis. Heights and widths a detector takes must be multiples of its
    largest stride (32 for YuNet).

    Raises:
        Misconfigured: Code ``model_not_convertible``: not an ONNX network of one NCHW input.
    """
    import onnx  # noqa: PLC0415  (30 MB that only a conversion needs)
    from google.protobuf.message import (  # type: ignore[import-untyped]  # noqa: PLC0415
        DecodeError,
    )

    try:
        model = onnx.load_model_from_string(data)
    except DecodeError as exc:
        raise not_convertible("it is not an ONNX file") from exc
    graph = model.graph
    stored = {tensor.name for tensor in graph.initializer}
    inputs = [value for value in graph.input if value.name not in stored]
    if len(inputs) != 1 or len(inputs[0].type.tensor_type.shape.dim) != 4:
        raise not_convertible("it does not take one picture")
    axes = inputs[0].type.tensor_type.shape.dim
    axes[0].dim_param = "N"
    if any_size:
        axes[2].dim_param, axes[3].dim_param = "H", "W"
    for value in graph.output:
        _free_output(value, any_size=any_size)
    del graph.value_info[:]  # shapes inferred for the old input
    _free_reshapes(graph)
    try:
        onnx.checker.check_model(model, full_check=True)
    except (onnx.checker.ValidationError, onnx.shape_inference.InferenceError) as exc:
        raise not_convertible("its shapes contradict each other") from exc
    return bytes(model.SerializeToString(deterministic=True))


def _free_output(value: Any, *, any_size: bool) -> None:
    axes = value.type.tensor_type.shape.dim
    if not axes:
        raise not_convertible("an output has no shape")
    axes[0].dim_param = "N"
    if any_size and len(axes) == 3:  # batch, anchors, numbers of an anchor
        axes[1].dim_param = f"{value.name}_anchors"


def _free_reshapes(graph: Any) -> None:
    """Let reshapes to a batch of exactly 1 take the batch they are given (0 copies the axis)."""
    from onnx import numpy_helper  # noqa: PLC0415

    shapes = {node.input[1] for node in graph.node if node.op_type == "Reshape"}
    for tensor in graph.initializer:
        if tensor.name not in shapes:
            continue
        sizes = np.array(numpy_helper.to_array(tensor))
        if sizes.size and sizes[0] == 1:
            sizes[0] = 0
            tensor.CopyFrom(numpy_helper.from_array(sizes, tensor.name))
