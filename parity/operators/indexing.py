"""Gathering, scattering, sorting and sequences."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from typing import Any

import numpy as np

from parity.axes import Array
from parity.operators.base import EXACT, Move, Noise, Operator, Site, Unsupported, operator, stored
from parity.operators.sums import blocks, largest_prefix


def _single(v: Any) -> int:
    """The number in an array of one element."""
    return int(np.asarray(v).reshape(-1)[0])


def _places(at: Site, i: Any) -> tuple[Array, ...]:
    """Where indices along one axis point, as an index of the data; numpy counts negative ones from the end, as ONNX does."""
    i = np.asarray(i, np.int64)
    places = list(np.indices(i.shape, sparse=True))
    places[at.get("axis", 0)] = i
    return tuple(places)


def _gather(at: Site, x: Any, i: Any) -> Any:
    # An index and not np.take, which would copy a table that is only a view.
    return x[(slice(None),) * (at.get("axis", 0) % x.ndim) + (np.asarray(i, np.int64),)]


def _gather_nd(at: Site, x: Any, i: Any) -> Any:
    i = np.asarray(i, np.int64)
    batch = np.indices(i.shape[:-1], sparse=True)[: at.get("batch_dims", 0)]
    return x[(*batch, *np.moveaxis(i, -1, 0))]


@operator("ScatterElements", "ScatterND", "Scatter")
class Scatter(Operator):
    """Moves values into place; where places add or multiply what falls on them, each arrival rounds."""

    def _targets(self, at: Site, i: Any) -> tuple[Array, ...]:
        """Where each update goes, one flat list an axis that is indexed."""
        places = np.moveaxis(np.asarray(i, np.int64), -1, 0) if at.kind == "ScatterND" else _places(at, i)
        return tuple(p.reshape(-1) for p in np.broadcast_arrays(*places))

    def value(self, at: Site, *x: Any) -> tuple[Any, ...]:
        data, i, updates = x
        y, places, how = data.copy(), self._targets(at, i), at.get("reduction", "none")
        updates = updates.reshape(places[0].size, *data.shape[len(places) :])
        if how == "none":
            y[places] = updates
        else:
            fold = {"add": np.add, "mul": np.multiply, "max": np.maximum, "min": np.minimum}[how]
            fold.at(y, places, updates)
        return (y,)

    def noise(self, at: Site, y: Sequence[Any], *x: Any) -> tuple[Noise, ...]:
        """Form R with as many roundings as there are arrivals; none, no rounding. Kernels add in the stored type."""
        how, data, places = at.get("reduction", "none"), x[0], self._targets(at, x[1])
        if how not in ("add", "mul") or y[0].dtype != np.float64:
            return (EXACT,)
        arrivals = np.zeros(y[0].shape)
        np.add.at(arrivals, places, 1.0)
        size = np.abs(y[0])
        if how == "add":
            squares = self.value(at, data * data, x[1], x[2] * x[2])[0] + y[0] * y[0]
            size = np.sqrt(squares + (self._running(data, places, x[2]) if at.careful else 0.0))
        own = np.where(arrivals > 0, at.format.elementwise * np.sqrt(arrivals) * size, 0.0)
        return (Noise(own, storage=np.where(arrivals > 0, stored(at, y[0]), 0.0)),)

    def _running(self, data: Any, places: tuple[Array, ...], updates: Any) -> Any:
        """The largest squared running sum, in the order of the updates."""
        flat = updates.reshape(places[0].size, *data.shape[len(places) :])

        def parts() -> Any:
            yield data
            for a, b in blocks(places[0].size):
                part = np.zeros(data.shape)
                np.add.at(part, tuple(p[a:b] for p in places), flat[a:b])
                yield part

        return largest_prefix(parts())


@operator("TopK")
class TopK(Operator):
    """The k largest or smallest along an axis and their places; of equals the first. Exact."""

    sizes = (1,)

    def value(self, at: Site, *x: Any) -> tuple[Any, ...]:
        if not at.get("sorted", 1):
            raise Unsupported("TopK: sorted=0 leaves the order open")
        data, axis = x[0], at.get("axis", -1)
        k = _single(x[1]) if len(x) > 1 else at.attributes["k"]
        if at.get("largest", 1):  # turned around twice, so that of equals the first comes first; -x would wrap unsigned
            turned = np.flip(np.argsort(np.flip(data, axis), axis=axis, kind="stable"), axis)
            order = data.shape[axis] - 1 - turned
        else:
            order = np.argsort(data, axis=axis, kind="stable")
        places = np.take(order, range(k), axis=axis)
        return np.take_along_axis(data, places, axis), places.astype(np.int64)

    def noise(self, at: Site, y: Sequence[Any], *x: Any) -> tuple[Noise, ...]:
        return (EXACT,) * len(y)


class OneHot(Move):
    """One value at each index and another elsewhere, of the values' type. Exact."""

    def dtypes(self, at: Site, y: Sequence[Any]) -> tuple[str, ...]:
        return (at.dtypes[2],)


def _one_hot(at: Site, i: Any, depth: Any, values: Any) -> Any:
    n, rank = _single(depth), i.ndim + 1
    axis = at.get("axis", -1) % rank
    picked = np.expand_dims(np.where(i < 0, i + n, i), axis)  # what lies outside is off everywhere
    hot = picked == np.arange(n).reshape([n if a == axis else 1 for a in range(rank)])
    return np.where(hot, values[1], values[0])


def _non_zero(at: Site, x: Any) -> Any:
    return np.asarray(np.nonzero(x), np.int64) if x.ndim else np.zeros((0, int(x != 0)), np.int64)


def _arg(at: Site, x: Any) -> Any:
    axis = at.get("axis", 0) % x.ndim
    pick = np.argmax if at.kind == "ArgMax" else np.argmin
    last = bool(at.get("select_last_index", 0))
    places = x.shape[axis] - 1 - pick(np.flip(x, axis), axis) if last else pick(x, axis)
    return (np.expand_dims(places, axis) if at.get("keepdims", 1) else places).astype(np.int64)


def _unique(at: Site, x: Any) -> Any:
    axis = at.get("axis")
    y, first, inverse, counts = np.unique(x, return_index=True, return_inverse=True, return_counts=True, axis=axis)
    inverse = inverse.reshape(-1)
    if not at.get("sorted", 1):
        order = np.argsort(first, kind="stable")
        y = np.take(y, order, axis=0 if axis is None else axis)
        first, counts = first[order], counts[order]
        inverse = np.argsort(order)[inverse]
    return [y, *(v.astype(np.int64) for v in (first, inverse, counts))][: at.outputs]


operator("Gather")(Move(_gather))
operator("GatherElements")(Move(lambda at, x, i: x[_places(at, i)]))
operator("GatherND")(Move(_gather_nd))
operator("OneHot")(OneHot(_one_hot, sizes=(1,)))
operator("NonZero")(Move(_non_zero))


@operator("ArgMax", "ArgMin")
class Arg(Move):
    """Exact: values are compared. Where NaN is among them ONNX does not say which place is meant."""

    def __init__(self) -> None:
        super().__init__(_arg)

    def noise(self, at: Site, y: Sequence[Any], *x: Any) -> tuple[Noise, ...]:
        lost = np.isnan(x[0]) if x[0].dtype.kind == "f" else np.False_
        if not lost.any():
            return (EXACT,)
        lost = np.any(lost, axis=at.get("axis", 0) % x[0].ndim, keepdims=bool(at.get("keepdims", 1)))
        return (Noise(open=lost, why="no order tells where NaN stands"),)


operator("Unique")(Move(_unique))


# ---- sequences ------------------------------------------------------------------------------------------------------


class Sequences(Operator):
    """Makes, takes apart or looks into a sequence: ``f(at, *x)`` gives one value. Exact.

    A sequence is a Python list of arrays; its stored type reads ``seq(float32)``, and its elements come back as that.
    """

    def __init__(self, f: Callable[..., Any]) -> None:
        self._f = f

    def value(self, at: Site, *x: Any) -> tuple[Any, ...]:
        return (self._f(at, *x),)

    def noise(self, at: Site, y: Sequence[Any], *x: Any) -> tuple[Noise, ...]:
        return (EXACT,)

    def dtypes(self, at: Site, y: Sequence[Any]) -> tuple[str, ...]:
        inner = next((d.removeprefix("seq(").removesuffix(")") for d in at.dtypes if d), at.get("dtype") or "float32")
        if isinstance(y[0], list):
            return (f"seq({inner})",)
        return (inner if y[0].dtype == np.float64 else y[0].dtype.name,)


def _split_to_sequence(at: Site, x: Any, sizes: Any = None) -> Any:
    axis = at.get("axis", 0)
    n = x.shape[axis]
    if sizes is None and not at.get("keepdims", 1):
        return list(np.moveaxis(x, axis, 0))
    if np.ndim(sizes) == 0:  # one size for all but the last
        each = 1 if sizes is None else int(sizes)
        return np.split(x, range(each, n, each), axis)
    return np.split(x, np.cumsum([int(s) for s in sizes])[:-1], axis)


def _concat_from_sequence(at: Site, parts: Any) -> Any:
    join = np.stack if at.get("new_axis", 0) else np.concatenate
    return join(parts, axis=at.attributes["axis"])


def _insert(at: Site, parts: Any, x: Any, place: Any = None) -> Any:
    made = list(parts)
    made.insert(len(made) if place is None else _single(place), x)
    return made


def _erase(at: Site, parts: Any, place: Any = None) -> Any:
    made = list(parts)
    del made[-1 if place is None else _single(place)]
    return made


operator("SplitToSequence")(Sequences(_split_to_sequence))
operator("SequenceConstruct")(Sequences(lambda at, *x: list(x)))
operator("SequenceEmpty")(Sequences(lambda at: []))
operator("SequenceAt")(Sequences(lambda at, parts, place: np.asarray(parts[_single(place)])))
operator("SequenceInsert")(Sequences(_insert))
operator("SequenceErase")(Sequences(_erase))
operator("SequenceLength")(Sequences(lambda at, parts: np.asarray(len(parts), np.int64)))
operator("ConcatFromSequence")(Sequences(_concat_from_sequence))
