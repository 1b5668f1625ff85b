"""One worker process from outside: started, given jobs one after another, watched, replaced when it died.

Not ``multiprocessing``: a child of it imports the caller's main module, and starts with the caller's environment,
output and process group. A worker has to have its thread count set before numpy is loaded, its output in a log from
the first byte, and Ctrl-C kept away from it.
"""

from __future__ import annotations

import json
import os
import pickle
import re
import signal
import socket
import subprocess
import sys
import sysconfig
import time
from collections.abc import Callable, Mapping
from contextlib import suppress
from dataclasses import dataclass, field, replace
from multiprocessing.connection import wait
from pathlib import Path
from typing import Any

import psutil

from parity.records.wording import without_noise
from parity.running import interrupts
from parity.running.lastwords import epitaph, last_words
from parity.running.worker import MESSAGE, Answer, Ending, explain, frame, unframe

MEMORY_SHARE = 0.75  #: of the machine's memory that one worker may have, and that all of them may have together
START_LIMIT = 120.0  #: seconds a process may take to import its framework
TICK = 0.1  #: seconds between two looks at a worker's memory and deadline
SEND_LIMIT = 10.0  #: seconds a worker may leave a message unread
END_LIMIT = 5.0  #: seconds a process may take to be gone after it was killed or hung up
LOADED = "Extension modules: "  #: a line of faulthandler's that tells of what the process did before, not of its end
LOG_LINES = 20  #: lines of a dead worker's output that are kept
LOG_TAIL = 2**18  #: bytes at the end of a dead worker's output in which its own reason is looked for
LOG_BYTES = 2**26  #: a log above this is emptied: a check that shouts for ever must not fill the disk
THREAD_VARIABLES = (
    "OMP_NUM_THREADS",
    "OPENBLAS_NUM_THREADS",
    "MKL_NUM_THREADS",
    "NUMEXPR_NUM_THREADS",
    "VECLIB_MAXIMUM_THREADS",
    "TF_NUM_INTRAOP_THREADS",
    "TF_NUM_INTEROP_THREADS",
)
BOOT = (
    "import gc; gc.disable(); import json, sys; descriptor, cases, path = json.loads(sys.argv[1]); sys.path[:] = path; "
    "from parity.running.worker import serve; serve(descriptor, cases)"
)


@dataclass(frozen=True)
class Job:
    """One call for a worker. ``function`` must be importable by name, ``arguments`` small.

    tag: given back with the answer; doing: what it does, for messages ("exporting with dynamo"); limit: seconds.
    """

    tag: Any
    function: Callable[..., Any]
    arguments: tuple[Any, ...]
    doing: str
    limit: float


def kind_of(process: str) -> str:
    """The kind of a process by its name, such as ``torch#2``: what it hosts."""
    return process.partition("#")[0]


def machine_share() -> int:
    """Bytes of this machine's memory that workers may have."""
    return int(psutil.virtual_memory().total * MEMORY_SHARE)


@dataclass(frozen=True)
class Setup:
    """What all workers of a run share.

    begin: the job that readies a worker of this name, its first; scratch: a folder for logs and temporary files, which
    must exist; memory_limit: bytes of resident memory at which a worker is killed; keeping: the kinds of workers that may keep what
    they free, since they ask for as much again at once: it is twice as fast; growth: bytes by which a worker of another kind may have
    grown when a job has ended, above which it is replaced; together: bytes that all workers may have.
    """

    begin: Callable[[str], Job]
    cases: Path | None
    scratch: Path
    threads: int
    memory_limit: int
    keeping: frozenset[str] = frozenset()
    growth: int | None = None
    together: int = field(default_factory=machine_share)


class Worker:
    """One process and the job in its hands.

    It is started when first needed, and again for the next job after it died. One that could not start is not tried
    again: every job it is given ends as the start did.
    """

    def __init__(self, name: str, setup: Setup) -> None:
        self.name, self._setup = name, setup
        self.started_in = 0.0  #: seconds that its last start took; 0 before it was ready once
        self._begin = setup.begin(name)
        self._log = setup.scratch / f"{name}.log"
        self._process: subprocess.Popen[bytes] | None = None
        self._measured: psutil.Process | None = None  # the same, as psutil knows it
        self._socket: socket.socket | None = None
        self._received = bytearray()
        self._started = False
        self._refusal: Answer | None = None  # why it could not start
        self._job: Job | None = None
        self._message = b""  # the job, framed
        self._early: Answer | None = None  # of a job that could not even be sent
        self._since = self._deadline = 0.0
        self._next_look = 0.0
        self._grown = 0.0  # resident bytes above which it is replaced between two jobs

    @property
    def job(self) -> Job | None:
        """The job in hand."""
        return self._job

    @property
    def connection(self) -> socket.socket | None:
        """What becomes readable when the worker answers or dies; None while there is no process."""
        return self._socket

    @property
    def alive(self) -> bool:
        """Whether there is a process."""
        return self._process is not None

    @property
    def busy(self) -> bool:
        """Whether the process computes: it starts, or has a job in hand."""
        return self._process is not None and not (self._started and self._job is None)

    @property
    def elapsed(self) -> float:
        """Seconds since it was given what it does."""
        return time.monotonic() - self._since

    @property
    def refused(self) -> bool:
        """Whether it could not start."""
        return self._refusal is not None

    @property
    def settled(self) -> bool:
        """Whether the job in hand has its answer without waiting for a process."""
        return self._job is not None and (self._refusal is not None or self._early is not None)

    def start(self) -> None:
        """Start the process, if there is none and it is not refused."""
        if self._process is not None or self._refusal is not None:
            return
        ours, theirs = socket.socketpair()
        path = [entry or str(Path.cwd()) for entry in sys.path]
        cases = None if self._setup.cases is None else str(self._setup.cases.resolve())
        boot = [sys.executable, "-c", BOOT, json.dumps([theirs.fileno(), cases, path])]
        try:
            with theirs, self._log.open("ab") as log, interrupts.held_from_children():
                self._process = subprocess.Popen(
                    boot,
                    stdin=subprocess.DEVNULL,
                    stdout=log,
                    stderr=log,
                    env=environment(
                        os.environ, self._setup.threads, self._setup.scratch, kind_of(self.name) in self._setup.keeping
                    ),
                    pass_fds=[theirs.fileno()],
                    process_group=0,  # Ctrl-C on the terminal reaches the parent only; what a worker starts dies with it
                )
        except OSError as error:  # no process to be had: too many, or no memory for one
            ours.close()
            self._refusal = Answer("error", message=f"{self._begin.doing}: {explain(error).message}")
            return
        with suppress(psutil.Error):
            self._measured = psutil.Process(self._process.pid)
        ours.settimeout(SEND_LIMIT)
        self._socket, self._started = ours, False
        self._received.clear()
        self._arm(self._begin.limit)
        with suppress(OSError):  # it is dead already, which the next look finds
            ours.sendall(frame((self._begin.function, self._begin.arguments)))

    def give(self, job: Job) -> None:
        """Hand over a job; the worker must have none. Its time runs from when the process is ready for it."""
        assert self._job is None
        self._job, self._early = job, None
        try:
            self._message = frame((job.function, job.arguments))
        except Exception as error:  # noqa: BLE001 - what a case holds decides what pickle raises
            said = explain(error)
            self._early = replace(said, ending="error", message=f"cannot be sent to a worker process: {said.message}")
            return
        if self._process is None:
            self.start()
        elif self._started:
            self._send()

    def look(self, readable: bool) -> tuple[Job, Answer] | None:
        """Take what came, see whether the process lives and keeps its limits; the job in hand if it ended."""
        if self.settled:
            return self._end(self._early or self._refusal)
        if self._process is None:
            return None
        started, doing = self._started, self._doing().doing
        answer = self._take() if readable else None
        if answer is None and self._process is not None:
            answer = self._watch()
        if answer is None:
            return None
        if answer.ending == "error":
            answer = replace(answer, message=f"{doing}: {answer.message}")
        if started:
            return self._end(answer)
        if answer.ending != "ok":
            self.stop()
            self._refusal = answer
            return self._end(answer)
        self._started, self.started_in = True, self.elapsed
        self._deadline = 0.0
        # A framework that leaks must not bring the limit down on a check that did nothing.
        started_with = self.memory()
        self._grown = (started_with + self._setup.memory_limit) / 2
        if self._setup.growth is not None and kind_of(self.name) not in self._setup.keeping:
            self._grown = min(self._grown, started_with + self._setup.growth)
        if self._job is not None:
            self._send()
        return None

    def stop(self) -> None:
        """Kill the process and whatever it started. The job in hand stays."""
        if self._process is None or self._socket is None:
            return
        process, connection = self._process, self._socket
        self._process = self._socket = self._measured = None
        self._started = False
        connection.close()
        with suppress(ProcessLookupError, PermissionError):  # nothing is left of the group
            os.killpg(process.pid, signal.SIGKILL)
        with suppress(subprocess.TimeoutExpired):  # stuck in the kernel: it will go when the kernel lets go
            process.wait(END_LIMIT)

    def memory(self) -> int:
        """Bytes of its resident memory."""
        if self._process is None or self._measured is None:
            return 0
        try:
            return int(self._measured.memory_info().rss)
        except psutil.Error:
            return 0  # it is gone, which the next look finds

    def _arm(self, limit: float) -> None:
        self._since = time.monotonic()
        self._deadline, self._next_look = self._since + limit, self._since + TICK

    def _send(self) -> None:
        assert self._job is not None
        assert self._socket is not None
        os.truncate(self._log, 0)  # what it says from here on belongs to this job
        self._arm(self._job.limit)
        try:
            self._socket.sendall(self._message)
        except OSError:  # it died between two jobs, or was stopped: not this job's doing
            self.stop()
            self.start()

    def _end(self, answer: Answer | None) -> tuple[Job, Answer] | None:
        job, self._job, self._deadline = self._job, None, 0.0
        if job is None or answer is None:
            return None
        if self._started and self.memory() > self._grown:
            self.stop()
        return job, answer

    def _take(self) -> Answer | None:
        assert self._socket is not None
        try:
            part = self._socket.recv(2**20)
        except OSError:
            part = b""
        if not part:
            return self._died()
        self._received += part
        body = unframe(self._received)
        if body is None:
            return None
        try:
            answer: Answer = pickle.loads(body)
        except Exception as error:  # noqa: BLE001 - an answer of a third party's class can fail in any way
            said = explain(error)
            answer = replace(said, ending="error", message=f"gave an answer that cannot be read: {said.message}")
        return replace(answer, message=self._plain(answer.message), detail=self._plain(answer.detail))

    def _watch(self) -> Answer | None:
        """Nothing came: whether it is dead all the same, late, or too large."""
        assert self._process is not None
        now = time.monotonic()
        if now < self._next_look:
            return None
        self._next_look = now + TICK
        connections = [] if self._socket is None else [self._socket]
        if self._process.poll() is not None and not wait(connections, 0):
            return self._died()  # something it started holds the socket open
        if not self._deadline:
            return None
        job = self._doing()
        if now > self._deadline:
            return self._killed("timeout", f"ran longer than {job.limit:g} s while {job.doing}")
        if self.memory() > self._setup.memory_limit:
            limit = self._setup.memory_limit / 2**30
            return self._killed("crash", f"killed at its memory limit of {limit:.1f} GiB while {job.doing}")
        if self._log.stat().st_size > LOG_BYTES:
            os.truncate(self._log, 0)
        return None

    def _killed(self, ending: Ending, message: str) -> Answer:
        self.stop()
        return Answer(ending, message=message, detail=self._tail())

    def _died(self) -> Answer | None:
        """The answer for a process that ended by itself."""
        assert self._process is not None
        doing, idle = self._doing().doing, self._started and self._job is None
        try:
            message = epitaph(self._process.wait(END_LIMIT), doing)
            if why := last_words(self._printed()):
                message = f"{message}: {self._plain(why)}"[:MESSAGE]
        except subprocess.TimeoutExpired:
            message = f"hung up without an answer while {doing}"
        self.stop()
        if idle:
            return None  # between two jobs: it costs none, and the next one starts it again
        return Answer("crash", message=message, detail=self._tail())

    def _doing(self) -> Job:
        return self._job if self._started and self._job is not None else self._begin

    def _printed(self) -> str:
        """The end of what the process printed."""
        with self._log.open("rb") as log:
            log.seek(max(0, self._log.stat().st_size - LOG_TAIL))
            return log.read().decode(errors="replace").rstrip()

    def _tail(self) -> str:
        lines = [line for line in self._printed().splitlines() if not line.startswith(LOADED)]
        return self._plain("\n".join(lines[-LOG_LINES:]).rstrip())

    def _plain(self, text: str) -> str:
        """Without the places that are this machine's own, in memory and on disk."""
        if not text:
            return ""  # most answers say nothing
        text = without_noise(text)
        folders = [
            (str(self._setup.scratch), "scratch"),
            (sysconfig.get_path("purelib"), "site-packages"),
            (sysconfig.get_path("stdlib"), "python"),
            (str(Path.cwd()), "."),
            (str(Path.home()), "~"),
        ]
        for folder, name in folders:
            if len(folder) > 1:
                text = re.sub(rf"{re.escape(folder)}(?![\w.-])", name, text)
        return text


def environment(variables: Mapping[str, str], threads: int, scratch: Path, keeping: bool = False) -> dict[str, str]:
    """The environment of a worker.

    Its threads; the scratch folder for whatever a library writes on its own (Keras its settings, others a cache in the
    home folder); no telemetry: ONNX Runtime 1.32 on Linux otherwise makes a device id and sends events; and hashes that are
    the same in every process, since tf2onnx's optimisers go through sets of names.
    """
    home = str(scratch)
    # The largest blocks go back to the system when they are freed: of tf2onnx's copies of a network a few are left at a time. For
    # every block to do so doubles what an export takes. The second is glibc's own limit once more: the first turns off
    # that it adapts itself.
    freeing = {} if keeping else {"MALLOC_MMAP_THRESHOLD_": str(2**23), "MALLOC_TRIM_THRESHOLD_": str(2**27)}
    quiet = {
        "TMPDIR": home,
        "XDG_CACHE_HOME": home,
        "KERAS_HOME": home,
        "ORT_DISABLE_TELEMETRY": "1",
        "PYTHONHASHSEED": "0",
    }
    return {**variables, **{name: str(threads) for name in THREAD_VARIABLES}, **freeing, **quiet}
