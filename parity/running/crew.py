"""Which process does which task: so many at a time, of whatever kinds the work is.

A kind is what a process hosts: a framework, a runtime, the judge. One with nothing to do stays warm, since starting it took
seconds, so there may be more processes than compute.
"""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Collection

from parity.running.pool import Pool
from parity.running.process import Worker
from parity.running.schedule import Schedule, Task


class Crew:
    """The processes of a pool that do the tasks of a schedule, ``jobs`` at a time."""

    def __init__(self, pool: Pool, schedule: Schedule, jobs: int) -> None:
        self._pool, self._schedule, self._jobs = pool, schedule, jobs
        self._workers: dict[str, list[Worker]] = defaultdict(list)
        self._done: dict[str, list[float]] = defaultdict(lambda: [0, 0.0])  # kind -> tasks that ended, their seconds
        self._first: dict[str, list[float]] = defaultdict(list)  # kind -> seconds of the first task of each process
        self._firsts: set[Task] = set()  # tasks that are in hand and their process' first
        self._given: dict[str, int] = defaultdict(int)  # process -> tasks that it was given
        self._judged: dict[str, str] = {}  # process -> the case that it judged last

    def next(self) -> tuple[str, Task] | None:
        """A task, and the process to give it to at once; None while nothing more can be begun.

        A further process that is started on the way takes part from when it is ready.
        """
        while self._pool.busy < self._jobs and self._pool.room:
            # What a judge works out for a case is of use to the next judgement of that case, but to itself alone: another
            # one would work it out anew.
            taken = {case for name, case in self._judged.items() if self._pool.worker(name).busy}
            found = self._begun(taken)
            if found is not None or not self._extended(taken):
                return found
        return None

    def ended(self, task: Task, seconds: float) -> None:
        """Note how long a task took. The first of a process is no measure of the next: a framework's first export loads half of it."""
        if task in self._firsts:
            self._firsts.remove(task)
            self._first[task.worker].append(seconds)
            return
        done = self._done[task.worker]
        done[0] += 1
        done[1] += seconds

    def _begun(self, taken: Collection[str]) -> tuple[str, Task] | None:
        """The most urgent task that a process can do without another of its kind being started."""
        for kind in self._schedule.workers(taken):
            free = self._free(kind)
            task = self._schedule.take(kind, taken) if free else None
            if task is None:
                continue
            case = self._schedule.case(task)
            name = next((worker.name for worker in free if self._judged.get(worker.name) == case), free[0].name)
            if task.kind == "judge":
                self._judged[name] = case
            self._given[name] += 1
            if self._given[name] == 1:
                self._firsts.add(task)
            return name, task
        return None

    def _free(self, kind: str) -> list[Worker]:
        """The processes of a kind that have nothing to do; where there is none at all, one to start."""
        workers = self._workers[kind]
        if any(worker.alive or worker.job is not None for worker in workers):
            return [worker for worker in workers if worker.alive and not worker.busy]
        # One that could not start ends its tasks as the start did, which is right where there is no other.
        return sorted(workers, key=lambda worker: worker.refused)[:1] or [self._added(kind)]

    def _extended(self, taken: Collection[str]) -> bool:
        """Start a further process of some kind, where one is worth its start."""
        for kind in self._schedule.workers(taken):
            if self._is_worth(kind, taken):
                dead = [worker for worker in self._workers[kind] if not worker.alive and worker.job is None]
                (dead or [self._added(kind)])[0].start()
                return True
        return False

    def _is_worth(self, kind: str, taken: Collection[str]) -> bool:
        """Whether, with one more, each process of a kind would have more to do than a start takes.

        A start takes what starts of this kind took so far, and what a first task took longer than the others; of tasks in hand
        counts what they have taken until now.
        """
        workers = self._workers[kind]
        if any(worker.refused for worker in workers):
            return False  # those that are there do what there is
        alive = [worker for worker in workers if worker.alive]
        number, seconds = self._done[kind]
        elapsed = [w.elapsed for w in alive if w.started_in and w.busy and self._given[w.name] > 1]
        starts = [worker.started_in for worker in workers if worker.started_in]
        if not starts or not number + len(elapsed):
            return False
        mean = (seconds + sum(elapsed)) / (number + len(elapsed))
        start = max(starts) + max(0.0, max(self._first[kind], default=0.0) - mean)
        return self._schedule.waiting(kind, taken) * mean > start * (len(alive) + 1)

    def _added(self, kind: str) -> Worker:
        worker = self._pool.worker(f"{kind}#{len(self._workers[kind]) + 1}")
        self._workers[kind].append(worker)
        return worker
