"""The records file: one JSON object a line, typed here, described in ``docs/records.md``.

A ``run`` line, one ``check`` line for each case and route, an ``end`` line. A file without an ``end`` line is of a run
that did not finish. A merged file keeps the run and end line of each of its shards in its own run line, and each check
says which shard it is of. NaN and infinity, which JSON cannot say, are the strings "NaN", "Infinity" and "-Infinity".
"""

from __future__ import annotations

import math
import os
from collections.abc import Iterable, Iterator
from dataclasses import dataclass
from pathlib import Path
from typing import Any, Literal

import msgspec

from parity.errors import RecordsError
from parity.files import TooLarge, lines
from parity.verdict import Kind, Status

SCHEMA = 2  #: raised when a line written by this parity cannot be read by an older one
#: What is read at most: bytes of a line, bytes of a file, checks of a file. What is larger was not written by parity.
LINE_LIMIT, FILE_LIMIT, CHECK_LIMIT = 16 * 2**20, 4 * 2**30, 1_000_000

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


class Place(Struct, frozen=True):
    """The worst element: its index by axis name, and the values there, in the unit of the case's values."""

    index: dict[str, int]
    expected: Number
    got: Number
    allowed: Number
    ulps: Number  #: abs(got - expected) in units in the last place of expected, float32


class Grid(Struct, frozen=True):
    """Tiles of one size as bytes: 0 to 254 are values from low to high, 255 is not finite (``parity.pictures``)."""

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


class Failure(Struct, frozen=True):
    """Why a check is not green, enough for one screen."""

    kind: Kind
    message: str
    probe: Literal["data", "integer", "impulse"] | None = None
    where: str | None = None  #: the layer, or "output" for the network as it ships
    born: str | None = None  #: the first layer that left its bound when fed what it really got
    place: Place | None = None
    wrong: int | None = None  #: elements out of bound
    elements: int | None = None
    explained: str | None = None  #: the freedom that would allow it, for example "TF32"
    pattern: str = ""  #: what the wrong elements have in common (``parity.patterns``)
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
    parameters: int = 0  #: stored numbers
    field: list[int] | None = None  #: rows and columns of the network's input that one element sees; None for all
    maps: Grid | None = None  #: the layer's output, of cases tagged "pictures"
    errors: Grid | None = None  #: (route - oracle) / bound of the same channels, from -1 to 1


class ProbeFigure(Struct, frozen=True):
    """The network as it ships, judged end to end on one probe."""

    probe: Literal["data", "integer", "impulse"]
    status: Literal["pass", "fail", "not applicable", "not judged"]
    ratio: Number | None = None
    need: Number | None = None
    reason: str = ""  #: why it does not apply


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
    model: str = ""  #: the layer or network as it is written in the case
    input_shape: list[int] = []
    output_shape: list[int] = []
    probes: list[ProbeFigure] = []
    layers: list[LayerFigure] = []
    histogram: list[int] = []  #: output elements by ratio, in the bins of ``parity.pictures.EDGES``
    filters: Grid | None = (
        None  #: the first convolution's weights, of cases tagged "pictures"; a tile a filter and channel
    )
    failure: Failure | None = None
    known: Known | None = None
    exporter: str = ""  #: which exporter wrote the file, as the file itself says
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

    name: str  #: unlike those of the other shards, for example "oldest"
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


@dataclass(frozen=True)
class Records:
    """A records file that was read."""

    run: Run
    checks: list[Check]
    end: End | None
    cut: str = ""  #: why the last line was left out, when a run was cut off while writing it

    @property
    def finished(self) -> bool:
        """Whether every planned check has an ending."""
        return self.end is not None and self.end.finished


def read(path: Path) -> Records:
    """Read a records file; raises :class:`RecordsError` with one sentence that names the file, the line and the mend."""
    try:
        with path.open("rb") as file:
            return _parse(str(path), lines(file, LINE_LIMIT, FILE_LIMIT))
    except OSError as error:
        raise RecordsError(f"{path}: cannot be read: {error.strerror}; give the path of a records file") from None
    except TooLarge as error:
        raise RecordsError(f"{path}: {error}; give a records file that `parity run` wrote") from None


def _parse(name: str, lines: Iterable[bytes]) -> Records:
    run: Run | None = None
    end: End | None = None
    checks: dict[tuple[int | None, str, str], Check] = {}
    cut = ""
    for n, raw in enumerate(lines, 1):
        if cut:
            raise RecordsError(f"{name}: line {n - 1} is damaged ({cut}); run again")
        if not raw.strip():
            continue
        if run is None:
            run = _first(name, raw)
            continue
        if end is not None:
            raise RecordsError(f"{name}: line {n} follows the end line; this is not one run's records")
        try:
            line = decode(raw)
        except (msgspec.DecodeError, UnicodeDecodeError, RecursionError) as error:
            cut = f"{type(error).__name__}: {str(error)[:200]}"
            if raw.endswith(b"\n"):
                raise RecordsError(f"{name}: line {n} is damaged ({cut}); run again") from None
            continue  # no newline: the run was cut off while writing this line
        if isinstance(line, Check):
            key = (line.shard, line.case, line.route)
            if key in checks:
                raise RecordsError(f"{name}: line {n} is a second line of {line.id[:200]!r}; run again")
            if line.shard not in (range(len(run.shards)) if run.shards else (None,)):
                raise RecordsError(f"{name}: line {n} is of no shard of the run line; merge again")
            if len(checks) == CHECK_LIMIT:
                raise RecordsError(f"{name}: has more than {CHECK_LIMIT:,} checks; split it")
            checks[key] = line
        elif isinstance(line, End):
            end = line
        else:
            raise RecordsError(f"{name}: line {n} starts a second run; merge runs instead of joining their files")
    if run is None:
        raise RecordsError(f"{name}: is empty; give a records file that `parity run` wrote")
    return Records(run, list(checks.values()), end, cut)


def _first(name: str, raw: bytes) -> Run:
    mend = "give a records file that `parity run` wrote"
    try:
        head = msgspec.json.decode(raw)
    except (msgspec.DecodeError, UnicodeDecodeError, RecursionError):
        raise RecordsError(f"{name}: is not a records file: line 1 is not JSON; {mend}") from None
    if not isinstance(head, dict) or head.get("type") != "run":
        raise RecordsError(f"{name}: is not a records file: line 1 is not a run line; {mend}")
    schema = head.get("schema")
    if isinstance(schema, int) and schema > SCHEMA:
        raise RecordsError(f"{name}: has schema {schema}, this parity reads up to {SCHEMA}; upgrade parity to read it")
    try:
        run = msgspec.convert(head, Run)
    except msgspec.ValidationError as error:
        raise RecordsError(f"{name}: line 1 is not a valid run line: {error}; {mend}") from None
    if len({shard.name for shard in run.shards}) < len(run.shards) or any(s.run.shards for s in run.shards):
        raise RecordsError(f"{name}: line 1 has shards of one name, or shards within shards; merge again")
    return run


class Writer:
    """Appends records to a file, each whole and on disk before the next.

    A line that could not be written whole is taken back, so that what is there stays readable.
    """

    def __init__(self, path: Path) -> None:
        self.path = path
        self._file = os.open(path, os.O_WRONLY | os.O_CREAT | os.O_EXCL, 0o644)

    def write(self, line: Line) -> None:
        """Append one line; raises OSError, with the file as it was before, when it does not fit."""
        data = encode(line) + b"\n"
        start = os.lseek(self._file, 0, os.SEEK_CUR)
        try:
            done = 0
            while done < len(data):
                done += os.write(self._file, data[done:])
        except OSError:
            os.ftruncate(self._file, start)
            os.lseek(self._file, start, os.SEEK_SET)
            raise

    def close(self) -> None:
        """Close the file."""
        os.close(self._file)

    def __enter__(self) -> Writer:
        return self

    def __exit__(self, *_: object) -> None:
        self.close()


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
