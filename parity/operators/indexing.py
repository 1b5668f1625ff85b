"""Gathering, scattering, sorting and sequences."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

import numpy as np

from parity.operators.base import EXACT, Move, Noise, Operator, Site, operator, stored


def _along(x: Any, i: Any, axis: int) -> Any:
    """Indices counted from the end made whole."""
    return np.where(i < 0, i + x.shape[axis], i)


def _gather(at: Site, x: Any, i: Any) -> Any:
    return np.take(x, np.asarray(i, np.int64), axis=at.get("axis", 0))


def _gather_elements(at: Site, x: Any, i: Any) -> Any:
    axis = at.get("axis", 0) % x.ndim
    places = list(np.indices(i.shape, sparse=True))
    places[axis] = _along(x, i, axis)
    return x[tuple(places)]


def _gather_nd(at: Site, x: Any, i: Any) -> Any:
    b = at.get("batch_dims", 0)
    batch = x.shape[:b]
    rows, picks = x.reshape(-1, *x.shape[b:]), i.reshape(-1, *i.shape[b:])
    picked = [row[tuple(np.moveaxis(pick, -1, 0))] for row, pick in zip(rows, picks, strict=True)]
    made = np.asarray(picked)
    return made.reshape(*batch, *made.shape[1:])


class Scatter(Operator):
    """Moves values into place; with a reduction each target adds or multiplies what falls on it: four roundings."""

    def _places(self, at: Site, x: Any, i: Any) -> tuple[Any, ...]:
        if at.kind == "ScatterND":
            return tuple(np.moveaxis(np.asarray(i, np.int64), -1, 0))
        axis = at.get("axis", 0) % x.ndim
        places = list(np.indices(i.shape))
        places[axis] = _along(x, i, axis)
        return tuple(places)

    def value(self, at: Site, *x: Any) -> tuple[Any, ...]:
        data, i, updates = x
        y, places, how = data.copy(), self._places(at, data, i), at.get("reduction", "none")
        if how == "none":
            y[places] = updates
        else:
            fold = {"add": np.add, "mul": np.multiply, "max": np.maximum, "min": np.minimum}[how]
            fold.at(y, places, updates)
        return (y,)

    def noise(self, at: Site, y: Sequence[Any], *x: Any) -> tuple[Noise, ...]:
        how = at.get("reduction", "none")
        if how not in ("add", "mul") or y[0].dtype != np.float64:
            return (EXACT,)
        size = np.abs(y[0]) if how == "mul" else self.value(at, np.abs(x[0]), x[1], np.abs(x[2]))[0]
        return (Noise(4 * at.format.elementwise * size, storage=stored(at, y[0])),)


@operator("TopK")
class TopK(Operator):
    """The k largest or smallest along an axis and their places; of equals the first. Exact."""

    def value(self, at: Site, *x: Any) -> tuple[Any, ...]:
        data, axis = x[0], at.get("axis", -1)
        k = int(np.asarray(x[1]).reshape(-1)[0]) if len(x) > 1 else at.attributes["k"]
        if at.get("largest", 1):  # turned around twice, so that of equals the first comes first; -x would wrap unsigned
            turned = np.flip(np.argsort(np.flip(data, axis), axis=axis, kind="stable"), axis)
            order = data.shape[axis] - 1 - turned
        else:
            order = np.argsort(data, axis=axis, kind="stable")
        places = np.take(order, range(k), axis=axis)
        return np.take_along_axis(data, places, axis), places.astype(np.int64)

    def noise(self, at: Site, y: Sequence[Any], *x: Any) -> tuple[Noise, ...]:
        return (EXACT,) * len(y)


def _one_hot(at: Site, i: Any, depth: Any, values: Any) -> Any:
    n, axis = int(np.asarray(depth).reshape(-1)[0]), at.get("axis", -1)
    axis = axis + i.ndim + 1 if axis < 0 else axis
    picked = np.expand_dims(np.where(i < 0, i + n, i), axis)
    shape = [1] * (i.ndim + 1)
    shape[axis] = n
    hot = picked == np.arange(n).reshape(shape)
    return np.where(hot, values[1], values[0])


class OneHot(Move):
    """One value at each index and another elsewhere, of the values' type. Exact."""

    def dtypes(self, at: Site, y: Sequence[Any]) -> tuple[str, ...]:
        return (at.dtypes[2],)


def _arg(at: Site, x: Any) -> Any:
    axis = at.get("axis", 0) % x.ndim
    pick = np.argmax if at.kind == "ArgMax" else np.argmin
    last = bool(at.get("select_last_index", 0))
    places = x.shape[axis] - 1 - pick(np.flip(x, axis), axis) if last else pick(x, axis)
    return (np.expand_dims(places, axis) if at.get("keepdims", 1) else places).astype(np.int64)


def _unique(at: Site, x: Any) -> Any:
    axis = at.get("axis")
    y, first, inverse, counts = np.unique(
        x, return_index=True, return_inverse=True, return_counts=True, axis=axis, equal_nan=True
    )
    inverse = inverse.reshape(-1)
    if not at.get("sorted", 1):
        order = np.argsort(first, kind="stable")
        y = np.take(y, order, axis=0 if axis is None else axis)
        first, counts = first[order], counts[order]
        inverse = np.argsort(order)[inverse]
    return [y, *(v.astype(np.int64) for v in (first, inverse, counts))][: at.outputs]


operator("Gather")(Move(_gather))
operator("GatherElements")(Move(_gather_elements))
operator("GatherND")(Move(_gather_nd))
operator("ScatterElements", "ScatterND", "Scatter")(Scatter())
operator("OneHot")(OneHot(_one_hot))
operator("NonZero")(Move(lambda at, x: np.asarray(np.nonzero(x), np.int64)))
operator("ArgMax", "ArgMin")(Move(_arg))
operator("Unique")(Move(_unique))


# ---- sequences: Python lists of arrays ------------------------------------------------------------------------------


class Sequences(Operator):
    """Makes, takes apart or looks into a sequence of arrays: ``f(at, *x)`` gives one value. Exact."""

    def __init__(self, f: Any) -> None:
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
    if sizes is None:
        parts = np.split(x, x.shape[axis], axis)
        return parts if at.get("keepdims", 1) else [np.squeeze(part, axis) for part in parts]
    if np.ndim(sizes) == 0:
        return np.split(x, range(int(sizes), x.shape[axis], int(sizes)), axis)
    return np.split(x, np.cumsum([int(s) for s in sizes])[:-1], axis)


def _concat_from_sequence(at: Site, parts: Any) -> Any:
    return (
        np.stack(parts, at.attributes["axis"])
        if at.get("new_axis", 0)
        else np.concatenate(parts, at.attributes["axis"])
    )


def _whole(v: Any) -> int:
    return int(np.asarray(v).reshape(-1)[0])


def _insert(at: Site, parts: Any, x: Any, place: Any = None) -> Any:
    made = list(parts)
    made.insert(len(made) if place is None else _whole(place), x)
    return made


def _erase(at: Site, parts: Any, place: Any = None) -> Any:
    made = list(parts)
    del made[-1 if place is None else _whole(place)]
    return made


operator("SplitToSequence")(Sequences(_split_to_sequence))
operator("SequenceConstruct")(Sequences(lambda at, *x: list(x)))
operator("SequenceEmpty")(Sequences(lambda at: []))
operator("SequenceAt")(Sequences(lambda at, parts, place: parts[_whole(place)]))
operator("SequenceInsert")(Sequences(_insert))
operator("SequenceErase")(Sequences(_erase))
operator("SequenceLength")(Sequences(lambda at, parts: np.asarray(len(parts), np.int64)))
operator("ConcatFromSequence")(Sequences(_concat_from_sequence))
