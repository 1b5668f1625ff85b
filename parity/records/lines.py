"""The lines of a records file: one JSON object a line, typed here, described in ``docs/records.md``.

A ``run`` line, one ``check`` line for each case and route, an ``end`` line. A file without an ``end`` line is of a run
that did not finish. A merged file keeps the run and end line of each of its shards in its own run line; where they are of
a matrix, each check says which shard it is of, and where they are of one plan it is the run of that plan. NaN and infinity, which JSON cannot say, are the strings "NaN", "Infinity" and "-Infinity".
"""

from __future__ import annotations

import math
from collections.abc import Iterator
from typing import Any, Literal

import msgspec

from parity.records.verdict import Kind, Status

SCHEMA = 6  #: raised when a line written by this parity cannot be read by an older one

Step = Literal["ask", "look", "export", "run", "judge"]  #: of a check, one after the other

Number = float | Literal["NaN", "Infinity", "-Infinity"]


def number(value: float) -> Number:
    """A float as records spell it."""
    value = float(value)
    if math.isnan(value):
        return "NaN"
    if math.isinf(value):
        return "Infinity" if value > 0 else "-Infinity"
    return value


def value(spelled: Number) -> float:
    """The float behind a spelling; the inverse of :func:`number`."""
    return float(spelled)


class Struct(msgspec.Struct, frozen=True, kw_only=True, forbid_unknown_fields=True, omit_defaults=True):
    """Base of all parts of a record. A field at its default is left out of the line."""


class Gpu(Struct, frozen=True):
    """One graphics processor, as its driver names it."""

    name: str
    driver: str


class Environment(Struct, frozen=True):
    """What may move a number, by allow-list: nothing else of the machine or its user is recorded."""

    parity: str
    python: str
    system: str  #: operating system and its release
    machine: str  #: processor architecture
    cpu: str  #: the processor's own name
    cpu_flags: list[str]  #: the instruction sets that change how sums are computed
    cores: int
    memory_bytes: int
    threads: int  #: threads each worker may compute with
    packages: dict[str, str]  #: distribution -> version, of those that are installed
    gpus: list[Gpu]
    flags: dict[str, str]  #: environment variables that move numbers, those that are set


class Git(Struct, frozen=True):
    """The state of the checkout that ran; dirty is whether tracked files were changed."""

    commit: str
    dirty: bool


class Split(Struct, frozen=True):
    """Which shard of a plan a run is of, and what tells that plan, split so, from every other."""

    number: int  #: from 1
    of: int  #: how many shards there are
    plan: str  #: a digest of the seed and of every check of every shard
    checks: int  #: of all shards


class Run(Struct, frozen=True, tag_field="type", tag="run"):
    """The first line."""

    schema: int
    id: str  #: unique name of the run
    started: str  #: ISO 8601, UTC
    argv: list[str]
    seed: int
    lam: float  #: the gate lambda
    planned: int  #: how many checks were selected
    environment: Environment  #: of a merged file, that of its first shard
    git: Git | None = None
    shards: list[Shard] = []  #: the runs that a merged file is made of; empty where it is one run
    split: Split | None = None  #: of a run of one shard of a plan
    joined: list[Shard] = []  #: the shards of the one plan that the run is joined from


#: What a figure or a failure is of: ``parity.cases.probes`` says what each asks.
Probe = Literal["data", "integer", "impulse", "states", "gradients", "draws", "batch", "threads", "unbatched"]


class Place(Struct, frozen=True):
    """The worst element: its index by axis name, and the values there, in the unit of the case's values."""

    index: dict[str, int]
    expected: Number
    got: Number
    allowed: Number
    ulps: Number  #: abs(got - expected) in units in the last place of expected, in its stored type


class Grid(Struct, frozen=True):
    """Tiles of one size as bytes: 0 to 254 are values from low to high, 255 is not finite (``parity.judging.pictures``)."""

    tiles: int
    rows: int
    columns: int
    low: Number
    high: Number
    data: str  #: base64 of the zlib-compressed bytes, ``tiles rows columns``


class Pictures(Struct, frozen=True):
    """Channels around the worst element, for people to look at. ``expected`` and ``got`` have one scale."""

    image: int  #: which of the N images
    channels: list[int]  #: which channel each tile is; of features ``N F`` one tile holds all
    expected: Grid
    got: Grid
    error: Grid  #: (got - expected) / bound, the largest magnitude of each block, from -1 to 1


class Sight(Struct, frozen=True):
    """What the worst element sees: first and last row and column of ``of``, and whether padding is among them."""

    of: str  #: "input", or the layer whose output is looked at
    rows: list[int]
    columns: list[int]
    padding: bool


class Sketch(Struct, frozen=True):
    """A fingerprint of the wrong elements, by which two routes can be told to be wrong alike (``parity.judging.likeness``)."""

    elements: int  #: how many it sums up
    sums: list[float]  #: eight sums of their deviations, each with other weights; noise of one element is about 1


class Failure(Struct, frozen=True):
    """Why a check is not green, enough for one screen."""

    kind: Kind
    message: str
    probe: Probe | None = None
    where: str | None = None  #: the layer, or "output" for the network as it ships
    born: str | None = None  #: the first layer that left its bound when fed what it really got
    place: Place | None = None
    wrong: int | None = None  #: elements out of bound
    elements: int | None = None
    explained: str | None = None  #: the freedom that would allow it, for example "TF32"
    pattern: str = ""  #: what the wrong elements have in common (``parity.judging.patterns``)
    sketch: Sketch | None = None  #: of failures of numbers
    repeats: bool = True  #: whether the same input, asked again, gave the same answer
    #: the very file that failed, in the same runtime without its graph optimiser; None where that has none
    unoptimised: Literal["pass", "fail"] | None = None
    refused: str = ""  #: why the checker or ONNX's shape inference refuses the file, which was run all the same
    inferred: Literal["right", "wrong"] | None = None  #: of a refused file: the shapes that the inference itself gives
    values: Kind | None = None  #: of a refused file: the kind in which its answers are wrong too
    #: of a model of one's own, whose it is by the witnesses of its own check, empty where they do not know; None of a network,
    #: whose witnesses are the other checks
    whose: str | None = None
    sight: Sight | None = None
    pictures: Pictures | None = None


class LayerFigure(Struct, frozen=True):
    """One layer judged on the input it really got."""

    node: str
    layer: str  #: as it is written in the case
    shape: list[int]  #: canonical
    status: Literal["pass", "fail", "not judged"]
    ratio: Number | None = None  #: worst abs(route - oracle) / bound; 1 is the limit
    need: Number | None = None  #: smallest lambda that would pass
    note: str = ""  #: what is told beside the figures: "as a sequential float32 sum", unspecified elements
    parameters: int = 0  #: stored numbers
    field: list[int] | None = None  #: rows and columns of the network's input that one element sees; None for all
    maps: Grid | None = None  #: the layer's output, of cases tagged "pictures"
    errors: Grid | None = None  #: (route - oracle) / bound of the same channels, from -1 to 1


class ProbeFigure(Struct, frozen=True):
    """The network as it ships, judged end to end on one probe."""

    probe: Probe
    status: Literal["pass", "fail", "not applicable", "not judged"]
    ratio: Number | None = None
    need: Number | None = None
    reason: str = ""  #: why it does not apply
    note: str = ""  #: what is told beside the figures: unspecified elements


class Known(Struct, frozen=True):
    """The declared divergence that covers a check."""

    reason: str
    evidence: str
    link: str = ""


class Seconds(Struct, frozen=True):
    """Wall time of the steps of one check."""

    export: float | None = None
    run: float | None = None
    judge: float | None = None


class Check(Struct, frozen=True, tag_field="type", tag="check"):
    """One case on one route."""

    case: str
    route: str
    device: str
    status: Status
    reason: str = ""  #: for every status but pass: one sentence
    ratio: Number | None = None  #: the worst of all probes and layers
    need: Number | None = None
    own: bool = (
        False  #: whether it is of a model of one's own: then shapes are in its own axes, and layers are operators
    )
    model: str = ""  #: the layer or network as it is written in the case; where a model of one's own is
    input_shape: list[int] = []
    output_shape: list[int] = []
    probes: list[ProbeFigure] = []
    layers: list[LayerFigure] = []
    histogram: list[int] = []  #: output elements by ratio, in the bins of ``parity.judging.pictures.EDGES``
    filters: Grid | None = (
        None  #: the first convolution's weights, of cases tagged "pictures"; a tile a filter and channel
    )
    failure: Failure | None = None
    known: Known | None = None
    framework: str = ""  #: the framework in which the network was built
    exporter: str = ""  #: which exporter wrote the file, as the file itself says, and with which options of the route
    step: Step | None = None  #: the step that a check without a judgement ended in
    cached: bool | None = None  #: whether the export came from the cache
    notes: list[str] = []
    seconds: Seconds = Seconds()
    repeat: str = ""  #: the command that repeats this check
    arrays: str = ""  #: the .npz of a failing check, relative to the report folder
    shard: int | None = None  #: of a merged file: which of the run line's shards

    @property
    def id(self) -> str:
        """``case[route]``, which the command line takes back."""
        return f"{self.case}[{self.route}]"


class End(Struct, frozen=True, tag_field="type", tag="end"):
    """The last line. ``finished`` is false when the run was interrupted."""

    finished: bool
    counts: dict[str, int]  #: status -> checks
    not_run: dict[str, int]  #: reason -> checks
    exit_code: int
    seconds: float
    reason: str = ""  #: why it did not finish


class Shard(Struct, frozen=True):
    """One run of a merged file: its run and its end line as they stood, the end missing where it was cut off."""

    name: str  #: unlike those of the other shards, for example "oldest"; of a plan "2/8"
    run: Run
    end: End | None = None


Line = Run | Check | End

_encoder = msgspec.json.Encoder()
_decoder = msgspec.json.Decoder(Line)


def encode(line: Line) -> bytes:
    """One line of the file, without its newline."""
    return _encoder.encode(line)


def decode(raw: bytes) -> Line:
    """What one line of the file says; raises ``msgspec.DecodeError`` for bytes that are none."""
    line: Line = _decoder.decode(raw)
    return line


def json_schema() -> dict[str, Any]:
    """The JSON Schema of one line, as kept in ``docs/records.schema.json``."""
    return msgspec.json.schema(Line)


def worst(values: Iterator[Number | None]) -> Number | None:
    """The largest of some figures, NaN above all; None when there are none."""
    best: Number | None = None
    for spelled in values:
        if spelled is None:
            continue
        if spelled == "NaN":
            return spelled
        if best is None or float(spelled) > float(best):
            best = spelled
    return best
