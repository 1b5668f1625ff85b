"""What ``parity check`` found of a model of one's own: one JSON document, typed here. NaN and infinity as in ``lines``."""

from __future__ import annotations

from typing import Literal

import msgspec

from parity.records.difference import Difference, Source
from parity.records.lines import Environment, Grid, Number, Struct
from parity.records.verdict import Kind

FORM = 1  #: raised when a document written by this parity cannot be read by an older one

OWN = "own"  #: the label of a model's own run, and of the worker that has the model
DEFINITION = "definition"  #: the file that a model's own run is judged by: what it computes, before any optimiser

Judged = Literal["pass", "fail", "not judged"]

#: How a route ends: as a check does, or with something in it that could not be judged.
Ended = Literal["pass", "fail", "not judged", "error", "unsupported", "crash", "timeout", "not run"]

#: The endings that no witness is needed for: the route gave no answer that could be right.
LOST: frozenset[Ended] = frozenset({"error", "crash", "timeout"})


class Operator(Struct, frozen=True):
    """One operator of the model, in computing order."""

    kind: str  #: with its domain where that is not ONNX's own
    name: str = ""
    module: str = ""  #: the path of the module that it came from, where the file keeps it
    source: Source | None = None
    outputs: tuple[str, ...] = ()


class Worst(Struct, frozen=True):
    """The worst element: its index in the value's own axes, and the values there, in the unit of the value."""

    index: list[int]
    expected: Number
    got: Number
    allowed: Number


class Figure(Struct, frozen=True):
    """One value against the oracle. ``ratio`` is the worst abs(route - oracle) / bound, 1 the limit; dimensionless."""

    status: Judged
    ratio: Number | None = None
    need: Number | None = None  #: the smallest lambda that would pass
    reason: str = ""  #: why it fails or was not judged, or what is told beside a pass
    kind: Kind | None = None  #: of a failure
    wrong: int | None = None  #: elements beyond their bound
    elements: int | None = None
    worst: Worst | None = None  #: the worst element of a failure


class OperatorFigure(Struct, frozen=True):
    """One operator judged on the values that it really got; the worst of its outputs."""

    operator: int  #: its place in computing order
    figure: Figure
    shape: tuple[int, ...] = ()  #: of that output, in its own axes
    together: int = 0  #: operators before it that are judged with it, since the route gave no value of theirs
    maps: Grid | None = None  #: up to 8 channels of its first image, of some operators of one route on the first inputs


class Familiar(Struct, frozen=True):
    """The figures people know. They decide nothing."""

    against: str  #: "the oracle", or the route that is compared with where there is no oracle
    absolute: Number  #: largest difference, in the unit of the output
    relative: Number  #: largest difference over the size of what is compared with, where that is not 0
    cosine: Number
    decibels: Number  #: signal to noise
    top1: float | None = None  #: of what looks like a classifier's output: share of rows with the same largest
    top5: float | None = None  #: share of the five largest that is the same


class OutputFigure(Struct, frozen=True):
    """One output of the model, end to end."""

    name: str
    shape: list[int]
    dtype: str
    figure: Figure
    familiar: Familiar | None = None


class Answer(Struct, frozen=True):
    """What a route gave for one set of inputs. ``operators`` is empty where it gives no values in between."""

    inputs: str  #: the name of the set
    outputs: tuple[OutputFigure, ...] = ()
    operators: tuple[OperatorFigure, ...] = ()


class Unjudged(Struct, frozen=True):
    """Operators that could not be judged, for one reason."""

    kind: str
    count: int
    reason: str


class Function(Struct, frozen=True):
    """Whether a graph is the same function as the model itself, both in float64, by the worst output and inputs.

    ``ratio`` is the worst distance over what a float32 run of the graph may be off by, 1 the limit: an exporter may store
    what it worked out in float32. ``distance`` is relative to the root mean square of the output.
    """

    status: Judged
    ratio: Number | None = None
    distance: Number | None = None
    output: str = ""
    inputs: str = ""
    reason: str = ""


class GraphFigure(Struct, frozen=True):
    """One file that was judged: a person's own, or one that an exporter wrote of their model."""

    name: str  #: the file as it was typed, "definition" for what the model's own run is judged by, or the exporter's label
    operators: tuple[Operator, ...] = ()
    unjudged: tuple[Unjudged, ...] = ()
    function: Function | None = None  #: None where there is nothing beside the file
    differences: tuple[
        Difference, ...
    ] = ()  #: of a file that is another function: where it differs from the definition
    reason: str = ""  #: why there is no file


class RouteFigure(Struct, frozen=True):
    """One way the model was run, and how that ended."""

    name: str
    runtime: str  #: the runtime's label; routes that share it run the same one
    optimises: bool  #: whether the runtime's graph optimiser was on
    status: Ended
    graph: int = 0  #: the one of :attr:`ModelCheck.graphs` that it ran, or is judged by
    reason: str = ""
    repeats: bool | None = None  #: whether the first set of inputs, asked again at the end, gave the same bits
    alone: bool | None = None  #: whether the last sample of the first set, fed without the others, gave the same bits
    threads: bool | None = None  #: whether the first set gave the same bits with another number of threads
    answers: tuple[Answer, ...] = ()
    inner: str = ""  #: why a route that is not optimised gives no values in between
    seconds: float | None = None  #: wall time of the run


class Finding(Struct, frozen=True):
    """What does not hold on one or more routes that are wrong at one place, or of a graph that is another function."""

    routes: list[str]
    inputs: str
    what: str
    graph: int = 0
    operator: int | None = None  #: born in: its place in computing order; None where no operator is wrong by itself
    born: str = ""  #: in words
    looks: str = ""  #: what it looks like, where it has a name
    source: Source | None = None  #: the line of a person's own code that it comes from
    whose: str = ""  #: in words; empty where no witness says
    figure: Figure | None = None


class Input(Struct, frozen=True):
    """One input of the model as it was fed."""

    name: str
    dtype: str
    shape: list[int]
    values: str  #: where its values are from, in words


class ModelCheck(Struct, frozen=True):
    """The whole document."""

    form: int
    model: str  #: as it was typed
    status: Ended
    seed: int
    lam: float
    inputs: list[Input]
    tried: list[str]  #: the names of the sets of inputs
    graphs: list[GraphFigure]
    routes: list[RouteFigure]
    findings: list[Finding]
    notes: list[str]  #: what was done to the model before it ran
    repeat: str  #: the command that repeats it
    seconds: float
    environment: Environment
    script: str = ""  #: of a script that was asked for: where it is and what it prints, or why there is none


def encode(document: Struct) -> bytes:
    """The document as JSON, without a newline at its end."""
    return msgspec.json.encode(document)
