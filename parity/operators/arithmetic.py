"""Element by element: sums, products, powers, roots, exponentials and trigonometry."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import replace
from fractions import Fraction
from typing import Any

import numpy as np

from parity.axes import F64, Array, Shape
from parity.operators.base import EXACT, Noise, Operator, Site, operator, stored
from parity.operators.special import erf


class Elementwise(Operator):
    """``f(at, *x)``, whose arithmetic rounds ``units(at, y, *x)`` times u_e before the result is stored.

    units None: one correctly rounded result, which its storage holds; said: the units in words; exact: nothing is rounded;
    peak: the largest number on the way to the result, where that is larger; gate: the input times what is 0 at minus infinity: kernels
    give NaN there or the limit, 0. Whole numbers are exact.
    """

    def __init__(
        self,
        f: Callable[..., Any],
        units: Callable[..., Any] | None = None,
        said: str = "",
        *,
        exact: bool = False,
        steps: Any = None,
        peak: Callable[..., Any] | None = None,
        gate: bool = False,
    ) -> None:
        self._f, self._units, self._exact, self._steps, self._peak, self._gate = f, units, exact, steps, peak, gate
        self._said = "exact" if exact else said or "one rounding, into storage"

    @property
    def rounding(self) -> str:
        return self._said

    def value(self, at: Site, *x: Any) -> tuple[Any, ...]:
        return (np.asarray(self._f(at, *x)),)

    def noise(self, at: Site, y: Sequence[Any], *x: Any) -> tuple[Noise, ...]:
        if self._exact or y[0].dtype != np.float64:
            return (EXACT,)
        own = None
        if self._units is not None:
            own = at.format.elementwise * np.abs(np.broadcast_to(self._units(at, y[0], *x), y[0].shape))
        flush, unspecified = self.flushed(at, y[0], *x)
        if self._peak is not None:  # an element-wise kernel may work in the type that is stored
            beyond = np.isfinite(y[0]) & (self._peak(*x) >= at.format.stored_largest)
            unspecified = unspecified | beyond
        noise = Noise(own, (), stored(at, y[0]), flush, unspecified if unspecified.any() else None)
        if self._gate and (shut := x[0] == -np.inf).any():
            noise = replace(noise, open=shut, why="minus infinity meets a gate of 0")
        return (noise,)

    def flushed(self, at: Site, y: Any, *x: Any) -> tuple[F64 | float, Array]:
        """What is lost where a kernel takes subnormal operands for zero, and where anything may come of it.

        TensorFlow's threads do: there ``1e-40 * 1e30`` is 0 and the logarithm of 1e-40 is minus infinity [measured].
        """
        small = [v.dtype == np.float64 and (v != 0) & (np.abs(v) < at.format.tiny) for v in x]
        if not any(np.any(mask) for mask in small):
            return 0.0, np.zeros(y.shape, bool)
        without = self._f(at, *(np.where(mask, 0.0, v) for v, mask in zip(x, small, strict=True)))
        finite, lost = np.isfinite(y), np.isfinite(y) & ~np.isfinite(without)
        return np.where(finite & ~lost, np.abs(y - without), 0.0), lost

    def step(self, at: Site, steps: Sequence[Fraction], *shapes: Shape) -> Fraction | None:
        return None if self._steps is None else self._steps(steps)


def _quotient(at: Site, a: Any, b: Any) -> Any:
    """Whole numbers divide towards zero, as in C."""
    return (a - np.fmod(a, b)) // b if a.dtype.kind in "iu" else a / b


def _power(at: Site, a: Any, b: Any) -> Any:
    """Of the type of the base; a whole base under another exponent goes through float64 and is cut off."""
    if a.dtype.kind not in "iu":
        return np.power(a, b)
    if b.dtype.kind in "iu" and (b >= 0).all():
        return np.power(a, b.astype(a.dtype))
    return np.trunc(np.power(a.astype(np.float64), b.astype(np.float64))).astype(a.dtype)


def _mod(at: Site, a: Any, b: Any) -> Any:
    return np.fmod(a, b) if at.get("fmod", 0) else np.mod(a, b)


def _least(steps: Sequence[Fraction]) -> Fraction:
    return min(steps)


def _product(steps: Sequence[Fraction]) -> Fraction:
    return steps[0] * steps[1]


operator("Add")(Elementwise(lambda at, a, b: np.add(a, b), steps=_least))
operator("Sub")(Elementwise(lambda at, a, b: np.subtract(a, b), steps=_least))
operator("Mul")(Elementwise(lambda at, a, b: np.multiply(a, b), steps=_product))
# A kernel may multiply by a reciprocal, which rounds once more.
operator("Div")(Elementwise(_quotient, lambda at, y, a, b: 0.5 * y, "`0.5 u_e abs(y)`"))
operator("Pow")(Elementwise(_power, lambda at, y, a, b: 2 * y, "`2 u_e abs(y)`"))
operator("Mod")(Elementwise(_mod))
operator("Neg")(Elementwise(lambda at, x: -x, exact=True))
operator("Abs")(Elementwise(lambda at, x: np.abs(x), exact=True))
operator("Sign")(Elementwise(lambda at, x: np.sign(x), exact=True))
operator("Floor")(Elementwise(lambda at, x: np.floor(x), exact=True))
operator("Ceil")(Elementwise(lambda at, x: np.ceil(x), exact=True))
operator("Round")(Elementwise(lambda at, x: np.round(x), exact=True))
operator("Sqrt")(Elementwise(lambda at, x: np.sqrt(x), lambda at, y, x: 0.5 * y, "`0.5 u_e abs(y)`"))
operator("Reciprocal")(Elementwise(lambda at, x: 1 / x, lambda at, y, x: y, "`u_e abs(y)`"))
operator("Exp")(Elementwise(lambda at, x: np.exp(x), lambda at, y, x: 2 * y, "`2 u_e abs(y)`"))
# Near 1 a logarithm cancels: its argument's rounding is absolute there.
operator("Log")(Elementwise(lambda at, x: np.log(x), lambda at, y, x: 2 * np.abs(y) + 1e-3, "`u_e (2 abs(y) + 0.001)`"))
operator("Erf")(Elementwise(lambda at, x: erf(x), lambda at, y, x: 3 * y, "`3 u_e abs(y)`"))
# Library functions: two to four units in the last place, absolute where the result is of order one [fitted].
operator("Sin")(Elementwise(lambda at, x: np.sin(x), lambda at, y, x: 2.0, "`2 u_e`"))
operator("Cos")(Elementwise(lambda at, x: np.cos(x), lambda at, y, x: 2.0, "`2 u_e`"))
operator("Tan")(Elementwise(lambda at, x: np.tan(x), lambda at, y, x: 3 * y, "`3 u_e abs(y)`"))
operator("Asin")(Elementwise(lambda at, x: np.arcsin(x), lambda at, y, x: 3 * y, "`3 u_e abs(y)`"))
operator("Acos")(Elementwise(lambda at, x: np.arccos(x), lambda at, y, x: 3.0, "`3 u_e`"))
operator("Atan")(Elementwise(lambda at, x: np.arctan(x), lambda at, y, x: 3 * y, "`3 u_e abs(y)`"))
operator("Sinh")(Elementwise(lambda at, x: np.sinh(x), lambda at, y, x: 3 * y, "`3 u_e abs(y)`"))
operator("Cosh")(Elementwise(lambda at, x: np.cosh(x), lambda at, y, x: 3 * y, "`3 u_e abs(y)`"))
operator("Tanh")(Elementwise(lambda at, x: np.tanh(x), lambda at, y, x: 4 * y, "`4 u_e abs(y)`"))
operator("Asinh")(Elementwise(lambda at, x: np.arcsinh(x), lambda at, y, x: 3 * np.abs(y) + 1, "`u_e (3 abs(y) + 1)`"))
operator("Acosh")(Elementwise(lambda at, x: np.arccosh(x), lambda at, y, x: 3 * np.abs(y) + 1, "`u_e (3 abs(y) + 1)`"))
operator("Atanh")(Elementwise(lambda at, x: np.arctanh(x), lambda at, y, x: 3 * np.abs(y) + 1, "`u_e (3 abs(y) + 1)`"))


class _Many(Operator):
    """Any number of inputs, folded one after the other."""

    def __init__(self, fold: Any, mean: bool = False, exact: bool = False) -> None:
        self._fold, self._mean, self._exact = fold, mean, exact

    @property
    def rounding(self) -> str:
        return "exact" if self._exact else f"`u_e (m - {1 if self._mean else 2}) sum abs(x)` for m inputs"

    def value(self, at: Site, *x: Any) -> tuple[Any, ...]:
        y = x[0]
        for v in x[1:]:
            y = self._fold(y, v)
        return (y / len(x) if self._mean else np.asarray(y),)

    def noise(self, at: Site, y: Sequence[Any], *x: Any) -> tuple[Noise, ...]:
        """Two numbers round once, into storage; each further one rounds a running sum in some order.

        That sum may be kept in the stored type: TensorFlow adds halves so, one array after the other [measured].
        """
        if self._exact or y[0].dtype != np.float64:
            return (EXACT,)
        total = sum((np.abs(v) for v in x[1:]), start=np.abs(x[0]))
        more = max(len(x) - 2, 0) + self._mean
        own = at.format.elementwise * more * total / (len(x) if self._mean else 1)
        beyond = np.broadcast_to(np.isfinite(y[0]) & (total >= at.format.stored_largest), y[0].shape)
        overflow = beyond if more and beyond.any() else None  # of two numbers there is no sum on the way
        own = np.broadcast_to(own, y[0].shape) if more else None
        return (Noise(own, (), stored(at, y[0]), more * at.format.tiny, overflow),)

    def step(self, at: Site, steps: Sequence[Fraction], *shapes: Shape) -> Fraction | None:
        return None if self._mean else min(steps)


operator("Sum")(_Many(np.add))
operator("Mean")(_Many(np.add, mean=True))
operator("Max")(_Many(np.maximum, exact=True))
operator("Min")(_Many(np.minimum, exact=True))
