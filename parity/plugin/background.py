"""The one engine run behind a pytest session, in a process of its own.

Not a thread: tests run at the same time in this process, and change its folder, environment, clock and modules.
"""

from __future__ import annotations

import json
import os
import subprocess
import sys
from contextlib import ExitStack, suppress
from pathlib import Path
from tempfile import TemporaryFile
from typing import IO

import msgspec

from parity.plugin.tail import hold

BOOT = (
    "import json, sys; sys.path[:] = json.loads(sys.argv[1]); "
    "from parity.plugin.program import main; sys.exit(main(int(sys.argv[2])))"
)


class Order(msgspec.Struct, frozen=True, kw_only=True):
    """What to run. checks: (case, route) by name, in the order in which they are waited for; folders as typed.

    jobs: how many processes compute at a time, None for one a core; cache_limit: bytes that the cache may have afterwards.
    """

    checks: list[tuple[str, str]]
    seed: int
    required: list[str]
    cases: str
    reports: str
    cache: str
    jobs: int | None
    cache_limit: int
    folder: str
    typed: list[str]


class Background:
    """A process that runs an :class:`Order`. The folder of its records is locked from now until that process has ended."""

    def __init__(self, folder: Path) -> None:
        self.folder = folder
        self._held = ExitStack()
        self._lock = self._held.enter_context(hold(folder))
        self._process: subprocess.Popen[bytes] | None = None
        self._told = False

    @property
    def started(self) -> bool:
        """Whether there was anything to run."""
        return self._process is not None

    def start(self, order: Order, where: Path) -> None:
        """Start, in the folder ``where``; a Ctrl-C on the terminal is not heard there."""
        path = [entry or str(Path.cwd()) for entry in sys.path]
        heard, self._tell = os.pipe()
        self._said: IO[bytes] = TemporaryFile(dir=self.folder)  # noqa: SIM115 - closed in wait
        with TemporaryFile(dir=self.folder) as asked:
            asked.write(msgspec.json.encode(order))
            asked.seek(0)
            self._process = subprocess.Popen(
                [sys.executable, "-c", BOOT, json.dumps(path), str(heard)],
                stdin=asked,
                stdout=self._said,
                stderr=self._said,
                cwd=where,
                pass_fds=[heard, self._lock],
                process_group=0,
            )
        os.close(heard)
        self._held.close()

    def stop(self, why: str) -> None:
        """Have it end its records now, for this reason, the first one given. It also does so when this process is gone."""
        if self._told:
            return
        self._told = True
        with suppress(BrokenPipeError):  # it has ended
            os.write(self._tell, why.encode())

    def wait(self) -> str:
        """Wait until it has ended; what went wrong, in one line, and empty where nothing did."""
        if self._process is None:
            self._held.close()
            with suppress(OSError):  # nothing was put there
                self.folder.rmdir()
            return ""
        code = self._process.wait()
        os.close(self._tell)
        with self._said:
            self._said.seek(0)
            said = self._said.read().decode(errors="replace").strip()
        if code == 0:
            return ""
        last = said.splitlines()[-1].removeprefix("parity: error: ") if said else "it said nothing"
        return f"{last} (the process that runs the checks ended with {code})"
