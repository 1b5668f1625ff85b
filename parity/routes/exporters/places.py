"""Where the parameters of a structure lie in its file, and the file with others in their places.

A file is taken for one that others can be put into when every float in it is accounted for: each parameter stands there once,
element for element, in whatever order of its axes, and what else there is are numbers that somebody wrote (0, -inf, 1e-5, of
four digits at most), which no parameter decides. The shapes and counts in it are whole numbers and stay.
"""

from __future__ import annotations

import mmap
import secrets
import shutil
from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import numpy as np

from parity.axes import Array
from parity.cases.case import Case
from parity.cases.parameters import Parameters
from parity.cases.structure import Mark, Numbers, marked, marks, read

DIGITS = 4  #: of a number that somebody wrote: one of thousands of float32 numbers is so short
MANY = 16  #: different numbers that somebody wrote into one array


@dataclass(frozen=True)
class Place:
    """Where one parameter lies: from byte ``offset`` on, in the order of a walk through its elements.

    The walk begins at element ``start`` and takes ``steps`` elements at a time along axes of these ``sizes``, the last axis
    innermost; the parameter's own elements are in the order of its canonical axes.
    """

    node: str
    name: str
    offset: int
    start: int
    sizes: tuple[int, ...]
    steps: tuple[int, ...]


class Unplaced(Exception):
    """A file into which no other parameters can be put; the message says what is not accounted for."""


def places(path: Path, case: Case) -> tuple[Place, ...]:
    """Where each parameter of a case lies in a file that was exported with them marked. Raises :class:`Unplaced`."""
    import onnx

    if not (counted := marks(case)):
        return ()
    expected = marked(case)
    model = onnx.load(path, load_external_data=False)
    found: dict[Mark, Place] = {}
    with path.open("rb") as file, mmap.mmap(file.fileno(), 0, access=mmap.ACCESS_READ) as content:
        for tensor in _tensors(_graphs(model)):
            array = _floats(tensor)
            if array is None:
                continue
            numbers = read(array) if array.dtype == np.float32 else None
            mark = None if numbers is None else _of(numbers, counted)
            if numbers is None or mark is None:
                if not _written(array):
                    raise Unplaced(f"{tensor.name or 'a constant'} is no parameter as it is")
                continue
            if mark in found:
                raise Unplaced(f"{mark.node}.{mark.name} is stored twice")
            start, sizes, steps = _walk(numbers, mark)
            if not _same(_walked(expected[mark.node][mark.name], start, sizes, steps), array):
                raise Unplaced(f"{mark.node}.{mark.name} is stored with other signs")
            found[mark] = Place(mark.node, mark.name, _offset(content, tensor), start, sizes, steps)
    for mark in counted:
        if mark not in found:
            raise Unplaced(f"{mark.node}.{mark.name} is not stored as it is")
    for number in _attributes(_graphs(model)):
        if not _written(np.asarray(number, np.float32)):
            raise Unplaced(f"an attribute is {number:.9g}")
    return tuple(found.values())


def fill(path: Path, target: Path, where: Iterable[Place], parameters: Parameters) -> None:
    """Write the file ``path`` to ``target`` with these parameters in their places. It is there whole, or not at all."""
    made = target.with_name(f"{target.name}-{secrets.token_hex(4)}")
    shutil.copyfile(path, made)
    with made.open("r+b") as file:
        for place in where:
            array = parameters[place.node][place.name]
            file.seek(place.offset)
            file.write(np.ascontiguousarray(_walked(array, place.start, place.sizes, place.steps), "<f4").data)
    made.replace(target)


def _graphs(model: Any) -> Iterator[tuple[Sequence[Any], Sequence[Any]]]:
    """(nodes, tensors) of every graph of a model, with those inside its nodes and its functions."""
    waiting: list[tuple[Sequence[Any], Sequence[Any]]] = [(model.graph.node, model.graph.initializer)]
    if model.graph.sparse_initializer:
        raise Unplaced("it has sparse tensors")
    waiting += [(function.node, ()) for function in model.functions]
    while waiting:
        nodes, tensors = waiting.pop()
        yield nodes, tensors
        for node in nodes:
            for attribute in node.attribute:
                if attribute.HasField("sparse_tensor") or attribute.sparse_tensors:
                    raise Unplaced("it has sparse tensors")
                inner = [attribute.g] if attribute.HasField("g") else attribute.graphs
                waiting += [(graph.node, graph.initializer) for graph in inner]


def _tensors(graphs: Iterable[tuple[Sequence[Any], Sequence[Any]]]) -> Iterator[Any]:
    for nodes, tensors in graphs:
        yield from tensors
        for node in nodes:
            for attribute in node.attribute:
                if attribute.HasField("t"):
                    yield attribute.t
                yield from attribute.tensors


def _attributes(graphs: Iterable[tuple[Sequence[Any], Sequence[Any]]]) -> Iterator[float]:
    for nodes, _ in graphs:
        for node in nodes:
            for attribute in node.attribute:
                if attribute.HasField("f"):
                    yield attribute.f
                yield from attribute.floats


def _floats(tensor: Any) -> Array | None:
    """The values of a tensor; None for one of whole numbers, truths or words, which no parameter is."""
    from onnx import TensorProto, numpy_helper

    if tensor.data_type in (TensorProto.INT32, TensorProto.INT64, TensorProto.BOOL, TensorProto.STRING):
        return None
    if tensor.data_type not in (TensorProto.FLOAT, TensorProto.DOUBLE):
        raise Unplaced(f"it has numbers of type {TensorProto.DataType.Name(tensor.data_type)}")
    if tensor.data_location == TensorProto.EXTERNAL:
        raise Unplaced("its numbers lie beside it")
    array: Array = numpy_helper.to_array(tensor)
    return array


def _of(numbers: Numbers, counted: Sequence[Mark]) -> Mark | None:
    """The parameter that numbers are of, every one of its elements once; None where there is none."""
    low, high = int(numbers.min()), int(numbers.max())
    mark = next((m for m in counted if m.first <= low and high < m.first + m.size == m.first + len(numbers)), None)
    if mark is None:
        return None
    seen = np.zeros(mark.size, bool)
    seen[numbers - np.uint32(mark.first)] = True
    return mark if seen.all() else None


def _walk(numbers: Numbers, mark: Mark) -> tuple[int, tuple[int, ...], tuple[int, ...]]:
    """The start, sizes and steps that give these numbers, which are all those of a mark. Raises :class:`Unplaced`."""
    rest = numbers.astype(np.int64) - mark.first
    start, sizes, steps = int(rest[0]), [], []
    while len(rest) > 1:
        apart = np.diff(rest)
        turns = np.flatnonzero(apart != apart[0])
        size = int(turns[0]) + 1 if len(turns) else len(rest)
        if len(rest) % size:
            raise Unplaced(f"{mark.node}.{mark.name} is stored in no order of axes")
        rows = rest.reshape(-1, size)
        if not (np.diff(rows, axis=1) == apart[0]).all():
            raise Unplaced(f"{mark.node}.{mark.name} is stored in no order of axes")
        sizes.append(size)
        steps.append(int(apart[0]))
        rest = rows[:, 0]
    return start, tuple(reversed(sizes)), tuple(reversed(steps))


def _walked(array: Array, start: int, sizes: tuple[int, ...], steps: tuple[int, ...]) -> Array:
    """The elements of a parameter in the order of a walk."""
    flat = np.ascontiguousarray(array, np.float32).reshape(-1)
    return np.lib.stride_tricks.as_strided(
        flat[start:], sizes, [step * flat.itemsize for step in steps], writeable=False
    )


def _same(walked: Array, stored: Array) -> bool:
    return np.ascontiguousarray(walked).tobytes() == np.ascontiguousarray(stored).tobytes()


def _written(array: Array) -> bool:
    """Whether an array holds nothing but a few numbers that somebody wrote."""
    kinds = np.unique(array)
    return len(kinds) <= MANY and all(np.isinf(n) or array.dtype.type(f"{n:.{DIGITS}g}") == n for n in kinds)


def _offset(content: mmap.mmap, tensor: Any) -> int:
    """The byte of a file at which the values of a tensor begin. Raises :class:`Unplaced` where that is not certain."""
    values = tensor.raw_data
    at = content.find(values) if values else -1
    if at < 0 or content.find(values, at + 1) >= 0:
        raise Unplaced(f"{tensor.name or 'a constant'} has no place of its own")
    return at


__all__ = ["Place", "Unplaced", "fill", "places"]
