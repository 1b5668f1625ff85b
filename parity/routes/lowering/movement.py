"""Layers that move values, and those that do nothing at inference."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

from parity.operators.build import Named
from parity.routes.lowering.table import Writer, lowers, rank, spatial


@lowers(
    "layers",
    "ActivityRegularization",
    "AlphaDropout",
    "Dropout",
    "GaussianDropout",
    "GaussianNoise",
    "Identity",
    "SpatialDropout1D",
    "SpatialDropout2D",
    "SpatialDropout3D",
    integers=True,
)
@lowers("applications", "StochasticDepth")
@lowers("ops", "StopGradient", "Copy")
def _nothing(op: Writer, layer: Any, x: Named) -> Any:
    return op.Identity(x)


@lowers("layers", "Flatten", integers=True)
def _flattened(op: Writer, layer: Any, x: Named) -> Any:
    """In the order of channels last, whatever comes in."""
    if layer.data_format == "channels_first" and rank(x) > 1:
        x = op.turned(x, (0, *range(2, rank(x)), 1))
    return op.Reshape(x, op.integers(*((0, -1) if rank(x) > 1 else (-1, 1))))


@lowers("layers", "Reshape", integers=True)
def _reshaped(op: Writer, layer: Any, x: Named) -> Any:
    return op.Reshape(x, op.integers(0, *(-1 if n is None else n for n in layer.target_shape)))


@lowers("layers", "Permute", integers=True)
def _permuted(op: Writer, layer: Any, x: Named) -> Any:
    return op.Transpose(x, perm=(0, *layer.dims))


@lowers("layers", "RepeatVector", integers=True)
def _repeated(op: Writer, layer: Any, x: Named) -> Any:
    return op.Expand(op.Unsqueeze(x, op.integers(1)), op.integers(1, layer.n, 1))


def _sides(layer: Any, given: Any) -> Sequence[tuple[int, int]]:
    """(before, after) of each spatial axis; layers of one axis keep the pair alone."""
    return [tuple(given)] if isinstance(given[0], int) else [tuple(side) for side in given]


@lowers("layers", "ZeroPadding1D", "ZeroPadding2D", "ZeroPadding3D", integers=True)
def _padded(op: Writer, layer: Any, x: Named) -> Any:
    sides = _sides(layer, layer.padding)
    axes = spatial(x, getattr(layer, "data_format", "channels_last"))
    edges = [(0, 0)] * rank(x)
    for axis, side in zip(axes, sides, strict=True):
        edges[axis] = side
    return op.Pad(x, op.integers(*(before for before, _ in edges), *(after for _, after in edges)))


@lowers("layers", "Cropping1D", "Cropping2D", "Cropping3D", integers=True)
def _cropped(op: Writer, layer: Any, x: Named) -> Any:
    sides = _sides(layer, layer.cropping)
    axes = spatial(x, getattr(layer, "data_format", "channels_last"))
    ends = [x.shape[a] - after for a, (_, after) in zip(axes, sides, strict=True)]
    return op.Slice(x, op.integers(*(before for before, _ in sides)), op.integers(*ends), op.integers(*axes))
