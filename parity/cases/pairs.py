"""Rows in which every two values of two axes meet: drawn by covertable, and remembered by what they were drawn from.

To draw is half of what a start of parity takes, and the rows follow from numbers alone: how many values each axis has, and
which of them cannot be together. So rows are looked up by these numbers, and can never be those of another table.
"""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from functools import cache
from importlib.metadata import version
from pathlib import Path
from typing import Any, NamedTuple

from parity.files import digest, remember, remembered

Rows = list[list[int]]

FILE = "pairs.json"  #: in the folder where rows are kept: the digest of what they were drawn from -> rows

_known: dict[str, Rows] = {}


class Refused(NamedTuple):
    """What cannot be together: some axes, by number, and the numbers of their values, in the order of the axes."""

    axes: tuple[int, ...]
    values: frozenset[tuple[int, ...]]


def rows(counts: Sequence[int], refused: Sequence[Refused]) -> Rows:
    """For axes with so many values, the number of each axis' value, row by row; the same each time."""
    table = [list(counts), [[each.axes, sorted(each.values)] for each in refused], _version()]
    key = digest(table)
    if key not in _known:
        import covertable  # where all rows are remembered nobody waits for it

        drawn = covertable.make([range(count) for count in counts], constraints=[_constraint(each) for each in refused])
        _known[key] = [list(row) for row in drawn]
    return _known[key]


@contextmanager
def kept(folder: Path) -> Iterator[None]:
    """Meanwhile look rows up in ``folder``; what had to be drawn is kept there, where there is such a folder."""
    path = folder / FILE
    _known.update(remembered(path))
    before = len(_known)
    yield
    if len(_known) > before:
        remember(path, _known)


@cache
def _version() -> str:
    return version("covertable")


def _constraint(refused: Refused) -> dict[str, Any]:
    return {
        "operator": "fn",
        "requires": list(refused.axes),
        "evaluate": lambda row: tuple(row[axis] for axis in refused.axes) not in refused.values,
    }
