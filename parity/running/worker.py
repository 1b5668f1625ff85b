"""The inside of a worker process: it takes one call after another from a socket and answers each.

A message is its length in eight bytes, then a pickle: ``(function, arguments)`` one way, an :class:`Answer` the other.
"""

from __future__ import annotations

import ctypes
import errno
import faulthandler
import gc
import os
import pickle
import resource
import signal
import socket
import struct
import sys
import time
import traceback
from collections.abc import Callable, Sequence
from dataclasses import dataclass, replace
from pathlib import Path
from typing import Any, BinaryIO, Literal

import psutil

from parity.errors import Broken, Stopped, Unsupported
from parity.records.wording import without_noise
from parity.running.interrupts import drop_held

LENGTH = struct.Struct("!Q")
SLACK = 2**26  #: bytes by which a process may have grown before it gives back what it has freed
CALLED = ".call()."  #: how Keras ends "Exception encountered when calling Dense.call()."
TRACE_LINES = 40  #: lines of a traceback that are kept
MESSAGE = 300  #: characters of an exception's message that are kept

#: How a call ended. ``full`` is a disk without room: no fact about a check, so it ends the run.
Ending = Literal["ok", "unsupported", "fail", "error", "crash", "timeout", "full"]


@dataclass(frozen=True)
class Answer:
    """How one call ended; crash and timeout are the parent's words for a worker that could not answer.

    value: what the function returned; message: one line, empty when ok; kind: of ``parity.records.verdict.Kind``, when the
    ending is fail; detail: the end of the traceback or of what the process printed; seconds: wall time of the call.
    """

    ending: Ending
    value: Any = None
    message: str = ""
    kind: str = ""
    detail: str = ""
    seconds: float = 0.0


def frame(message: object) -> bytes:
    """A message as it goes over the socket. Raises whatever pickle raises."""
    body = pickle.dumps(message)
    return LENGTH.pack(len(body)) + body


def unframe(received: bytearray) -> bytes | None:
    """The pickle of the first message in ``received``, which loses it; None while it is not whole."""
    if len(received) < LENGTH.size:
        return None
    end = LENGTH.size + LENGTH.unpack_from(received)[0]
    if len(received) < end:
        return None
    body = bytes(received[LENGTH.size : end])
    del received[:end]
    return body


def serve(descriptor: int, cases: str | None) -> None:
    """Answer calls until the parent is gone. ``cases`` is the folder whose files may define layers."""
    _guard()
    if cases is not None:
        from parity.cases.registry import mount

        mount(Path(cases))
    os.set_inheritable(descriptor, False)
    with socket.socket(fileno=descriptor) as connection, connection.makefile("rb") as stream:
        give_back, loaded = _giving_back(), False
        while (message := _receive(stream)) is not None:
            connection.sendall(answer(message))
            give_back()
            if not loaded:
                _loaded()
                loaded = True
    os._exit(0)  # what a framework does at exit can hang, and nobody waits for it


def answer(message: bytes) -> bytes:
    """Make the call that ``message`` pickles and frame its answer; whatever it raises becomes the answer."""
    begun = time.perf_counter()
    try:
        function, arguments = pickle.loads(message)
        return frame(called(function, arguments))
    except (Exception, SystemExit) as error:  # noqa: BLE001 - what is not a call any more, or an answer nobody can send
        return frame(replace(explain(error), seconds=time.perf_counter() - begun))


def called(function: Callable[..., Any], arguments: Sequence[Any]) -> Answer:
    """How a call ends, made in this process; whatever it raises becomes the answer."""
    begun = time.perf_counter()
    try:
        value = function(*arguments)
        return Answer("ok", value, seconds=time.perf_counter() - begun)
    except (Exception, SystemExit) as error:  # noqa: BLE001 - a framework may raise anything, and it is one check's
        return replace(explain(error), seconds=time.perf_counter() - begun)


def explain(error: BaseException) -> Answer:
    """What an exception means for the check that met it."""
    if isinstance(error, Unsupported):
        return Answer("unsupported", message=first_line(str(error)))
    if isinstance(error, Broken):
        return Answer("fail", message=first_line(str(error)), kind=error.kind)
    lines = "".join(traceback.format_exception(error)).rstrip().splitlines()
    said = first_line(str(error) if isinstance(error, Stopped) else f"{type(error).__name__}: {error}")
    full = isinstance(error, OSError) and error.errno in (errno.ENOSPC, errno.EDQUOT)
    return Answer("full" if full else "error", message=said, detail="\n".join(lines[-TRACE_LINES:]))


def first_line(text: str) -> str:
    """The first line that says something, with the next where that says it and the first only what was called; not too long."""
    lines = [stripped for line in without_noise(text).splitlines() if (stripped := line.strip())] or [
        "it gave no reason"
    ]
    line = " ".join(lines[:2]) if lines[0].endswith(CALLED) else lines[0]
    return line if len(line) <= MESSAGE else line[: MESSAGE - 3] + "..."


def _receive(stream: BinaryIO) -> bytes | None:
    try:
        head = stream.read(LENGTH.size)
        if len(head) < LENGTH.size:
            return None
        body = stream.read(LENGTH.unpack(head)[0])
    except ConnectionResetError:
        return None
    return body


def _giving_back() -> Callable[[], None]:
    """What gives freed memory back to the system where the process has grown since it last did: so it says what it needs."""
    trim = getattr(ctypes.CDLL(None), "malloc_trim", None)  # of glibc alone
    process = psutil.Process()
    least = process.memory_info().rss

    def give_back() -> None:
        nonlocal least
        if trim is not None and process.memory_info().rss > least + SLACK:
            trim(0)
            least = process.memory_info().rss

    return give_back


def _loaded() -> None:
    """After the first call, which loads a framework, and without the collector: that took a tenth of its time, and what is loaded stays.

    Its bytecode may be kept, since not every installer has made it. Case files come next, and their folder is not ours to write to.
    """
    gc.freeze()
    gc.enable()
    sys.dont_write_bytecode = True


def _guard() -> None:
    """Ctrl-C is the parent's to decide; a crash leaves its stack in the log and no core file; no parent, no worker."""
    signal.signal(signal.SIGINT, signal.SIG_IGN)
    drop_held()
    faulthandler.enable()
    resource.setrlimit(resource.RLIMIT_CORE, (0, 0))
    if sys.platform == "linux":
        # An idle worker sees its parent's end on the socket; this reaches one that hangs in native code.
        set_parent_death_signal = 1
        ctypes.CDLL(None).prctl(set_parent_death_signal, signal.SIGKILL)
