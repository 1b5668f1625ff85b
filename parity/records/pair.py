"""What a comparison of two models found: one JSON document, typed here. NaN and infinity as in ``lines``."""

from __future__ import annotations

from typing import Literal

import msgspec

from parity.records.lines import Environment, Number, Struct
from parity.records.model import Input, Source

FORM = 1  #: raised when a document written by this parity cannot be read by an older one

#: Whether two models are one function; "not judged" where something could not be compared and nothing differs.
Same = Literal["pass", "fail", "not judged"]


class Spot(Struct, frozen=True):
    """An operator of one of the two, in its own words."""

    kind: str
    name: str = ""
    module: str = ""  #: the module or layer that it belongs to, where the file keeps it
    source: Source | None = None
    shape: tuple[int, ...] = ()  #: of its output, on the first inputs


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


class Output(Struct, frozen=True):
    """One output of both."""

    one: str
    two: str
    agrees: bool


class PairCheck(Struct, frozen=True):
    """The whole document."""

    form: int
    one: str  #: both as they were typed
    two: str
    status: Same
    seed: int
    inputs: list[Input]
    fed: list[str]  #: how the second's inputs are fed, in words
    tried: list[str]
    differences: list[Difference]
    matched: int  #: values of the second that are found in the first before anything was healed
    values: int  #: of so many
    left: int  #: values that still disagree after healing; 0 proves that the rest is the same function
    outputs: list[Output]
    unproven: list[str]  #: what could not be compared, or proves nothing, in words
    repeat: str
    seconds: float
    environment: Environment


def encode(check: PairCheck) -> bytes:
    """The document as JSON, without a newline at its end."""
    return msgspec.json.encode(check)
