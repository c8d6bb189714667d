"""The conversions of the manifest, by name."""

from __future__ import annotations

from faceplate.adapters.onnx.convert_dlib import convert_dlib
from faceplate.adapters.onnx.convert_tflite import convert_tflite
from faceplate.adapters.onnx.convert_yunet import free_shape
from faceplate.adapters.onnx.manifest import ModelSpec

CONVERTER_VERSION = 2
"""Raise it when a conversion changes, and every converted file is made anew."""


def convert(spec: ModelSpec, data: bytes) -> bytes:
    """Turn verified weights into the ONNX file the engine loads.

    Raises:
        Misconfigured: Code ``model_not_convertible``: the entry promises another kind of file.
    """
    if spec.convert == "tflite":
        return convert_tflite(data)
    if spec.convert == "dlib-resnet":
        return convert_dlib(data)
    if spec.convert == "dynamic-shape":
        return free_shape(data, any_size=spec.role == "detector")
    return data
