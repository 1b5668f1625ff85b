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
    """While this lasts, a polite kill or a hang-up is met as Ctrl-C is, and only the first of all these is heard.

    The second Ctrl-C of an impatient person would otherwise end what the first one has begun to bring to its end.
    """
    asked = False

    def stop(_number: int, _frame: FrameType | None) -> None:
        nonlocal asked
        if not asked:
            asked = True
            raise KeyboardInterrupt

    def polite(number: int, frame: FrameType | None) -> None:
        now = signal.getsignal(signal.SIGINT)  # whoever handles Ctrl-C by now, where it is handled at all
        (now if callable(now) else stop)(number, frame)

    with _handlers([signal.SIGINT], stop), _handlers(_POLITE, polite):
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
