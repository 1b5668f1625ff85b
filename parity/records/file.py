"""The records file as a whole: read strictly, written a line at a time. ``parity/records/lines.py`` says what a line is."""

from __future__ import annotations

import os
from collections.abc import Iterable
from dataclasses import dataclass
from pathlib import Path

import msgspec

from parity.errors import RecordsError
from parity.files import TooLarge, lines
from parity.records.lines import SCHEMA, Check, End, Line, Run, decode, encode

#: What is read at most: bytes of a line, bytes of a file, checks of a file. What is larger was not written by parity.
LINE_LIMIT, FILE_LIMIT, CHECK_LIMIT = 16 * 2**20, 4 * 2**30, 1_000_000


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
