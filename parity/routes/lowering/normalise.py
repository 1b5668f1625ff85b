"""Normalisation, by stored numbers and by statistics."""

from __future__ import annotations

from typing import Any

import numpy as np

from parity.errors import Unsupported
from parity.operators.build import Named
from parity.routes.lowering.table import Writer, lowers, rank, to_numpy, wider

STASH = {"float32": 1, "float64": 11}  #: ONNX's numbers of the types in which statistics are taken


def _filled(op: Writer, given: Named | None, value: float, n: int, dtype: str) -> Any:
    """A vector that is there, or one of a constant."""
    return given if given is not None else op.as_type(op.constant(np.full(n, value, np.float32)), dtype)


def _scale_and_shift(op: Writer, layer: Any, n: int, dtype: str) -> tuple[Named, Named]:
    """gamma and beta, or what changes nothing where a layer has none."""
    return (
        _filled(op, op.weight(layer.gamma, dtype) if layer.scale else None, 1.0, n, dtype),
        _filled(op, op.weight(layer.beta, dtype) if layer.center else None, 0.0, n, dtype),
    )


def _second(op: Writer, x: Named, axis: int) -> tuple[Named, tuple[int, ...]]:
    """A value with one axis brought to the second place, and the order that leads back."""
    axis %= rank(x)
    order = (0, axis, *(a for a in range(1, rank(x)) if a != axis))
    return op.turned(x, order), tuple(int(a) for a in np.argsort(order))


@lowers("layers", "BatchNormalization")
def _batch(op: Writer, layer: Any, x: Named) -> Any:
    """By the moving statistics. Half types are widened first, as Keras does it."""
    wide = wider(x.dtype)
    image, back = _second(op, op.as_type(x, wide), layer.axis)
    y = op.BatchNormalization(
        image,
        *_scale_and_shift(op, layer, image.shape[1], wide),
        op.weight(layer.moving_mean, wide),
        op.weight(layer.moving_variance, wide),
        epsilon=float(layer.epsilon),
    )
    return op.as_type(op.turned(y, back), layer.compute_dtype)


@lowers("layers", "LayerNormalization")
def _of_a_layer(op: Writer, layer: Any, x: Named) -> Any:
    """Over axes that are brought to the end."""
    if getattr(layer, "rms_scaling", False):
        raise Unsupported("rms_scaling")
    given = [layer.axis] if isinstance(layer.axis, int) else list(layer.axis)
    axes = [a % rank(x) for a in given]
    if axes != sorted(axes):
        raise Unsupported(f"axis={layer.axis}, which is not in order")
    order = (*(a for a in range(rank(x)) if a not in axes), *axes)
    wide, sizes = wider(x.dtype), tuple(x.shape[a] for a in axes)
    rows = op.turned(op.as_type(x, wide), order)
    scale = op.weight(layer.gamma, wide) if layer.scale else op.as_type(op.constant(np.ones(sizes, np.float32)), wide)
    y = op.LayerNormalization(
        rows,
        scale,
        op.weight(layer.beta, wide) if layer.center else None,
        axis=rank(x) - len(axes),
        epsilon=float(layer.epsilon),
        stash_type=STASH[wide],
    )
    return op.as_type(op.turned(y, [int(a) for a in np.argsort(order)]), layer.compute_dtype)


@lowers("layers", "GroupNormalization")
def _of_groups(op: Writer, layer: Any, x: Named) -> Any:
    wide = wider(x.dtype)
    image, back = _second(op, op.as_type(x, wide), layer.axis)
    y = op.GroupNormalization(
        image,
        *_scale_and_shift(op, layer, image.shape[1], wide),
        num_groups=int(layer.groups),
        epsilon=float(layer.epsilon),
        stash_type=STASH[wide],
    )
    return op.as_type(op.turned(y, back), layer.compute_dtype)


@lowers("layers", "UnitNormalization")
def _to_unit_length(op: Writer, layer: Any, x: Named) -> Any:
    axes = [layer.axis] if isinstance(layer.axis, int) else list(layer.axis)
    norm = op.ReduceL2(x, op.integers(*axes), keepdims=1)
    return op.Div(x, op.Max(norm, op.number(1e-12)))


@lowers("layers", "RMSNormalization")
def _by_root_of_squares(op: Writer, layer: Any, x: Named) -> Any:
    wide = wider(x.dtype)
    x = op.as_type(x, wide)
    axes = [layer.axis] if isinstance(layer.axis, int) else list(layer.axis)
    if [a % rank(x) for a in axes] != [rank(x) - 1]:
        raise Unsupported(f"axis={layer.axis}; only the last one")
    mean = op.ReduceMean(op.Mul(x, x), op.integers(*axes), keepdims=1)
    y = op.Mul(op.Div(x, op.Sqrt(op.Add(mean, op.number(layer.epsilon, wide)))), op.weight(layer.scale, wide))
    return op.as_type(y, layer.compute_dtype)


@lowers("layers", "Normalization", integers=True)
def _by_stored_statistics(op: Writer, layer: Any, x: Named) -> Any:
    """``(x - mean) / max(sqrt(variance), epsilon)``, or back again. mean and variance broadcast against x."""
    import keras

    if layer.mean is None:
        raise Unsupported("it has no mean yet: adapt it, or build it")
    x, mean = op.as_type(x, op.compute_dtype), op.array("mean", layer.mean)
    deviation = op.Sqrt(op.array("variance", layer.variance))
    deviation = op.Max(deviation, op.number(keras.backend.epsilon()))
    return op.Add(mean, op.Mul(x, deviation)) if layer.invert else op.Div(op.Sub(x, mean), deviation)


@lowers("layers", "Rescaling", integers=True)
def _rescaled(op: Writer, layer: Any, x: Named) -> Any:
    """``x scale + offset``; the two are numbers or vectors over the last axis."""
    import keras

    scale, offset = (_numbers(op, name, getattr(layer, name)) for name in ("scale", "offset"))
    if rank(scale) and keras.backend.image_data_format() == "channels_first":
        raise Unsupported("a scale that is no number, with channels first")
    return op.Add(op.Mul(op.as_type(x, op.compute_dtype), scale), offset)


def _numbers(op: Writer, name: str, value: Any) -> Any:
    if isinstance(value, int | float):
        return op.number(value)
    return op.array(name, to_numpy(value).astype(np.float64))


@lowers("applications", "LayerScale")
def _scaled(op: Writer, layer: Any, x: Named) -> Any:
    return op.Mul(x, op.weight(layer.gamma))
