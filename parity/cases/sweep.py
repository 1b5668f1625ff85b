"""Sweeps: tables that say what may vary of a layer, and the cases that are drawn from them by pairs."""

from __future__ import annotations

import inspect
import re
from collections.abc import Callable, Iterator, Mapping, Sequence
from dataclasses import dataclass, fields
from itertools import chain, product
from typing import Any

from parity.cases import pairs
from parity.cases.case import Case
from parity.cases.pairs import Refused
from parity.cases.valid import NAME
from parity.errors import FieldError

BASE = "base"  #: what a case is called of which nothing varies
#: Axes that say how large numbers are drawn, and nothing of what is computed with them.
DRAWN = frozenset({"scale", "mean"})
CASE_FIELDS = frozenset(each.name for each in fields(Case)) - {"name", "model", "shape", "quick"}

Row = dict[str, Any]


@dataclass(frozen=True)
class Sweep:
    """What may vary of a layer or network. Going through it gives its cases, in which every two values of two axes meet.

    family: the first word of their names; axes: what varies, axis -> its values, the usual one first. A value is named by its axis
    (``stride2``, ``kernel5x2``, ``no-bias``, ``padding-same``), or by a word of its own where the axis maps words to values. A case is
    called by what is unusual in it, ``conv2d/kernel5x2-stride2``, so to add a value renames none; where nothing is, ``base``.

    make: a value of each axis, by name, in; the layer or network and the shape of its input out. An axis called like a field of
    :class:`Case` (``scale``, ``mode``) goes into that field, and to ``make`` only where it asks for it. unless: what cannot be together, a
    function of some axes that says so; both are found out by their parameters' names.

    The quick set has the cases that are needed for every value to be in one, but for the scale and mean of the input; the others are
    for the full set alone.

    Raises :class:`FieldError` for a table that cannot be read, and as :class:`Case` does.
    """

    family: str
    make: Callable[..., tuple[Any, tuple[int, ...]]]
    axes: Mapping[str, Sequence[Any] | Mapping[str, Any]]
    unless: Sequence[Callable[..., bool]] = ()

    def __post_init__(self) -> None:
        owner = f"sweep {self.family!r}"
        if not NAME.fullmatch(self.family):
            raise FieldError(owner, "family", self.family, "must be words joined by /, as a case is named")
        for axis, values in self.axes.items():
            if len(values) < 2:
                raise FieldError(owner, f"axes[{axis!r}]", values, "must be two values or more, the usual one first")
            words = [word for word, _ in _worded(axis, values)]
            if len(set(words)) < len(words):
                raise FieldError(owner, f"axes[{axis!r}]", words, "names two values alike; map words to values")
        for given in (self.make, *self.unless):
            for name in inspect.signature(given).parameters:
                if name not in self.axes:
                    raise FieldError(owner, "axes", sorted(self.axes), f"must have {name!r}, which a function asks for")

    def __iter__(self) -> Iterator[Case]:
        asked = inspect.signature(self.make).parameters
        rows = self._rows()
        quick = _few(rows)
        for name, row in rows.items():
            values = {axis: value for axis, (_, value) in row.items()}
            model, shape = self.make(**{axis: values[axis] for axis in asked})
            into = {axis: value for axis, value in values.items() if axis in CASE_FIELDS}
            yield Case(name, model, shape, quick=name in quick, **into)

    @property
    def worded(self) -> dict[str, list[tuple[str, Any]]]:
        """Of each axis its values, each with the word that it is called by."""
        return {axis: _worded(axis, values) for axis, values in self.axes.items()}

    def _rows(self) -> dict[str, Row]:
        """A word and value of each axis, row by row, by the name of its case: first what is usual, then what pairs need."""
        worded = self.worded
        usual = {axis: values[0] for axis, values in worded.items()}
        for each in self.unless:
            asked = list(inspect.signature(each).parameters)
            if each(**{axis: usual[axis][1] for axis in asked}):
                values = {axis: usual[axis][1] for axis in asked}
                raise FieldError(f"sweep {self.family!r}", "unless", values, "must not refuse what is usual")
        if len(worded) < 2:
            drawn = [{axis: value} for axis, values in worded.items() for value in values]
        else:
            counts = [len(values) for values in worded.values()]
            numbers = pairs.rows(counts, [_refused(each, worded) for each in self.unless])
            drawn = [{axis: worded[axis][n] for axis, n in zip(worded, row, strict=True)} for row in numbers]

        return {called(self.family, row, worded): row for row in chain([usual], drawn)}


def called(family: str, row: Row, worded: Mapping[str, Sequence[tuple[str, Any]]]) -> str:
    """The name of a row's case: by what is unusual in it."""
    words = [row[axis][0] for axis, values in worded.items() if row[axis][0] != values[0][0]]
    return f"{family}/{'-'.join(words) or BASE}"


def _few(rows: Mapping[str, Row]) -> set[str]:
    """Few rows in which every value is, by name: what is usual, then each time the row that has most of what is missing."""
    words = {name: {(axis, word) for axis, (word, _) in row.items() if axis not in DRAWN} for name, row in rows.items()}
    usual = next(iter(rows))
    taken, missing = {usual}, set().union(*words.values()) - words[usual]
    while missing:
        name = max(words, key=lambda name: len(words[name] & missing))
        taken.add(name)
        missing -= words[name]
    return taken


def _worded(axis: str, values: Sequence[Any] | Mapping[str, Any]) -> list[tuple[str, Any]]:
    if isinstance(values, Mapping):
        return list(values.items())
    return [(_word(axis, value), value) for value in values]


def _word(axis: str, value: Any) -> str:
    """How a value is called in the name of a case."""
    axis = axis.replace("_", "-")
    if isinstance(value, bool):
        return axis if value else f"no-{axis}"
    if value is None:
        return f"no-{axis}"
    if isinstance(value, str):
        return f"{axis}-{value}"
    return f"{axis}{_figure(value)}"


def _figure(value: Any) -> str:
    if isinstance(value, tuple):
        joint = "x" if not any(isinstance(each, tuple) for each in value) else "_"
        return joint.join(_figure(each) for each in value)
    if isinstance(value, float):
        return re.sub(r"e([+-])0*", lambda e: f"e{e[1].strip('+')}", f"{value:g}")
    return str(value)


def _refused(unless: Callable[..., bool], worded: Mapping[str, Sequence[tuple[str, Any]]]) -> Refused:
    """Which values of the axes that a function asks for cannot be together."""
    asked = list(inspect.signature(unless).parameters)
    numbers = product(*(range(len(worded[axis])) for axis in asked))
    refused = {
        row for row in numbers if unless(**{axis: worded[axis][n][1] for axis, n in zip(asked, row, strict=True)})
    }
    return Refused(tuple(list(worded).index(axis) for axis in asked), frozenset(refused))
