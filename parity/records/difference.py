"""A place where two graphs differ, as documents keep it. NaN and infinity as in ``lines``."""

from __future__ import annotations

from typing import Literal

from parity.records.lines import Number, Struct


class Source(Struct, frozen=True):
    """A line of a person's own code, as the file of the model kept it."""

    file: str
    line: int
    text: str = ""


class Spot(Struct, frozen=True):
    """An operator of one of the two, in its own words."""

    kind: str
    name: str = ""
    module: str = ""  #: the module or layer that it belongs to, where the file keeps it
    source: Source | None = None
    shape: tuple[int, ...] = ()  #: of its output, on the first inputs
    place: int = -1  #: in computing order


def spelled(spot: Spot) -> str:
    """An operator in words: its name, kind and module."""
    name = f"{spot.name}, {spot.kind}" if spot.name else spot.kind
    return f"{name}, of {spot.module}" if spot.module else name


class Difference(Struct, frozen=True):
    """One place where the two differ: operators that read the same and give something else.

    ``distance`` is the largest difference over the root mean square of the first one's value, ``ratio`` over what float64 and
    stored constants allow. One of the two is missing where the other model has no part for it.
    """

    kind: Literal["value", "shape", "no part"]
    one: Spot | None
    two: Spot | None
    distance: Number | None = None
    ratio: Number | None = None
    looks: str = ""  #: what it looks like, where undoing that makes the difference vanish
    expected: Number | None = None  #: at the worst element, of the first model
    got: Number | None = None  #: of the second
    index: tuple[int, ...] = ()  #: of the worst element, in the second's axes
    healed: bool = True  #: whether the first's value was put in its place, so that what follows could be compared
    why: str = ""
