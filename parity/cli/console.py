"""Where text leaves parity: results to stdout, progress and errors to stderr. The only module that prints."""

from __future__ import annotations

import io
import os
import sys
import time
from collections.abc import Iterable
from contextlib import ExitStack, suppress
from typing import TYPE_CHECKING

from parity.errors import ParityError

if TYPE_CHECKING:
    from parity.report.terminal import Text

#: How each style of :mod:`parity.report.terminal` looks where there is colour.
COLOURS = {"bold": "bold", "good": "green", "bad": "red", "warn": "yellow", "dim": "dim"}

QUIET_SECONDS = 20.0  #: between two lines of progress where there is no live bar


class Output:
    """stdout. A reader that goes away (``| head``) ends the printing, not the run."""

    def __init__(self) -> None:
        self._open = True
        if isinstance(sys.stdout, io.TextIOWrapper):
            # Names and messages come from anywhere; what a terminal cannot show must not end a run.
            sys.stdout.reconfigure(errors="backslashreplace")

    def line(self, text: str) -> None:
        """Print one line. Raises :class:`ParityError` where stdout has no room for it."""
        if not self._open:
            return
        try:
            print(text, flush=True)
        except BrokenPipeError:
            self._give_up()
        except OSError as error:
            self._give_up()
            raise ParityError(f"stdout: {error.strerror}; make room where it leads and run again") from None

    def styled(self, lines: Iterable[Text]) -> None:
        """Print lines, in colour on a terminal."""
        if not sys.stdout.isatty():
            for text in lines:
                self.line(text.text)
            return
        from rich.console import Console
        from rich.text import Text as Coloured

        console = Console(highlight=False, soft_wrap=True)
        for text in lines:
            console.print(Coloured(text.text, COLOURS.get(text.style, "")))

    def _give_up(self) -> None:
        """Print no more; what is still buffered goes nowhere, so that Python can end without a word about it."""
        self._open = False
        os.dup2(os.open(os.devnull, os.O_WRONLY), sys.stdout.fileno())


class Bar:
    """Progress on stderr: a live bar on a terminal, elsewhere a line now and then. ``what`` is counted."""

    def __init__(self, total: int, what: str = "checks") -> None:
        self._total, self._done, self._bad, self._what = total, 0, 0, what
        self._started = self._said = time.monotonic()
        self._stack = ExitStack()
        self._live = sys.stderr.isatty()

    def __enter__(self) -> Bar:
        if self._live:
            from rich.console import Console
            from rich.progress import BarColumn, MofNCompleteColumn, Progress, TextColumn, TimeElapsedColumn

            columns = (TextColumn("{task.description}"), BarColumn(), MofNCompleteColumn(), TimeElapsedColumn())
            self._progress = self._stack.enter_context(
                Progress(*columns, console=Console(stderr=True), transient=True, redirect_stdout=False)
            )
            self._task = self._progress.add_task("0 failed", total=self._total)
        return self

    def __exit__(self, *_: object) -> None:
        self._stack.close()

    def step(self, bad: bool) -> None:
        """One of what is counted has its ending."""
        self._done += 1
        self._bad += bad
        if self._live:
            self._progress.update(self._task, completed=self._done, description=f"{self._bad} failed")
        elif (now := time.monotonic()) - self._said >= QUIET_SECONDS:
            self._said = now
            complain(f"{self._done} of {self._total} {self._what}, {self._bad} failed, {now - self._started:.0f} s")


def command(line: str) -> None:
    """One workflow command to stderr, where runners look for them too: stdout is the result and nothing else."""
    with suppress(OSError):
        print(line, file=sys.stderr, flush=True)


def complain(text: str, lines: Iterable[str] = ()) -> None:
    """One line to stderr: progress, or what went wrong; ``lines`` of a person's code below it.

    What would steer a terminal is left out: names come from files.
    """
    shown = ["".join(c if c.isprintable() else " " for c in line) for line in (f"parity: {text}", *lines)]
    with suppress(OSError):  # there is nowhere left to say it
        print("\n".join(shown), file=sys.stderr, flush=True)
