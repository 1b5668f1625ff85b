"""Rows in which every two values of two axes meet: drawn by covertable, and remembered by what they were drawn from.

To draw is half of what a start of parity takes, and the rows follow from numbers alone: how many values each axis has, and
which of them cannot be together. So rows are looked up by these numbers, and can never be those of another table.
"""

from __future__ import annotations

import hashlib
import json
import os
from collections.abc import Iterator, Sequence
from contextlib import contextmanager, suppress
from functools import cache
from importlib.metadata import version
from pathlib import Path
from typing import Any, NamedTuple

import covertable

Rows = list[list[int]]

FILE = "pairs.json"  #: in the folder where rows are kept: what they were drawn from -> rows, with the digest of it all

_known: dict[str, Rows] = {}


class Refused(NamedTuple):
    """What cannot be together: some axes, by number, and the numbers of their values, in the order of the axes."""

    axes: tuple[int, ...]
    values: frozenset[tuple[int, ...]]


def rows(counts: Sequence[int], refused: Sequence[Refused]) -> Rows:
    """For axes with so many values, the number of each axis' value, row by row; the same each time."""
    table = [list(counts), [[each.axes, sorted(each.values)] for each in refused], _version()]
    key = _digest(table)
    if key not in _known:
        drawn = covertable.make([range(count) for count in counts], constraints=[_constraint(each) for each in refused])
        _known[key] = [list(row) for row in drawn]
    return _known[key]


@contextmanager
def kept(folder: Path) -> Iterator[None]:
    """Meanwhile look rows up in ``folder``; what had to be drawn is kept there, where there is such a folder."""
    path = folder / FILE
    _known.update(_read(path))
    before = len(_known)
    yield
    if len(_known) > before and folder.is_dir():
        made = path.with_name(f"{FILE}.{os.getpid()}")
        with suppress(OSError):  # of a cache that cannot be written a run says so itself
            made.write_text(json.dumps({"rows": _known, "digest": _digest(_known)}))
            made.replace(path)


def _read(path: Path) -> dict[str, Rows]:
    """What is kept there; nothing where there is none, or not what was stored: then it is drawn anew."""
    try:
        content = json.loads(path.read_bytes())
        known: dict[str, Rows] = content["rows"]
        return known if content["digest"] == _digest(known) else {}
    except (OSError, ValueError, KeyError, TypeError):
        return {}


@cache
def _version() -> str:
    return version("covertable")


def _digest(content: object) -> str:
    return hashlib.sha256(json.dumps(content, sort_keys=True).encode()).hexdigest()


def _constraint(refused: Refused) -> dict[str, Any]:
    return {
        "operator": "fn",
        "requires": list(refused.axes),
        "evaluate": lambda row: tuple(row[axis] for axis in refused.axes) not in refused.values,
    }
