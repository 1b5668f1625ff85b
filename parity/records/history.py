"""How each check ended in its last runs: ``history.jsonl`` in the report folder, one small line a check and run."""

from __future__ import annotations

import fcntl
import os
import time
from collections import Counter
from collections.abc import Iterable, Iterator, Mapping
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path

import msgspec

from parity import files
from parity.errors import RecordsError
from parity.files import TooLarge
from parity.records.file import Records
from parity.records.lines import Number
from parity.records.shards import parts, shard_of
from parity.records.verdict import Status

NAME = "history.jsonl"  #: in the report folder
KEPT = 30  #: runs of each check
LINE_LIMIT, FILE_LIMIT = 64 * 2**10, 2**30  #: bytes of a line and of the file that are read at most
PATIENCE = 10.0  #: seconds to wait for another run that is writing


class Entry(msgspec.Struct, frozen=True, kw_only=True, omit_defaults=True):
    """One line: how one check ended in one run."""

    case: str
    route: str
    device: str
    status: Status
    run: str  #: its id
    started: str  #: ISO 8601, UTC
    ratio: Number | None = None
    shard: str = ""  #: of a merged file

    @property
    def label(self) -> str:
        """What :func:`parity.records.shards.label` says of the check."""
        name = f"{self.case}[{self.route}]"
        return f"{name} ({self.shard})" if self.shard else name


@dataclass(frozen=True)
class Point:
    """How a check ended in one run."""

    run: str
    started: str
    status: Status
    ratio: Number | None


_decoder = msgspec.json.Decoder(Entry)
_encoder = msgspec.json.Encoder()


def load(path: Path, until: str | None = None) -> Mapping[str, tuple[Point, ...]]:
    """The last runs of each check, by its label (``shards.label``), the oldest first; nothing where no file is.

    until: leave out runs that started later than this (ISO 8601, UTC): an old report does not know what came after it.
    Lines that are no entry are passed over: a history is worth having in part. Raises :class:`RecordsError` for a file
    that cannot be read or is larger than any history.
    """
    found: dict[str, list[Point]] = {}
    for _, entry in _entries(path):
        if until is None or entry.started <= until:
            found.setdefault(entry.label, []).append(Point(entry.run, entry.started, entry.status, entry.ratio))
    return {name: tuple(points[-KEPT:]) for name, points in found.items()}


def append(path: Path, records: Records) -> None:
    """Add a run to the file and drop what is older than the last runs of each check.

    The file is replaced at once, by one process at a time; a run that is there already is written anew. Checks that an interrupted run did not reach are not added:
    they say nothing of the check. Raises OSError where the file cannot be written, :class:`RecordsError` where it cannot
    be read.
    """
    added = {(entry.label, entry.run): entry for entry in entries(records)}
    with _alone(path):
        held = Counter(label for label, _ in added)
        held.update(entry.label for _, entry in _entries(path) if (entry.label, entry.run) not in added)
        kept: list[bytes] = []
        for raw, entry in _entries(path):  # read twice, so that only what is kept is ever held
            if (entry.label, entry.run) in added:
                continue
            if held[entry.label] > KEPT:
                held[entry.label] -= 1
            else:
                kept.append(raw.rstrip(b"\n"))
        files.replace(path, b"\n".join([*kept, *map(_encoder.encode, added.values()), b""]))


def entries(records: Records) -> Iterator[Entry]:
    """The lines of a run."""
    runs = {shard.name: shard for shard in parts(records)}
    for check in records.checks:
        shard = runs[shard_of(records, check)]
        interrupted = shard.end is None or not shard.end.finished
        if check.status == "not run" and interrupted:
            continue
        yield Entry(
            case=check.case,
            route=check.route,
            device=check.device,
            status=check.status,
            run=shard.run.id,
            started=shard.run.started,
            ratio=check.ratio,
            shard=shard.name,
        )


def _entries(path: Path) -> Iterable[tuple[bytes, Entry]]:
    try:
        with path.open("rb") as file:
            for raw in files.lines(file, LINE_LIMIT, FILE_LIMIT):
                try:
                    yield raw, _decoder.decode(raw)
                except (msgspec.DecodeError, UnicodeDecodeError, RecursionError):
                    continue
    except FileNotFoundError:
        return
    except OSError as error:
        raise RecordsError(f"{path}: cannot be read: {error.strerror}; mend or remove it") from None
    except TooLarge as error:
        raise RecordsError(f"{path}: {error}; remove it, a new one is begun") from None


@contextmanager
def _alone(path: Path) -> Iterator[None]:
    """Let one process at a time rewrite ``path``. Raises OSError when another one holds on to it."""
    guard = os.open(path.with_name(f".{path.name}.lock"), os.O_CREAT | os.O_RDWR, 0o644)
    try:
        deadline = time.monotonic() + PATIENCE
        while True:
            try:
                fcntl.flock(guard, fcntl.LOCK_EX | fcntl.LOCK_NB)
                break
            except BlockingIOError as error:
                if time.monotonic() > deadline:
                    raise OSError(error.errno, "another run holds it", str(path)) from None
                time.sleep(0.02)
        yield
    finally:
        os.close(guard)
