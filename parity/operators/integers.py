"""Constants, shapes, casts, comparisons, logic and whole numbers."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

import numpy as np

from parity.operators.base import EXACT, Move, Noise, Operator, Site, Unsupported, operator
from parity.operators.formats import FORMATS

WIDTHS = {"float64": 3, "float32": 2, "float16": 1, "bfloat16": 0}  #: floats by how finely they store


@operator("Constant")
class Constant(Operator):
    """A stored array, of the type it is stored in."""

    _KINDS = (("value_float", "float32"), ("value_floats", "float32"), ("value_int", "int64"), ("value_ints", "int64"))

    def _stored(self, at: Site) -> Any:
        if "value" in at.attributes:
            return np.asarray(at.attributes["value"])
        for name, dtype in self._KINDS:
            if name in at.attributes:
                return np.asarray(at.attributes[name], dtype)
        for name in ("value_string", "value_strings"):
            if name in at.attributes:
                return np.asarray(at.attributes[name], object)
        raise Unsupported("Constant: a sparse value")

    def value(self, at: Site, *x: Any) -> tuple[Any, ...]:
        stored = self._stored(at)
        return (stored.astype(np.float64) if stored.dtype.name in FORMATS else stored,)

    def noise(self, at: Site, y: Sequence[Any], *x: Any) -> tuple[Noise, ...]:
        return (EXACT,)

    def dtypes(self, at: Site, y: Sequence[Any]) -> tuple[str, ...]:
        return (self._stored(at).dtype.name,)


@operator("ConstantOfShape")
class ConstantOfShape(Constant):
    """An array of one stored value."""

    def _stored(self, at: Site) -> Any:
        return np.asarray(at.get("value", np.zeros(1, np.float32))).reshape(-1)[:1]

    def value(self, at: Site, *x: Any) -> tuple[Any, ...]:
        (fill,) = super().value(at)
        return (np.full([int(n) for n in x[0]], fill[0], fill.dtype),)


@operator("Cast", "CastLike")
class Cast(Operator):
    """To a wider float exact, to a narrower one rounded once (``u_s |y|`` of the target), to whole numbers exact."""

    def _target(self, at: Site) -> str:
        name = at.attributes.get("to") if at.kind == "Cast" else at.dtypes[1]
        if not isinstance(name, str) or name.startswith(("float8", "float4", "int4", "uint4", "int2", "uint2")):
            raise Unsupported(f"{at.kind}: to {name}")
        return name

    def value(self, at: Site, *x: Any) -> tuple[Any, ...]:
        target, data = self._target(at), x[0]
        if at.dtypes[0].startswith(("float8", "float4", "int4", "uint4", "int2", "uint2")):
            raise Unsupported(f"{at.kind}: from {at.dtypes[0]}")
        if target in FORMATS:
            if data.dtype.kind in "OSU":
                return (data.astype(str).astype(np.float64),)
            y = data.astype(np.float64)
            form = FORMATS[target]
            # What rounds beyond the largest number is infinite; the rest keeps float64, and its noise says the rounding.
            beyond = np.isfinite(y) & (np.abs(y) >= form.stored_largest * (1 + form.storage / 2))
            return (np.where(beyond, np.copysign(np.inf, y), y),)
        if target in ("object", "str"):
            raise Unsupported(f"{at.kind}: to strings")
        if data.dtype.kind in "OSU":
            return (data.astype(str).astype(np.float64).astype(target),)
        return (data.astype(target),)

    def noise(self, at: Site, y: Sequence[Any], *x: Any) -> tuple[Noise, ...]:
        target = self._target(at)
        if target not in FORMATS:
            return (EXACT,)
        narrower = at.dtypes[0] not in FORMATS or WIDTHS[target] < WIDTHS[at.dtypes[0]]
        if not narrower:
            return (EXACT,)
        rounded = FORMATS[target].storage * np.abs(np.where(np.isfinite(y[0]), y[0], 0.0))
        if at.dtypes[0] not in FORMATS:  # small whole numbers are held exactly
            rounded = np.where(np.abs(y[0]) <= 1 / FORMATS[target].storage / 2, 0.0, rounded)
        return (Noise(storage=rounded),) if rounded.any() else (EXACT,)

    def dtypes(self, at: Site, y: Sequence[Any]) -> tuple[str, ...]:
        return (self._target(at),)


def _shift(at: Site, a: Any, b: Any) -> Any:
    return np.left_shift(a, b) if at.attributes["direction"] == "LEFT" else np.right_shift(a, b)


def _is_inf(at: Site, x: Any) -> Any:
    wanted = np.zeros(x.shape, bool)
    if at.get("detect_positive", 1):
        wanted |= np.isposinf(x)
    if at.get("detect_negative", 1):
        wanted |= np.isneginf(x)
    return wanted


def _range(at: Site, start: Any, limit: Any, delta: Any) -> Any:
    first, last, step = (np.asarray(v).reshape(()) for v in (start, limit, delta))
    count = max(int(np.ceil((last - first) / step)), 0)
    return first + np.arange(count).astype(first.dtype) * step


def _eye(at: Site, x: Any) -> Any:
    dtype = at.get("dtype") or ("float64" if x.dtype.kind == "f" else x.dtype.name)
    return np.eye(x.shape[0], x.shape[1], k=at.get("k", 0)).astype("float64" if dtype in FORMATS else dtype)


class EyeLike(Move):
    """Ones on a diagonal, of the input's type or the one that is named. Exact."""

    def dtypes(self, at: Site, y: Sequence[Any]) -> tuple[str, ...]:
        return (at.get("dtype") or at.dtypes[0],)


operator("Shape")(Move(lambda at, x: np.asarray(x.shape[at.get("start", 0) : at.get("end")], np.int64)))
operator("Size")(Move(lambda at, x: np.asarray(x.size, np.int64)))
operator("Range")(Move(_range))
operator("EyeLike")(EyeLike(_eye))
operator("Equal")(Move(lambda at, a, b: np.equal(a, b)))
operator("Greater")(Move(lambda at, a, b: np.greater(a, b)))
operator("Less")(Move(lambda at, a, b: np.less(a, b)))
operator("GreaterOrEqual")(Move(lambda at, a, b: np.greater_equal(a, b)))
operator("LessOrEqual")(Move(lambda at, a, b: np.less_equal(a, b)))
operator("And")(Move(lambda at, a, b: np.logical_and(a, b)))
operator("Or")(Move(lambda at, a, b: np.logical_or(a, b)))
operator("Xor")(Move(lambda at, a, b: np.logical_xor(a, b)))
operator("Not")(Move(lambda at, a: np.logical_not(a)))
operator("IsNaN")(Move(lambda at, x: np.isnan(x)))
operator("IsInf")(Move(_is_inf))
operator("BitShift")(Move(_shift))
operator("BitwiseAnd")(Move(lambda at, a, b: np.bitwise_and(a, b)))
operator("BitwiseOr")(Move(lambda at, a, b: np.bitwise_or(a, b)))
operator("BitwiseXor")(Move(lambda at, a, b: np.bitwise_xor(a, b)))
operator("BitwiseNot")(Move(lambda at, a: np.bitwise_not(a)))
