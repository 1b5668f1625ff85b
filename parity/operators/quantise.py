"""Quantising to whole numbers and back, and products of what is quantised."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

import numpy as np

from parity.axes import F64, Shape
from parity.operators.base import EXACT, Noise, Operator, Site, Unsupported, Window, operator
from parity.operators.contraction import Conv
from parity.operators.formats import FORMATS

WHOLE = ("int8", "uint8", "int16", "uint16", "int32")

#: How often a kernel rounds a quotient before it makes it whole: the reciprocal of the scale, the product with it, the zero
#: point added [derived].
QUOTIENT = 3
#: The same of a product of quantised operands: the sum to a float, two scales to one, their quotient, the product with it,
#: the zero point added [derived].
PRODUCT = 5


def _checked(at: Site, name: str) -> str:
    if name not in WHOLE:
        raise Unsupported(f"{at.kind}: {name}")
    return name


def _spread(v: Any, x: Any, axis: int, block: int = 0) -> Any:
    """A scale or zero point in float64, to broadcast against x: one number, one an axis, or one a block along it."""
    v = np.asarray(v, np.float64)
    if v.size == 1 and v.ndim < 2:
        return v.reshape(())
    axis %= x.ndim
    if block:
        repeated = np.repeat(v, block, axis)
        return repeated[tuple(slice(0, n) if a == axis else slice(None) for a, n in enumerate(x.shape))]
    return v if v.ndim > 1 else v.reshape([-1 if a == axis else 1 for a in range(x.ndim)])


def _rounded(quotient: Any, zero: Any, dtype: str) -> Any:
    """Half to even, then moved by the zero point and held within what the type holds."""
    limits = np.iinfo(dtype)
    return np.clip(np.rint(quotient) + zero, limits.min, limits.max).astype(dtype)


def _either(at: Site, quotient: Any, zero: Any, dtype: str, roundings: int) -> F64:
    """How far an honest kernel may be off, in whole steps: 1 where the quotient's rounding reaches a tie, mostly 0.

    Where what is saturated stays so it is 0 too. Half types may reach further than one step.
    """
    reach = roundings * at.format.elementwise * (np.abs(quotient) + np.abs(zero))
    reach = np.where(np.isfinite(reach), reach, 0.0)
    low, high = (_rounded(quotient + sign * reach, zero, dtype).astype(np.float64) for sign in (-1, 1))
    return np.asarray(high - low, np.float64)


class _Quantised(Operator):
    """Rounds a quotient to a whole number. Honest outputs may differ by one at ties: A is a third there, and 0 elsewhere."""

    roundings = QUOTIENT

    def parts(self, at: Site, x: Sequence[Any]) -> tuple[Any, Any, str]:
        """The result in units of its scale, unrounded; the zero point; the whole type."""
        raise NotImplementedError

    def value(self, at: Site, *x: Any) -> tuple[Any, ...]:
        return (_rounded(*self.parts(at, x)),)

    def noise(self, at: Site, y: Sequence[Any], *x: Any) -> tuple[Noise, ...]:
        return (Noise(_either(at, *self.parts(at, x), self.roundings) / 3),)


@operator("QuantizeLinear")
class QuantizeLinear(_Quantised):
    """``round(x / scale) + zero point``, half to even, saturated; by tensor, axis or block. At ties one step is free."""

    def parts(self, at: Site, x: Sequence[Any]) -> tuple[Any, Any, str]:
        data, scale, zero = (*x, None)[:3]
        axis, block = at.get("axis", 1), at.get("block_size", 0)
        name = _checked(at, at.dtypes[2] if zero is not None else at.get("output_dtype") or "uint8")
        shift = 0.0 if zero is None else _spread(zero, data, axis, block)
        return data / _spread(scale, data, axis, block), shift, name


@operator("DequantizeLinear")
class DequantizeLinear(Operator):
    """``(x - zero point) * scale``: one product, stored; a difference that the type does not hold rounds once more."""

    def _steps(self, at: Site, x: Sequence[Any]) -> Any:
        data, _, zero = (*x, None)[:3]
        _checked(at, at.dtypes[0])
        shift = 0.0 if zero is None else _spread(zero, data, at.get("axis", 1), at.get("block_size", 0))
        return np.asarray(data, np.float64) - shift

    def value(self, at: Site, *x: Any) -> tuple[Any, ...]:
        return (self._steps(at, x) * _spread(x[1], x[0], at.get("axis", 1), at.get("block_size", 0)),)

    def noise(self, at: Site, y: Sequence[Any], *x: Any) -> tuple[Noise, ...]:
        u, size = at.format.elementwise, np.abs(y[0])
        own = np.where(np.abs(self._steps(at, x)) > 1 / u, u * size, 0.0)
        return (Noise(own, storage=FORMATS[self.dtypes(at, y)[0]].storage * size),)

    def dtypes(self, at: Site, y: Sequence[Any]) -> tuple[str, ...]:
        return (at.get("output_dtype") or at.dtype,)


@operator("DynamicQuantizeLinear")
class DynamicQuantizeLinear(Operator):
    """To uint8 by the input's own range: values, their scale, their zero point.

    At ties one step is free; where the zero point lies at one, all values may move with it.
    """

    def value(self, at: Site, *x: Any) -> tuple[Any, ...]:
        scale, zero = self._range(x[0])
        whole = _rounded(zero, 0.0, "uint8")
        return _rounded(x[0] / scale, whole.astype(np.float64), "uint8"), scale, whole

    def _range(self, x: Any) -> tuple[Any, Any]:
        """The scale and the zero point before it is rounded. A range of nothing has scale 1, as in ONNX Runtime."""
        low, high = x.min(initial=0.0), x.max(initial=0.0)
        scale = np.asarray((high - low) / 255 if high > low else 1.0)
        return scale, np.asarray(-low / scale)

    def noise(self, at: Site, y: Sequence[Any], *x: Any) -> tuple[Noise, ...]:
        scale, zero = self._range(x[0])
        moved = _either(at, zero, 0.0, "uint8", QUOTIENT)
        values = _either(at, x[0] / scale, y[2].astype(np.float64), "uint8", QUOTIENT + 2)  # the scale's own roundings
        form = FORMATS[at.dtype]
        scaled = Noise(form.elementwise * np.abs(scale), storage=form.storage * np.abs(scale))
        return Noise((values + moved) / 3), scaled, Noise(moved / 3)


@operator("QLinearMatMul")
class QLinearMatMul(_Quantised):
    """``a @ b`` of quantised matrices, quantised again; by tensor, row of a or column of b."""

    roundings = PRODUCT

    def parts(self, at: Site, x: Sequence[Any]) -> tuple[Any, Any, str]:
        a = (x[0] - _spread(x[2], x[0], -2)) * _spread(x[1], x[0], -2)
        b = (x[3] - _spread(x[5], x[3], -1)) * _spread(x[4], x[3], -1)
        total = a @ b
        return total / _spread(x[6], total, -2), _spread(x[7], total, -2), _checked(at, at.dtypes[7])


@operator("QLinearConv")
class QLinearConv(_Quantised):
    """A convolution of quantised operands, quantised again; weights by tensor or output channel."""

    roundings = PRODUCT

    def parts(self, at: Site, x: Sequence[Any]) -> tuple[Any, Any, str]:
        data, weight = x[0] - np.float64(x[2]), x[3] - _spread(x[5], x[3], 0)
        bias = np.asarray(x[8], np.float64) if len(x) > 8 and x[8] is not None else None
        (total,) = Conv().value(at, data, weight, bias)
        scale = np.float64(x[1]) * _spread(x[4], total, 1) / np.float64(x[6])
        return total * scale, np.float64(x[7]), _checked(at, at.dtypes[7])

    def window(self, at: Site, *shapes: Shape) -> Window | None:
        return Conv().window(at, shapes[0], shapes[3])


class _Sums(Operator):
    """Sums of products of whole numbers, held in int32: exact, and wrapped around where that is passed."""

    def total(self, at: Site, *x: Any) -> Any:
        """The sums, in float64."""
        raise NotImplementedError

    def value(self, at: Site, *x: Any) -> tuple[Any, ...]:
        return (self.total(at, *(*x, None, None)[:4]).astype(np.int64).astype(np.int32),)

    def noise(self, at: Site, y: Sequence[Any], *x: Any) -> tuple[Noise, ...]:
        return (EXACT,)


@operator("MatMulInteger")
class MatMulInteger(_Sums):
    """A matrix product of small whole numbers less their zero points."""

    def total(self, at: Site, *x: Any) -> Any:
        a, b, zero_a, zero_b = x
        a = np.asarray(a, np.float64) - (0.0 if zero_a is None else _spread(zero_a, a, -2))
        return a @ (np.asarray(b, np.float64) - (0.0 if zero_b is None else _spread(zero_b, b, -1)))


@operator("ConvInteger")
class ConvInteger(_Sums):
    """A convolution of small whole numbers less their zero points."""

    def total(self, at: Site, *x: Any) -> Any:
        data, weight, zero_x, zero_w = x
        data = np.asarray(data, np.float64) - (0.0 if zero_x is None else np.float64(zero_x))
        weight = np.asarray(weight, np.float64) - (0.0 if zero_w is None else _spread(zero_w, weight, 0))
        return Conv().value(at, data, weight)[0]

    def window(self, at: Site, *shapes: Shape) -> Window | None:
        return Conv().window(at, *shapes[:2])
