"""Ctrl-C, and the signals with which a CI job or a closed terminal ends a run."""

from __future__ import annotations

import signal
import threading
from collections.abc import Callable, Iterable, Iterator
from contextlib import contextmanager
from types import FrameType
from typing import Any

_POLITE = [getattr(signal, name) for name in ("SIGTERM", "SIGHUP") if hasattr(signal, name)]
_GROUP = (signal.SIGINT, *_POLITE)  # what a terminal or a job sends to a whole group of processes


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
def held() -> Iterator[Callable[[], None]]:
    """Hold Ctrl-C until between two steps: in the midst of one it would orphan a worker or lose a verdict.

    What is yielded hands a held Ctrl-C to the handler that was there before. Where that is not a Python function, and
    outside the main thread, where none is called, nothing changes.
    """
    before: Any = signal.getsignal(signal.SIGINT)
    waiting = threading.Event()
    if threading.current_thread() is not threading.main_thread() or not callable(before):
        yield lambda: None
        return

    def deliver() -> None:
        if waiting.is_set():
            waiting.clear()
            before(signal.SIGINT, None)

    signal.signal(signal.SIGINT, lambda number, frame: waiting.set())
    try:
        yield deliver
    finally:
        signal.signal(signal.SIGINT, before)
    deliver()


@contextmanager
def undisturbed() -> Iterator[None]:
    """While this lasts, none of these signals is heard: what is left to do takes a moment and must be done."""
    with _handlers(_GROUP, signal.SIG_IGN):
        yield


@contextmanager
def held_from_children() -> Iterator[None]:
    """While this lasts, these signals wait. A process started meanwhile is in this one's group until it has left it,
    and would die of what is sent to the group; it lets them wait as well, until it calls :func:`drop_held`.
    """
    before = signal.pthread_sigmask(signal.SIG_BLOCK, _GROUP)
    try:
        yield
    finally:
        signal.pthread_sigmask(signal.SIG_SETMASK, before)


def drop_held() -> None:
    """Forget what has waited since :func:`held_from_children`, which was the parent's, and hear these signals again."""
    with _handlers(_GROUP, signal.SIG_IGN):  # ignoring a signal drops the one that waits
        signal.pthread_sigmask(signal.SIG_UNBLOCK, _GROUP)


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
