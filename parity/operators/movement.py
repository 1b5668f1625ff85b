"""Operators that move, select or copy values; nothing is rounded."""

from __future__ import annotations

from math import prod
from typing import Any

import numpy as np

from parity.operators.base import Move, Site, operator


def reshaped(shape: Any, wanted: Any, allowzero: bool = False) -> tuple[int, ...]:
    """ONNX's target shape made whole: 0 copies the input's size, -1 takes what is left (of an empty batch too)."""
    sizes = [shape[i] if n == 0 and not allowzero else int(n) for i, n in enumerate(wanted)]
    if -1 in sizes:
        rest = prod(n for n in sizes if n not in (-1, 0))
        sizes[sizes.index(-1)] = prod(n for n in shape if n) // rest if 0 in sizes else prod(shape) // max(rest, 1)
    return tuple(sizes)


def _flatten(at: Site, x: Any) -> Any:
    axis = at.get("axis", 1)
    axis = axis + x.ndim if axis < 0 else axis
    return x.reshape(prod(x.shape[:axis]), prod(x.shape[axis:]))


def _reshape(at: Site, x: Any, shape: Any = None) -> Any:
    wanted = at.get("shape") if shape is None else shape
    return x.reshape(reshaped(x.shape, wanted, bool(at.get("allowzero", 0))))


operator("Identity")(Move(lambda at, x: x))
operator("Flatten")(Move(_flatten))
operator("Reshape")(Move(_reshape))
operator("Transpose")(Move(lambda at, x: np.transpose(x, at.get("perm"))))
operator("Concat")(Move(lambda at, *x: np.concatenate(x, at.attributes["axis"])))
