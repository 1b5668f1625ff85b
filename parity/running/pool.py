"""The worker processes of a run, by name, and the memory that they share.

What kills a process costs the one check it had in hand; memory that several ask for at once costs none: one of them is
put off, and its job is done again when there is room.
"""

from __future__ import annotations

import time
from collections.abc import Iterable
from multiprocessing.connection import wait
from pathlib import Path
from types import TracebackType

from parity.running.process import TICK, Job, Setup, Worker
from parity.running.worker import Answer

FULL = 0.8  #: of the memory of all workers; above it nothing further is begun, and those with nothing to do end


class Pool:
    """The workers of a run, by name. Leaving it kills them all."""

    def __init__(self, setup: Setup) -> None:
        self._setup = setup
        self._workers: dict[str, Worker] = {}
        self._put_off: list[Worker] = []  # their jobs wait for memory
        self._resident = 0
        self._next_look = 0.0

    def __enter__(self) -> Pool:
        return self

    def __exit__(self, kind: type[BaseException] | None, error: BaseException | None, at: TracebackType | None) -> None:
        for worker in self._workers.values():
            worker.stop()

    @property
    def scratch(self) -> Path:
        """The folder for what its jobs leave for each other."""
        return self._setup.scratch

    @property
    def busy(self) -> int:
        """How many workers compute, or wait to go on."""
        return sum(worker.busy or worker.job is not None for worker in self._workers.values())

    @property
    def room(self) -> bool:
        """Whether one more may begin: there is memory, or nobody else computes."""
        return self._resident < FULL * self._setup.together or not self.busy

    def start(self, names: Iterable[str]) -> None:
        """Start these workers, all at once."""
        for name in names:
            self.worker(name).start()

    def free(self, name: str) -> bool:
        """Whether the worker called ``name`` has no job in hand."""
        return self.worker(name).job is None

    def give(self, name: str, job: Job) -> None:
        """Hand a job to the worker called ``name``, which must be free; it is started if need be."""
        self.worker(name).give(job)

    def wait(self) -> list[tuple[Job, Answer]]:
        """The jobs that ended. Comes back as soon as one did or a worker stirred, after a tick at the latest."""
        workers = list(self._workers.values())
        connections = [worker.connection for worker in workers if worker.connection is not None]
        timeout = 0 if any(worker.settled for worker in workers) else TICK
        readable = set(wait(connections, timeout))
        ended = [item for worker in workers if (item := worker.look(worker.connection in readable)) is not None]
        self._share_memory(bool(ended))
        return ended

    def worker(self, name: str) -> Worker:
        """The worker called ``name``, started or not."""
        if name not in self._workers:
            self._workers[name] = Worker(name, self._setup)
        return self._workers[name]

    def _share_memory(self, ended: bool) -> None:
        """Keep all workers together within their memory. A job that is alone is held to its worker's own limit only.

        ``ended``: whether a job just ended, and so left room.
        """
        now = time.monotonic()
        if now >= self._next_look or ended:
            self._next_look = now + TICK
            self._measure()
        if self._put_off and self.room and (ended or not any(worker.busy for worker in self._workers.values())):
            self._put_off.pop(0).start()  # what it has in hand is sent again

    def _measure(self) -> None:
        sizes = {worker: worker.memory() for worker in self._workers.values() if worker.alive}
        self._resident = sum(sizes.values())
        idle = sorted((worker for worker in sizes if not worker.busy), key=sizes.__getitem__)
        while idle and self._resident > FULL * self._setup.together:
            self._resident -= sizes[idle[-1]]
            idle.pop().stop()
        busy = [worker for worker in sizes if worker.busy]
        if len(busy) > 1 and self._resident > self._setup.together:
            latest = min(busy, key=lambda worker: worker.elapsed)  # the least is lost with it
            self._resident -= sizes[latest]
            latest.stop()
            self._put_off.append(latest)
