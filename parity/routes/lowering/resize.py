"""Images made larger or smaller."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

import numpy as np

from parity.errors import Unsupported
from parity.operators.build import Named
from parity.routes.lowering.table import Writer, lowers, spatial


@lowers("layers", "UpSampling1D", "UpSampling2D", "UpSampling3D")
def _larger(op: Writer, layer: Any, x: Named) -> Any:
    axes = spatial(x, getattr(layer, "data_format", "channels_last"))
    size = (layer.size,) if isinstance(layer.size, int) else tuple(layer.size)
    wanted = [x.shape[a] * n for a, n in zip(axes, size, strict=True)]
    return resized(op, x, axes, wanted, getattr(layer, "interpolation", "nearest"))


@lowers("layers", "Resizing")
def _of_one_size(op: Writer, layer: Any, x: Named, training: bool = False) -> Any:
    """In training too."""
    for setting in ("crop_to_aspect_ratio", "pad_to_aspect_ratio", "antialias"):
        if getattr(layer, setting, False):
            raise Unsupported(f"{setting}=True")
    if len(x.shape) != 4:
        raise Unsupported("an image without a batch")
    return resized(op, x, spatial(x, layer.data_format), (layer.height, layer.width), layer.interpolation)


@lowers("ops", "Resize")
def _operation(op: Writer, operation: Any, x: Named) -> Any:
    for setting in ("crop_to_aspect_ratio", "pad_to_aspect_ratio", "antialias"):
        if getattr(operation, setting, False):
            raise Unsupported(f"{setting}=True")
    return resized(op, x, spatial(x, operation.data_format), operation.size, operation.interpolation)


def resized(op: Writer, x: Named, axes: Sequence[int], sizes: Sequence[int], interpolation: str) -> Any:
    """By pixel centres, as TensorFlow does it since its second version; the nearest is the element that a centre lies in."""
    if interpolation not in ("nearest", "bilinear"):
        raise Unsupported(f"interpolation={interpolation!r}")
    how: dict[str, Any] = dict(coordinate_transformation_mode="half_pixel", axes=tuple(axes))
    if interpolation == "nearest":
        how |= dict(mode="nearest", nearest_mode="round_prefer_ceil")
    else:
        how |= dict(mode="linear")
    return op.Resize(x, None, None, op.constant(np.asarray(sizes, np.int64)), **how)
