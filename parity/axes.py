"""The one place where axes move.

Everywhere in parity arrays have canonical axes: images ``N C H W``, features ``N F``. A framework that keeps channels
last gets its arrays from :func:`to_layout` and gives them back through :func:`from_layout`. What the axes *are* is
carried by :class:`Tensor` from the definition of the network; nothing is guessed from sizes.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any, Literal

import numpy as np
import numpy.typing as npt

Array = npt.NDArray[Any]
F64 = npt.NDArray[np.float64]
Layout = Literal["NCHW", "NHWC"]
Shape = tuple[int, ...]


@dataclass(frozen=True)
class Tensor:
    """The shape of a value between two layers, in canonical axes, and what its axes mean.

    ``shape`` is ``(N, C, H, W)`` or ``(N, F)``; of a statistic ``(C,)``. ``folded`` is ``(C, H, W)`` when ``F`` is an image that Flatten folded
    up: a channels-last framework folds it in the order H, W, C, and only this field tells. ``dtype`` is the stored type.
    """

    shape: Shape
    folded: tuple[int, int, int] | None = None
    dtype: str = "float32"

    @property
    def axes(self) -> tuple[str, ...]:
        """Names of the axes, for messages: ``("n", "c", "h", "w")``, ``("n", "f")`` or ``("c",)``."""
        return {4: ("n", "c", "h", "w"), 1: ("c",)}.get(len(self.shape), ("n", "f"))

    def in_layout(self, layout: Layout) -> Shape:
        """The shape as a framework with this layout shows it."""
        if layout == "NHWC" and len(self.shape) == 4:
            n, c, h, w = self.shape
            return (n, h, w, c)
        return self.shape


def to_layout(array: Array, tensor: Tensor, layout: Layout) -> Array:
    """Turn a canonical array into the axes of ``layout``. Contiguous, same dtype."""
    if layout == "NHWC" and len(tensor.shape) == 4:
        array = array.transpose(0, 2, 3, 1)
    elif layout == "NHWC" and tensor.folded is not None:
        c, h, w = tensor.folded
        array = array.reshape(-1, c, h, w).transpose(0, 2, 3, 1).reshape(array.shape)
    return np.ascontiguousarray(array)


def from_layout(array: Array, tensor: Tensor, layout: Layout) -> Array:
    """Turn an array in the axes of ``layout`` into canonical axes. The inverse of :func:`to_layout`.

    An array whose rank is not the one ``tensor`` promises, or whose folded size does not fit, comes back as it is:
    the judge then names the shape, which this function must not hide.
    """
    if layout == "NHWC" and array.ndim == len(tensor.shape) == 4:
        array = array.transpose(0, 3, 1, 2)
    elif layout == "NHWC" and tensor.folded is not None and array.ndim == 2:
        c, h, w = tensor.folded
        if array.shape[1] == c * h * w:
            array = array.reshape(-1, h, w, c).transpose(0, 3, 1, 2).reshape(array.shape)
    return np.ascontiguousarray(array)


def features_to_layout(weight: Array, tensor: Tensor, layout: Layout) -> Array:
    """Reorder the input axis of a dense kernel ``(O, F)`` to the order in which ``layout`` folded ``tensor``."""
    if layout == "NHWC" and tensor.folded is not None:
        c, h, w = tensor.folded
        weight = weight.reshape(-1, c, h, w).transpose(0, 2, 3, 1).reshape(weight.shape)
    return np.ascontiguousarray(weight)
