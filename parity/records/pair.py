"""What a comparison of two models found: one JSON document, typed here. NaN and infinity as in ``lines``."""

from __future__ import annotations

from typing import Literal

from parity.records.difference import Difference
from parity.records.lines import Environment, Struct
from parity.records.model import Input

FORM = 1  #: raised when a document written by this parity cannot be read by an older one

#: Whether two models are one function; "not judged" where something could not be compared and nothing differs.
Same = Literal["pass", "fail", "not judged"]


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
    script: str = ""  #: of a script that was asked for: where it is and what it prints, or why there is none
