"""Records read while another process still writes them."""

from __future__ import annotations

import fcntl
import os
import time
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

from parity.records.lines import Check, End, Run, decode
from parity.records.verdict import LAMBDA

FILE = "records.jsonl"
PAUSE = 0.02  #: seconds between two looks


class EndedError(Exception):
    """Whoever wrote the records is gone, and what was waited for is not among them."""


class Tail:
    """The records of a run's folder, as far as they go.

    Who writes them holds a lock on the folder, which the system lets go of when that process ends, however it does.
    """

    def __init__(self, folder: Path) -> None:
        self._folder, self._read = folder, 0  # bytes
        self.lam = LAMBDA
        self.checks: dict[str, Check] = {}  #: id -> check
        self.end: End | None = None

    def check(self, name: str) -> Check:
        """The check with the id ``name``, once it has ended. Raises :class:`EndedError` if it never will."""
        while name not in self.checks:
            alive = is_held(self._folder)  # asked first: what was written before the end is then found
            if not self.update():
                if not alive:
                    raise EndedError(f"{name} has no record in {self._folder / FILE}")
                time.sleep(PAUSE)
        return self.checks[name]

    def update(self) -> bool:
        """Read what was written since; whether that was anything."""
        try:
            with (self._folder / FILE).open("rb") as file:
                file.seek(self._read)
                new = file.read()
        except FileNotFoundError:
            return False
        whole = new[: new.rfind(b"\n") + 1]  # a line that is still being written comes next time, from its start
        self._read += len(whole)
        for raw in whole.splitlines():
            line = decode(raw)
            if isinstance(line, Check):
                self.checks[line.id] = line
            elif isinstance(line, End):
                self.end = line
            elif isinstance(line, Run):
                self.lam = line.lam
        return bool(whole)


@contextmanager
def hold(folder: Path) -> Iterator[int]:
    """Lock a folder; the descriptor given holds the lock, in this process and in those that inherit it."""
    descriptor = os.open(folder, os.O_RDONLY)
    try:
        fcntl.flock(descriptor, fcntl.LOCK_EX)
        yield descriptor
    finally:
        os.close(descriptor)


def is_held(folder: Path) -> bool:
    """Whether some process holds the folder."""
    try:
        descriptor = os.open(folder, os.O_RDONLY)
    except FileNotFoundError:
        return False
    try:
        fcntl.flock(descriptor, fcntl.LOCK_SH | fcntl.LOCK_NB)
    except BlockingIOError:
        return True
    finally:
        os.close(descriptor)
    return False
