"""Constants, shapes, casts, comparisons, logic and whole numbers."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from math import frexp
from typing import Any

import numpy as np

from parity.operators.base import EXACT, Move, Noise, Operator, Shared, Site, Unsupported, operator, stored
from parity.operators.formats import FORMATS, Format

#: The floats that hold every value of another.
WIDER = {"float16": ("float32", "float64"), "bfloat16": ("float32", "float64"), "float32": ("float64",)}

SMALL = ("float8", "float4", "int4", "uint4", "int2", "uint2")  #: types of less than eight bits of precision: no rule


@operator("Constant")
class Constant(Operator):
    """A stored array, of the type it is stored in."""

    _KINDS = (("value_float", "float32"), ("value_floats", "float32"), ("value_int", "int64"), ("value_ints", "int64"))

    def _stored(self, at: Site) -> Any:
        for name in ("value", "sparse_value"):
            if name in at.attributes:
                return np.asarray(at.attributes[name])
        for name, dtype in self._KINDS:
            if name in at.attributes:
                return np.asarray(at.attributes[name], dtype)
        for name in ("value_string", "value_strings"):
            if name in at.attributes:
                return np.asarray(at.attributes[name], object)
        raise Unsupported("Constant: none of the known values is given")

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

    sizes = (0,)

    def _stored(self, at: Site) -> Any:
        return np.asarray(at.get("value", np.zeros(1, np.float32))).reshape(-1)[:1]

    def value(self, at: Site, *x: Any) -> tuple[Any, ...]:
        (fill,) = super().value(at)
        return (np.full([int(n) for n in x[0]], fill[0], fill.dtype),)


def _first_infinite(form: Format) -> float:
    """The smallest number that rounds to infinity: half a step beyond the largest, where the tie goes up."""
    return form.stored_largest + form.storage * 2.0 ** (frexp(form.stored_largest)[1] - 1)


@operator("Cast", "CastLike")
class Cast(Operator):
    """To a wider float exact, to a narrower one rounded once (``u_s |y|`` of the target), to whole numbers exact.

    The value keeps float64: its noise says what rounding may do. Only what overflows the target is infinite already.
    """

    def _target(self, at: Site) -> str:
        name = at.get("to") if at.kind == "Cast" else at.dtypes[1]
        if not isinstance(name, str) or name.startswith(SMALL) or name in ("object", "str"):
            raise Unsupported(f"{at.kind}: to {name}")
        if at.dtypes[0].startswith(SMALL):
            raise Unsupported(f"{at.kind}: from {at.dtypes[0]}")
        return name

    def _rounds(self, at: Site, target: str) -> bool:
        """Whether the target holds less finely than what comes in, by their types alone."""
        source = at.dtypes[0]
        if target not in FORMATS or source == target:
            return False
        if source in FORMATS:
            return target not in WIDER.get(source, ())
        bits = 1 if source == "bool" else np.iinfo(source).bits if source.startswith(("int", "uint")) else 64
        return 2.0**-bits < FORMATS[target].storage

    def value(self, at: Site, *x: Any) -> tuple[Any, ...]:
        target, data = self._target(at), x[0]
        if data.dtype.kind in "OSU":
            data = data.astype(str).astype(np.float64)
        if target not in FORMATS:
            return (data.astype(target),)
        y = np.asarray(data, np.float64)
        if self._rounds(at, target):
            beyond = np.isfinite(y) & (np.abs(y) >= _first_infinite(FORMATS[target]))
            y = np.where(beyond, np.copysign(np.inf, y), y)
        return (y,)

    def noise(self, at: Site, y: Sequence[Any], *x: Any) -> tuple[Noise, ...]:
        target = self._target(at)
        if not self._rounds(at, target):
            return (EXACT,)
        u, size = FORMATS[target].storage, np.abs(np.where(np.isfinite(y[0]), y[0], 0.0))
        whole = at.dtypes[0].startswith(("int", "uint"))  # of these the target holds the small ones
        return (Noise(storage=np.where(whole & (size <= 1 / u), 0.0, u * size)),)

    def dtypes(self, at: Site, y: Sequence[Any]) -> tuple[str, ...]:
        return (self._target(at),)


@operator("Range")
class Range(Operator):
    """start, start + delta, ... below limit. Of whole numbers exact; floats may be counted up step by step.

    Kernels either compute ``start + i delta`` (a product and a sum) or add delta i times. Then every sum rounds by at most
    u of its size, the same way again and again since the step is the same: the drift is one draw for the whole range, and
    lambda 3 allows its worst case, ``i u max(|start|, |y|)``.
    """

    sizes = (0, 1, 2)

    def value(self, at: Site, *x: Any) -> tuple[Any, ...]:
        start, limit, delta = (np.asarray(v).reshape(()) for v in x)
        count = max(int(np.ceil((limit - start) / delta)), 0)
        return (start + np.arange(count).astype(start.dtype) * delta,)

    def noise(self, at: Site, y: Sequence[Any], *x: Any) -> tuple[Noise, ...]:
        if y[0].dtype != np.float64:
            return (EXACT,)
        u, start, delta = at.format.elementwise, np.asarray(x[0]).reshape(()), np.asarray(x[2]).reshape(())
        i, size = np.arange(y[0].size), np.abs(y[0])
        rounds = (i > 0) & ~((start % 1 == 0) & (delta % 1 == 0) & (size <= 1 / u) & (np.abs(start) <= 1 / u))
        drift = np.where(rounds, i * u * np.maximum(np.abs(start), size) / 3, 0.0)
        own = np.where(rounds, u * (size + np.abs(start)), 0.0)
        return (Noise(own, (Shared(drift, (0,)),), np.where(rounds, stored(at, y[0]), 0.0)),)


class EyeLike(Move):
    """Ones on a diagonal, of the input's type or the one that is named. Exact."""

    def dtypes(self, at: Site, y: Sequence[Any]) -> tuple[str, ...]:
        return (at.get("dtype") or at.dtypes[0],)


def _eye(at: Site, x: Any) -> Any:
    dtype = at.get("dtype") or at.dtypes[0]
    return np.eye(x.shape[0], x.shape[1], k=at.get("k", 0), dtype="float64" if dtype in FORMATS else dtype)


def _shift(at: Site, a: Any, b: Any) -> Any:
    return np.left_shift(a, b) if at.attributes["direction"] == "LEFT" else np.right_shift(a, b)


def _is_inf(at: Site, x: Any) -> Any:
    up, down = bool(at.get("detect_positive", 1)), bool(at.get("detect_negative", 1))
    return (np.isposinf(x) & up) | (np.isneginf(x) & down)


def _plain(f: Callable[..., Any]) -> Move:
    """A numpy function of the inputs alone."""
    return Move(lambda at, *x: f(*x))


operator("Shape")(Move(lambda at, x: np.asarray(x.shape[at.get("start", 0) : at.get("end")], np.int64)))
operator("Size")(Move(lambda at, x: np.asarray(x.size, np.int64)))
operator("EyeLike")(EyeLike(_eye))
operator("Equal")(_plain(np.equal))
operator("Greater")(_plain(np.greater))
operator("Less")(_plain(np.less))
operator("GreaterOrEqual")(_plain(np.greater_equal))
operator("LessOrEqual")(_plain(np.less_equal))
operator("And")(_plain(np.logical_and))
operator("Or")(_plain(np.logical_or))
operator("Xor")(_plain(np.logical_xor))
operator("Not")(_plain(np.logical_not))
operator("IsNaN")(_plain(np.isnan))
operator("IsInf")(Move(_is_inf))
operator("BitShift")(Move(_shift))
operator("BitwiseAnd")(_plain(np.bitwise_and))
operator("BitwiseOr")(_plain(np.bitwise_or))
operator("BitwiseXor")(_plain(np.bitwise_xor))
operator("BitwiseNot")(_plain(np.bitwise_not))
