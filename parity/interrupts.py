"""Ctrl-C, and the signals with which a CI job or a closed terminal ends a run."""

from __future__ import annotations

import signal
import threading
from collections.abc import Callable, Iterable, Iterator
from contextlib import contextmanager
from types import FrameType

_POLITE = [getattr(signal, name) for name in ("SIGTERM", "SIGHUP") if hasattr(signal, name)]


@contextmanager
def heard_as_ctrl_c() -> Iterator[None]:
    """While this lasts, a polite kill or a hang-up is met as Ctrl-C is, by whoever handles that then."""

    def handle(_number: int, _frame: FrameType | None) -> None:
        signal.raise_signal(signal.SIGINT)

    with _handlers(_POLITE, handle):
        yield


@contextmanager
def undisturbed() -> Iterator[None]:
    """While this lasts, none of these signals is heard: what is left to do takes a moment and must be done."""
    with _handlers([signal.SIGINT, *_POLITE], signal.SIG_IGN):
        yield


@contextmanager
def _handlers(
    numbers: Iterable[int], handler: Callable[[int, FrameType | None], None] | signal.Handlers
) -> Iterator[None]:
    if threading.current_thread() is not threading.main_thread():
        yield  # Python delivers signals to the main thread alone
        return
    # What was ignored from the start stays so: that is how nohup works.
    heard = [number for number in numbers if signal.getsignal(number) != signal.SIG_IGN]
    before = {number: signal.signal(number, handler) for number in heard}
    try:
        yield
    finally:
        for number, previous in before.items():
            signal.signal(number, previous)
