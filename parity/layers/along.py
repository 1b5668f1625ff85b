"""Axes by their canonical names ("F", "W", "CHW"), for layers that work along some of them."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import numpy as np

from parity.axes import Array, Shape, Tensor
from parity.layers.base import Layer, is_count, require

#: What is taken together -> its numbers in ``N F`` or ``N C H W``; "C" of signals and volumes too.
PLACES = {"F": (1,), "C": (1,), "W": (3,), "HW": (2, 3), "CHW": (1, 2, 3)}
_CHANNELS_LAST = {"F": 1, "H": 1, "W": 2, "C": 3}


def check_axes(owner: Layer, axes: str) -> None:
    """Raise :class:`FieldError` unless ``axes`` is one of :data:`PLACES`."""
    require(owner, "axes", isinstance(axes, str) and axes in PLACES, f"must be one of {', '.join(PLACES)}")


def as_shape(sizes: int | Shape) -> Shape:
    """The sizes, one for each axis, from a number or several."""
    return (sizes,) if isinstance(sizes, int) else sizes


def check_sizes(owner: Layer, axes: str, sizes: object) -> None:
    """Raise :class:`FieldError` unless ``sizes`` is a size for each of ``axes``."""
    good = is_count(sizes) if not isinstance(sizes, tuple) else all(map(is_count, sizes))
    count = len(sizes) if isinstance(sizes, tuple) else 1
    require(owner, "sizes", good and count == len(axes), f'must be a size of at least 1 for each axis of "{axes}"')


def fits_axes(owner: Layer, axes: str, x: Tensor, sizes: Shape | None = None) -> None:
    """Raise :class:`FieldError` unless the input has these axes, and of these sizes where they are given."""
    ranks = {"F": (2,), "C": (3, 4, 5)}.get(axes, (4,))
    wanted = {"F": "features (N, F)", "C": "channels and places"}.get(axes, "an image (N, C, H, W)")
    require(owner, "axes", len(x.shape) in ranks, f"needs {wanted}, got {x.shape}")
    if sizes is not None:
        there = tuple(x.shape[axis] for axis in PLACES[axes])
        require(owner, "sizes", there == sizes, f"does not fit the input {x.shape}")


def at_the_end(op: Any, axes: str, x: Any, f: Callable[[Any], Any]) -> Any:
    """``f`` of ``x`` in operators, with the axes as the last ones."""
    if axes != "C":
        return f(x)
    last = len(x.shape) - 1
    return op.Transpose(f(op.Transpose(x, perm=(0, *range(2, last + 1), 1))), perm=(0, last, *range(1, last)))


def channels_last(piece: Any, rank: int) -> list[Any]:
    """A torch module or function that works along the last axis, on so many axes with the channels there."""
    there, back = (0, *range(2, rank), 1), (0, rank - 1, *range(1, rank - 1))
    return [lambda v: v.permute(there), piece, lambda v: v.permute(back)]


def keras_axes(axes: str) -> list[int]:
    """The numbers of the axes in Keras, whose images are ``N H W C``; the channels are its last axis, whatever the places."""
    return [-1] if axes == "C" else sorted(_CHANNELS_LAST[axis] for axis in axes)


def in_keras(axes: str, array: Array) -> Array:
    """A stored array with these axes in the order in which Keras has them."""
    return np.transpose(array, (1, 2, 0)) if axes == "CHW" else array
