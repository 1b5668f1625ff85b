"""Pooling over windows and over everything."""

from __future__ import annotations

from typing import Any

from parity.operators.build import Named
from parity.routes.lowering.convolution import pads
from parity.routes.lowering.table import Writer, as_before, channels_first, lowers, spatial


def _window(layer: Any, image: Named) -> dict[str, Any]:
    kernel, strides = tuple(layer.pool_size), tuple(layer.strides)
    around = pads(layer.padding, image.shape[2:], kernel, strides, (1,) * len(kernel))
    return dict(kernel_shape=kernel, strides=strides, pads=around)


@lowers("layers", "MaxPooling1D", "MaxPooling2D", "MaxPooling3D")
def _largest(op: Writer, layer: Any, x: Named) -> Any:
    image = channels_first(op, x, layer.data_format)
    return as_before(op, op.MaxPool(image, **_window(layer, image)), layer.data_format)


@lowers("layers", "AveragePooling1D", "AveragePooling2D", "AveragePooling3D")
def _average(op: Writer, layer: Any, x: Named) -> Any:
    """Padding is not counted."""
    image = channels_first(op, x, layer.data_format)
    return as_before(op, op.AveragePool(image, **_window(layer, image), count_include_pad=0), layer.data_format)


@lowers("layers", "GlobalAveragePooling1D", "GlobalAveragePooling2D", "GlobalAveragePooling3D")
def _average_of_all(op: Writer, layer: Any, x: Named) -> Any:
    return op.ReduceMean(x, op.integers(*spatial(x, layer.data_format)), keepdims=int(layer.keepdims))


@lowers("layers", "GlobalMaxPooling1D", "GlobalMaxPooling2D", "GlobalMaxPooling3D")
def _largest_of_all(op: Writer, layer: Any, x: Named) -> Any:
    return op.ReduceMax(x, op.integers(*spatial(x, layer.data_format)), keepdims=int(layer.keepdims))
