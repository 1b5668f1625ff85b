"""Quantising to integers and back."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

import numpy as np

from parity.operators.base import EXACT, Noise, Operator, Site, Unsupported, operator, stored
from parity.operators.contraction import Conv

WHOLE = ("int8", "uint8", "int16", "uint16", "int32")

#: A quotient this near to a tie may be rounded either way by an honest kernel, in u of its size.
TIE = 4.0


def _whole(at: Site, name: str) -> str:
    if name not in WHOLE:
        raise Unsupported(f"{at.kind}: {name}")
    return name


def _spread(v: Any, x: Any, axis: int, block: int = 0) -> Any:
    """A scale or zero point to broadcast against x: one number, one an axis, or one a block along it."""
    v = np.asarray(v)
    if v.ndim == 0 or (v.size == 1 and v.ndim < 2):
        return v.reshape(())
    axis %= x.ndim
    if block:
        repeated = np.repeat(v, block, axis)
        return repeated[tuple(slice(0, n) if a == axis else slice(None) for a, n in enumerate(x.shape))]
    return v.reshape([-1 if a == axis else 1 for a in range(x.ndim)])


def _rounded(exact: Any, dtype: str) -> Any:
    """Half to even, held within what the type holds."""
    limits = np.iinfo(dtype)
    return np.clip(np.rint(exact), limits.min, limits.max).astype(dtype)


def _tie(at: Site, exact: Any) -> Noise:
    """A third where an honest kernel may take the whole number beside: lambda then allows a step of one."""
    near = np.abs(np.abs(exact - np.floor(exact)) - 0.5) <= TIE * at.format.elementwise * (np.abs(exact) + 1)
    return Noise(np.where(near, 1 / 3, 0.0)) if near.any() else EXACT


@operator("QuantizeLinear")
class QuantizeLinear(Operator):
    """``round(x / scale) + zero point``, half to even, saturated; exact but for ties, which may go either way."""

    def value(self, at: Site, *x: Any) -> tuple[Any, ...]:
        data, scale, zero = (*x, None)[:3]
        axis, block = at.get("axis", 1), at.get("block_size", 0)
        named = at.get("output_dtype")
        name = _whole(at, zero.dtype.name if zero is not None else named if isinstance(named, str) else "uint8")
        shift = 0 if zero is None else _spread(zero, data, axis, block).astype(np.float64)
        return (_rounded(np.rint(data / _spread(scale, data, axis, block)) + shift, name),)

    def noise(self, at: Site, y: Sequence[Any], *x: Any) -> tuple[Noise, ...]:
        return (_tie(at, x[0] / _spread(x[1], x[0], at.get("axis", 1), at.get("block_size", 0))),)


@operator("DequantizeLinear")
class DequantizeLinear(Operator):
    """``(x - zero point) * scale``: one product, rounded into storage."""

    def value(self, at: Site, *x: Any) -> tuple[Any, ...]:
        data, scale, zero = (*x, None)[:3]
        _whole(at, data.dtype.name)
        axis, block = at.get("axis", 1), at.get("block_size", 0)
        shift = 0 if zero is None else _spread(zero, data, axis, block).astype(np.float64)
        return ((data.astype(np.float64) - shift) * _spread(scale, data, axis, block),)

    def noise(self, at: Site, y: Sequence[Any], *x: Any) -> tuple[Noise, ...]:
        return (Noise(storage=stored(at, y[0])),)


@operator("DynamicQuantizeLinear")
class DynamicQuantizeLinear(Operator):
    """To uint8 by the input's own range: values with their scale and zero point; ties may go either way."""

    def value(self, at: Site, *x: Any) -> tuple[Any, ...]:
        low, high = min(0.0, float(x[0].min(initial=0))), max(0.0, float(x[0].max(initial=0)))
        # The standard computes the scale in float32.
        scale = np.float64(np.float32((high - low) / 255)) if high > low else np.float64(1.0)
        zero = np.clip(np.rint(-low / scale), 0, 255)
        return _rounded(np.rint(x[0] / scale) + zero, "uint8"), np.asarray(scale), zero.astype(np.uint8)

    def noise(self, at: Site, y: Sequence[Any], *x: Any) -> tuple[Noise, ...]:
        return (
            _tie(at, x[0] / float(y[1])),
            Noise(2 * at.format.elementwise * np.abs(y[1]), storage=stored(at, y[1])),
            EXACT,
        )


class _Quantised(Operator):
    """A product of quantised operands, quantised again; ties may go either way."""

    def exact(self, at: Site, x: Sequence[Any]) -> Any:
        """The result before it is rounded, in units of its scale and without its zero point."""
        raise NotImplementedError

    def value(self, at: Site, *x: Any) -> tuple[Any, ...]:
        zero = np.asarray(x[7])
        return (_rounded(np.rint(self.exact(at, x)) + zero.astype(np.float64), _whole(at, zero.dtype.name)),)

    def noise(self, at: Site, y: Sequence[Any], *x: Any) -> tuple[Noise, ...]:
        return (_tie(at, self.exact(at, x)),)


@operator("QLinearMatMul")
class QLinearMatMul(_Quantised):
    """``a @ b`` of quantised matrices, quantised again; ties may go either way."""

    def exact(self, at: Site, x: Sequence[Any]) -> Any:
        def real(v: Any, scale: Any, zero: Any, axis: int) -> Any:
            return (v.astype(np.float64) - _spread(zero, v, axis).astype(np.float64)) * _spread(scale, v, axis)

        return real(x[0], x[1], x[2], -2) @ real(x[3], x[4], x[5], -1) / np.asarray(x[6])


@operator("QLinearConv")
class QLinearConv(_Quantised):
    """A convolution of quantised operands, quantised again; ties may go either way."""

    def exact(self, at: Site, x: Sequence[Any]) -> Any:
        data = x[0].astype(np.float64) - np.float64(x[2])
        weight = x[3].astype(np.float64) - _spread(x[5], x[3], 0).astype(np.float64)
        bias = x[8].astype(np.float64) if len(x) > 8 and x[8] is not None else None
        (total,) = Conv().value(at, data, weight, bias)
        return total * np.float64(x[1]) * _spread(x[4], total, 1) / np.float64(x[6])


class _Whole(Operator):
    """Sums of products of whole numbers, exact."""

    def noise(self, at: Site, y: Sequence[Any], *x: Any) -> tuple[Noise, ...]:
        return (EXACT,)


@operator("MatMulInteger")
class MatMulInteger(_Whole):
    """A matrix product of small whole numbers in int32. Exact."""

    def value(self, at: Site, *x: Any) -> tuple[Any, ...]:
        a, b, za, zb = (*x, None, None)[:4]
        a, b = a.astype(np.float64), b.astype(np.float64)
        a = a if za is None else a - _spread(za, a, -2).astype(np.float64)
        b = b if zb is None else b - _spread(zb, b, -1).astype(np.float64)
        return (np.asarray(a @ b).astype(np.int32),)


@operator("ConvInteger")
class ConvInteger(_Whole):
    """A convolution of small whole numbers in int32. Exact."""

    def value(self, at: Site, *x: Any) -> tuple[Any, ...]:
        data, w, zx, zw = (*x, None, None)[:4]
        data, w = data.astype(np.float64), w.astype(np.float64)
        data = data if zx is None else data - np.asarray(zx, np.float64)
        w = w if zw is None else w - _spread(zw, w, 0).astype(np.float64)
        return (Conv().value(at, data, w)[0].astype(np.int32),)
