"""The p-norm of windows, and of everything behind the channels."""

from __future__ import annotations

from dataclasses import dataclass
from math import prod
from typing import Any, ClassVar

import numpy as np

from parity.axes import Tensor
from parity.layers.base import Padding, Sizes, is_count, layer, require, setting
from parity.layers.padding import in_keras
from parity.layers.pool import Pool
from parity.layers.pool_whole import GlobalPool
from parity.operators.formats import rounded


@dataclass(frozen=True, repr=False)
class LPPool(Pool):
    """The p-norm of each window, ``(sum |x|^p)^(1/p)``; padding and what ceil_mode hangs over are zeros.

    torch leaves out the ``|x|``: its p = 1 is a signed sum and its p = 3 NaN for negative sums, so the modulus is spelled for odd p. It has no
    padding, which is put on by hand, and in a last, partial window of ceil_mode it scales the sum up as if the window were full: that
    is scaled=True here, and else zeros are put on by hand. Keras has no such pool; it is composed.
    """

    p: int
    kernel: int | Sizes
    stride: int | Sizes | None = None
    padding: Padding = 0
    ceil_mode: bool = False
    scaled: bool = False

    def check(self) -> None:
        require(self, "p", is_count(self.p), "must be a whole number of at least 1, as ONNX has it")
        super().check()
        require(self, "scaled", isinstance(self.scaled, bool), "must be True or False")
        partial = self.ceil_mode and self.padding in (0, "valid")
        require(self, "scaled", not self.scaled or partial, "must be False without ceil_mode=True or with padding")

    def of_one_size(self, framework: str, x: Tensor) -> bool:
        return self.ceil_mode and not (framework == "torch" and self.scaled)

    def to_onnx(self, op: Any, x: Any) -> Any:
        if not self.scaled:
            return op.LpPool(x, **self._onnx(x), p=self.p)
        powers = op.Pow(op.Abs(x), op.constant(float(self.p)))
        sums = op.Mul(op.AveragePool(powers, **self._onnx(x)), op.constant(float(prod(self._geometry(x)[0]))))
        return op.Pow(sums, setting(op, 1 / self.p))

    def to_torch(self, torch: Any, x: Tensor) -> Any:
        kernel, stride, _ = self._geometry(x)
        nn, edges = torch.nn, () if self.scaled else self._torch_reach(x)
        pieces = [getattr(nn, f"ZeroPad{self.places}d")(edges)] if any(edges) else []
        # Over one place torch takes no tuple.
        window = (kernel, stride) if self.places > 1 else (kernel[0], stride[0])
        pool = getattr(nn, f"LPPool{self.places}d")(self.p, *window, ceil_mode=self.scaled)
        return [*pieces, *([torch.abs] if self.p % 2 else []), pool]

    def to_keras(self, keras: Any, x: Tensor) -> Any:
        kernel, stride, _ = self._geometry(x)
        reach, ops = self._reach(x), keras.ops
        count: Any = float(prod(kernel))
        if self.scaled:
            held = np.asarray(count**2 / self._windows(x).held(False), np.float64)[None, None]
            count = rounded(np.moveaxis(held, 1, -1), x.dtype)
        padding = getattr(keras.layers, f"ZeroPadding{self.places}D")
        pieces: list[Any] = [in_keras(padding, reach)] if any(map(any, reach)) else []
        return [
            *pieces,
            lambda v: ops.power(ops.abs(v), self.p),
            getattr(keras.layers, f"AveragePooling{self.places}D")(kernel, stride, "valid"),
            lambda v: ops.power(v * count, 1 / self.p),
        ]


@dataclass(frozen=True, repr=False)
class GlobalLPPool(GlobalPool):
    """The p-norm of each channel, ``(sum |x|^p)^(1/p)``: features ``N C``, or with keepdims an input of one place.

    A word of ONNX's alone: torch has a vector norm over axes, in Keras it is composed.
    """

    p: int = 2
    keepdims: bool = False

    def check(self) -> None:
        require(self, "p", is_count(self.p), "must be a whole number of at least 1, as ONNX has it")
        super().check()

    def to_onnx(self, op: Any, x: Any) -> Any:
        return self._onnx(op, op.GlobalLpPool(x, p=self.p))

    def to_torch(self, torch: Any, x: Tensor) -> Any:
        axes = tuple(range(2, self.places + 2))
        return lambda v: torch.linalg.vector_norm(v, self.p, axes, self.keepdims)

    def to_keras(self, keras: Any, x: Tensor) -> Any:
        ops, how = keras.ops, dict(axis=tuple(range(1, self.places + 1)), keepdims=self.keepdims)
        return lambda v: ops.power(ops.sum(ops.power(ops.abs(v), self.p), **how), 1 / self.p)


@layer
class LPPool1D(LPPool):
    """The p-norm of each window of ``N C L``: see :class:`LPPool`."""

    kind: ClassVar[str] = "lppool1d"
    places: ClassVar[int] = 1


@layer
class LPPool2D(LPPool):
    """The p-norm of each window of ``N C H W``: see :class:`LPPool`."""

    kind: ClassVar[str] = "lppool2d"
    places: ClassVar[int] = 2


@layer
class LPPool3D(LPPool):
    """The p-norm of each window of ``N C D H W``: see :class:`LPPool`."""

    kind: ClassVar[str] = "lppool3d"
    places: ClassVar[int] = 3


@layer
class GlobalLPPool1D(GlobalLPPool):
    """The p-norm of each channel of ``N C L``: see :class:`GlobalLPPool`."""

    kind: ClassVar[str] = "globallppool1d"
    places: ClassVar[int] = 1


@layer
class GlobalLPPool2D(GlobalLPPool):
    """The p-norm of each channel of ``N C H W``: see :class:`GlobalLPPool`."""

    kind: ClassVar[str] = "globallppool2d"
    places: ClassVar[int] = 2


@layer
class GlobalLPPool3D(GlobalLPPool):
    """The p-norm of each channel of ``N C D H W``: see :class:`GlobalLPPool`."""

    kind: ClassVar[str] = "globallppool3d"
    places: ClassVar[int] = 3
