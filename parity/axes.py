"""The one place where axes move.

Everywhere in parity arrays have canonical axes: images ``N C H W``, features ``N F``, signals ``N C L``, volumes ``N C D H W``. A
framework that keeps channels last gets its arrays from :func:`to_layout` and gives them back through :func:`from_layout`. What the axes *are* is
carried by :class:`Tensor` from the definition of the network; nothing is guessed from sizes.
"""

from __future__ import annotations

from dataclasses import dataclass
from math import prod
from typing import Any, Literal

import numpy as np
import numpy.typing as npt

Array = npt.NDArray[Any]
F64 = npt.NDArray[np.float64]
Layout = Literal["NCHW", "NHWC"]
Shape = tuple[int, ...]

#: The names of canonical axes by how many there are.
AXES = {1: ("c",), 2: ("n", "f"), 3: ("n", "c", "l"), 4: ("n", "c", "h", "w"), 5: ("n", "c", "d", "h", "w")}


def is_whole(dtype: str) -> bool:
    """Whether a stored type, by its name, is one of whole numbers."""
    return dtype.startswith(("int", "uint"))


@dataclass(frozen=True)
class Tensor:
    """The shape of a value between two layers, in canonical axes, and what its axes mean.

    ``shape`` is ``(N, C, ...)`` with one to three places behind the channels, or ``(N, F)``; of a statistic ``(C,)``. ``folded`` is ``(C, ...)``
    when ``F`` is an image that Flatten folded up: a channels-last framework folds it in the order H, W, C, and only this field tells.
    ``dtype`` is the stored type. ``names`` are the axes of a parameter, such as ``OIHW``, which has no other layout; empty for a value.
    """

    shape: Shape
    folded: Shape | None = None
    dtype: str = "float32"
    names: str = ""

    @property
    def axes(self) -> tuple[str, ...]:
        """Names of the axes, for messages: ``("n", "c", "h", "w")``, ``("n", "f")`` or ``("c",)``."""
        return tuple(self.names.lower()) or AXES[len(self.shape)]

    def in_layout(self, layout: Layout) -> Shape:
        """The shape as a framework with this layout shows it."""
        if layout == "NHWC" and len(self.shape) > 2 and not self.names:
            n, c, *places = self.shape
            return (n, *places, c)
        return self.shape


def to_layout(array: Array, tensor: Tensor, layout: Layout) -> Array:
    """Turn a canonical array into the axes of ``layout``. Contiguous, same dtype."""
    if layout == "NHWC" and len(tensor.shape) > 2 and not tensor.names:
        array = np.moveaxis(array, 1, -1)
    elif layout == "NHWC" and tensor.folded is not None:
        array = np.moveaxis(array.reshape(-1, *tensor.folded), 1, -1).reshape(array.shape)
    return np.ascontiguousarray(array)


def from_layout(array: Array, tensor: Tensor, layout: Layout) -> Array:
    """Turn an array in the axes of ``layout`` into canonical axes. The inverse of :func:`to_layout`.

    An array whose rank is not the one ``tensor`` promises, or whose folded size does not fit, comes back as it is:
    the judge then names the shape, which this function must not hide.
    """
    if layout == "NHWC" and array.ndim == len(tensor.shape) > 2 and not tensor.names:
        array = np.moveaxis(array, -1, 1)
    elif layout == "NHWC" and tensor.folded is not None and array.ndim == 2:
        c, *places = tensor.folded
        if array.shape[1] == c * prod(places):
            array = np.moveaxis(array.reshape(-1, *places, c), -1, 1).reshape(array.shape)
    return np.ascontiguousarray(array)


def features_to_layout(weight: Array, tensor: Tensor, layout: Layout) -> Array:
    """Reorder the input axis of a dense kernel ``(O, F)`` to the order in which ``layout`` folded ``tensor``."""
    if layout == "NHWC" and tensor.folded is not None:
        weight = np.moveaxis(weight.reshape(-1, *tensor.folded), 1, -1).reshape(weight.shape)
    return np.ascontiguousarray(weight)
