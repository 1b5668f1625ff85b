"""What a comparison of two models found: one JSON document, typed here. NaN and infinity as in ``lines``."""

from __future__ import annotations

from typing import Literal

from parity.records.difference import Difference, Spot
from parity.records.lines import Environment, Number, Struct
from parity.records.model import Input

FORM = 2  #: raised when a document written by this parity cannot be read by an older one

#: Whether two models are one function; "not judged" where something could not be compared and nothing differs.
Same = Literal["pass", "fail", "not judged"]


class Output(Struct, frozen=True):
    """One output of both."""

    one: str
    two: str
    agrees: bool


class Matched(Struct, frozen=True):
    """Two operators that give the same values, by their places in computing order.

    ``distance`` is the largest difference over the root mean square of the first one's. weights: they hold the same weights;
    healed: they agree since what differs before them was healed.
    """

    one: int
    two: int
    distance: Number
    weights: bool = False
    healed: bool = False


class PairCheck(Struct, frozen=True):
    """The whole document."""

    form: int
    one: str  #: both as they were typed
    two: str
    status: Same
    seed: int
    inputs: list[Input]
    taken: list[Input]  #: those of the second; values: how each is fed, in words
    tried: list[str]
    differences: list[Difference]
    matched: int  #: values of the second that are found in the first before anything was healed
    values: int  #: of so many
    left: int  #: values that still disagree after healing; 0 proves that the rest is the same function
    outputs: list[Output]
    operators_one: list[Spot]  #: of the first, those that an input decides, in computing order
    operators_two: list[Spot]
    matches: list[Matched]  #: in the second's order
    copied: list[str]  #: weights of the second that were taken from the first, in words
    unproven: list[str]  #: what could not be compared, or proves nothing, in words
    repeat: str
    seconds: float
    environment: Environment
    script: str = ""  #: of a script that was asked for: where it is and what it prints, or why there is none
