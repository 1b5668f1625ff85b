"""Steps of a check that wait for one another, each done as soon as what it waits for has ended and a worker is free."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Sequence
from dataclasses import dataclass, replace

from parity.errors import ParityError
from parity.running.pool import Pool
from parity.running.process import Job
from parity.running.worker import Answer as Ending
from parity.running.worker import called


@dataclass(frozen=True)
class Step:
    """One job of a check.

    workers: who can do it, whoever of them is free; job: what is to be done, or None where nothing is left to do, asked when
    its turn has come; then: takes how it ended; after: the names of the steps that have to have ended.
    """

    name: str
    workers: Sequence[str]
    job: Callable[[], Job | None]
    then: Callable[[Ending], None]
    after: frozenset[str]


class Order:
    """The steps of a check, those that were added first before others that could be done as well.

    here: the workers that are this process, since it has what they work on; heard: is told of each job that ended, and whether
    badly; jobs: how many steps are done at a time, None for as many as there are workers free.
    """

    def __init__(self, pool: Pool, heard: Callable[[bool], None], here: frozenset[str], jobs: int | None) -> None:
        self._pool, self._heard, self._here, self._jobs = pool, heard, here, jobs
        self._open: list[Step] = []
        self._given: dict[str, Step] = {}
        self._unfinished: set[str] = set()

    def add(
        self,
        name: str,
        workers: Sequence[str],
        job: Callable[[], Job | None],
        then: Callable[[Ending], None],
        after: Iterable[str] = (),
    ) -> None:
        """Have one more step done; a name of ``after`` that is not among the steps counts as ended."""
        self._open.append(Step(name, workers, job, then, frozenset(after)))
        self._unfinished.add(name)

    def finish(self) -> None:
        """Do all there is, and what that adds. Raises :class:`ParityError` where the disk is full, and what a step raises."""
        while self._unfinished:
            for step in list(self._open):
                if not self._is_here(step):
                    self._give(step)
            mine = next((step for step in self._open if self._is_here(step) and self._is_due(step)), None)
            if mine is not None:  # the others have theirs in hand by now
                self._do(mine)
            if self._given:
                for job, ending in self._pool.wait():
                    self._end(self._given.pop(job.tag), ending)

    def _is_here(self, step: Step) -> bool:
        return step.workers[0] in self._here

    def _is_due(self, step: Step) -> bool:
        return not step.after & self._unfinished

    def _give(self, step: Step) -> None:
        """Hand a step to a worker if its turn has come and one is free."""
        worker = next(filter(self._pool.free, step.workers), None)
        full = self._jobs is not None and len(self._given) >= self._jobs
        if worker is None or full or not self._is_due(step):
            return
        job = self._job(step)
        if job is not None:
            self._given[step.name] = step
            self._pool.give(worker, job)

    def _do(self, step: Step) -> None:
        job = self._job(step)
        if job is not None:
            self._end(step, called(job.function, job.arguments))

    def _job(self, step: Step) -> Job | None:
        self._open.remove(step)
        job = step.job()
        if job is None:
            self._unfinished.discard(step.name)
            return None
        return replace(job, tag=step.name)

    def _end(self, step: Step, ending: Ending) -> None:
        if ending.ending == "full":
            raise ParityError(f"{ending.message}; make room for temporary files and run again")
        self._heard(ending.ending not in ("ok", "unsupported"))
        self._unfinished.discard(step.name)
        step.then(ending)
