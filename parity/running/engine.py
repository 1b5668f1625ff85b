"""Runs checks: hands tasks to workers, turns what comes back into checks. A check is emitted the moment it has ended."""

from __future__ import annotations

import shutil
from collections.abc import Callable, Iterable, Iterator, Sequence
from contextlib import contextmanager, nullcontext
from dataclasses import dataclass, field
from pathlib import Path

from parity.cases.case import Case
from parity.cases.model import AnyCase, ModelCase
from parity.errors import ParityError
from parity.records.lines import Check, Seconds
from parity.routes.catalog import Catalog, Route
from parity.running import cache, interrupts, jobs, stock
from parity.running.checks import file_name, judged_as, path_name, refused, revised, troubled, unrun
from parity.running.crew import Crew
from parity.running.environment import cores
from parity.running.models import registered
from parity.running.pool import Pool
from parity.running.process import START_LIMIT, Job, Setup, kind_of, machine_share
from parity.running.schedule import Schedule, Task
from parity.running.steps import Exported, without_gradients
from parity.running.worker import Answer

ASK_LIMIT = 60.0  #: seconds to say whether a device is there
LOOK_LIMIT = 120.0  #: seconds to look for an export in the cache
GROWTH = 2**29  #: bytes by which a worker may have grown between two jobs; a framework that leaks is started again

__all__ = ["opened", "run", "unrun"]

DAMAGED = "cache entry was damaged and made again"


@dataclass
class _Export:
    """What is known of the export of one case by one exporter."""

    folder: Path
    users: set[int]  #: checks that have still to run on it
    key: str = (
        ""  #: of its structure; where there is one, what is exported goes into the cache: it could be looked for there
    )
    made: Exported | None = None
    cached: bool = False
    seconds: float | None = None
    notes: list[str] = field(default_factory=list)


def run(
    checks: Sequence[tuple[AnyCase, Route]],
    *,
    seed: int,
    catalog: Catalog,
    cases_folder: Path | None,
    cache_folder: Path,
    arrays_folder: Path,
    emit: Callable[[Check], None],
    settle: Callable[[Check], Check] = lambda check: check,
    threads: int = 1,
    jobs: int | None = None,
    memory_limit: int | None = None,
    use_cache: bool = True,
    cache_limit: int | None = None,
    memo: bool = True,
    pool: Pool | None = None,
) -> None:
    """Run every check and ``emit`` each exactly once, as soon as it has ended; no two have the same case and route.

    cases_folder: whose files may define layers; arrays_folder: where the arrays of failing checks go, a folder beside the
    records file; settle: what declared divergences make of a check; threads: for each worker to compute with; jobs: how many
    workers compute at a time, by default as many as there are cores; memory_limit: bytes of resident memory that one worker
    may have, by default three quarters of the machine's, which all of them together never have more than; cache_limit: bytes that the
    cache may have when the run has ended; memo: whether exporters keep their tables from one export to the next; pool: workers that
    :func:`opened` started with the same options, and that go on living; by default the run has its own.

    What a check says does not depend on ``jobs``, nor on which others run beside it; the order in which checks end does.

    Raises KeyboardInterrupt within a tick of Ctrl-C, after what had ended was emitted; then no worker is left;
    :class:`ParityError` when the cache folder cannot be written or is full; and whatever ``emit`` raises.
    """

    def told(made: Iterable[Check]) -> None:
        for check in made:
            emit(settle(check))

    at_once = jobs or cores()
    networks = [(case, route) for case, route in checks if isinstance(case, Case)]
    if networks:
        kept = cache_folder.resolve() if use_cache else None
        own = (
            nullcontext(pool)
            if pool
            else opened(catalog, cases_folder, cache_folder, threads, memory_limit, memo, use_cache)
        )
        with interrupts.held() as deliver, _trimmed(kept, cache_limit), own as workers:
            _networks(networks, workers, at_once, seed, catalog, kept, arrays_folder, told, deliver)
    models: dict[str, tuple[ModelCase, list[Route]]] = {}
    for case, route in checks:
        if isinstance(case, ModelCase):
            models.setdefault(case.name, (case, []))[1].append(route)
    for model, routes in models.values():
        # Ctrl-C ends it, and its workers
        made = registered.run(model, routes, seed, catalog, threads, at_once, memory_limit, memo)
        with interrupts.held():
            told(made)


@contextmanager
def opened(
    catalog: Catalog,
    cases_folder: Path | None,
    cache_folder: Path,
    threads: int = 1,
    memory_limit: int | None = None,
    memo: bool = True,
    use_cache: bool = True,
) -> Iterator[Pool]:
    """Workers for runs one after the other, started when first needed; all options are those of :func:`run`."""
    with cache.scratch(cache_folder) as scratch:
        kept = cache_folder.resolve() if use_cache else None
        setup = Setup(
            begin=lambda name: _beginning(kind_of(name), catalog, threads, memo, kept),
            cases=cases_folder,
            scratch=scratch,
            threads=threads,
            memory_limit=memory_limit or machine_share(),
            keeping=frozenset({jobs.JUDGE}),
            growth=GROWTH,
        )
        with Pool(setup) as pool:
            yield pool


@contextmanager
def _trimmed(kept: Path | None, limit: int | None) -> Iterator[None]:
    """Bring the cache down to its limit when a run has ended, whatever ended it, and has nothing linked any more."""
    try:
        yield
    finally:
        if kept is not None and limit is not None:
            stock.trim(kept, limit)


def _beginning(kind: str, catalog: Catalog, threads: int, memo: bool, kept: Path | None) -> Job:
    """The first job of a worker."""
    return Job(None, jobs.begin, (kind, catalog, threads, memo, kept), f"starting {kind}", START_LIMIT)


def _networks(
    checks: Sequence[tuple[Case, Route]],
    pool: Pool,
    at_once: int,
    seed: int,
    catalog: Catalog,
    kept: Path | None,
    arrays: Path,
    told: Callable[[Iterable[Check]], None],
    deliver: Callable[[], None],
) -> None:
    """The checks of networks, which share workers and exports."""
    reasons = {route: catalog.why_absent(route) for route in {route for _, route in checks}}
    vain = [(case, route, without_gradients(case, route, catalog)) for case, route in checks if not reasons[route]]
    present = [(case, route) for case, route, why in vain if not why]
    state = _Run(present, seed, catalog, pool.scratch, kept, arrays)
    crew = Crew(pool, state.schedule, at_once)
    told(unrun(case, route, seed, reasons[route]) for case, route in checks if reasons[route])
    told(
        revised(unrun(case, route, seed, why), status="unsupported", step="export") for case, route, why in vain if why
    )
    while not state.schedule.finished:
        while (found := crew.next()) is not None:
            process, task = found
            pool.give(process, state.job(task))
        for job, answer in pool.wait():
            crew.ended(job.tag, answer.seconds)
            told(state.finish(job.tag, job.doing, answer))
        deliver()


class _Run:
    """The state of the checks that can run: jobs from tasks, checks from answers."""

    def __init__(
        self,
        checks: Sequence[tuple[Case, Route]],
        seed: int,
        catalog: Catalog,
        scratch: Path,
        kept: Path | None,
        arrays: Path,
    ) -> None:
        self.schedule = Schedule(checks, jobs.JUDGE, cached=kept is not None)
        self._checks, self._seed, self._catalog = checks, seed, catalog
        self._scratch, self._kept, self._arrays = scratch, kept, arrays
        self._ran: dict[int, float] = {}  # seconds
        self._exports: dict[tuple[str, str], _Export] = {}
        for i, (case, route) in enumerate(checks):
            if route.exporter is not None:
                # Messages name it, so it is called alike whatever else is run.
                folder = scratch / f"export-{path_name(f'{case.name}[{route.export}]')}"
                self._exports.setdefault((case.name, route.export), _Export(folder, set())).users.add(i)

    def job(self, task: Task) -> Job:
        """What a worker is asked to do for a task."""
        case, route = self._checks[task.check]
        asked = (case, self._seed, route, self._catalog)
        export = self._export(task.check)
        if task.kind == "ask":
            arguments = (route.runtime, self._catalog, route.device)
            return Job(task, jobs.why_no_device, arguments, f"asking {route.runtime} for {route.device}", ASK_LIMIT)
        if task.kind == "judge":
            paths = (self._observation(task.check), self._evidence(task.check), self._kept)
            return Job(task, jobs.judge, (*asked[:3], *paths), "judging", case.time_limit)
        if task.kind == "run":
            made = None if export is None else export.made
            doing = f"running in {route.runtime}"
            limit = case.time_limit + route.longer
            return Job(task, jobs.run_step, (*asked, made, self._observation(task.check)), doing, limit)
        assert export is not None
        if task.kind == "look":
            return Job(task, jobs.look, (*asked, export.folder, self._kept), "looking in the cache", LOOK_LIMIT)
        kept = self._kept if export.key else None
        doing = f"exporting with {route.export}"
        return Job(task, jobs.export, (*asked, export.folder, kept, export.key), doing, case.time_limit)

    def finish(self, task: Task, doing: str, answer: Answer) -> list[Check]:
        """Take the answer to a task; the checks that ended with it."""
        if answer.ending == "full":
            raise ParityError(f"cache folder {self._scratch.parent}: {answer.message}; {cache.MEND}")
        good, found = answer.ending == "ok", False
        if task.kind == "ask":
            good = good and not answer.value
        elif task.kind == "look":
            found = self._looked(task.check, answer)
        elif task.kind == "export":
            self._exported(task.check, answer)
        elif task.kind == "run":
            self._ran[task.check] = answer.seconds
        ended = self.schedule.done(task, good, found)
        made = [self._check(i, task, doing, answer) for i in ended]
        for i in {*ended, task.check} if task.kind == "run" else ended:
            self._used(i)
        for i in ended:
            self._observation(i).unlink(missing_ok=True)
        return made

    def _looked(self, i: int, answer: Answer) -> bool:
        export = self._export(i)
        assert export is not None
        if answer.ending != "ok":
            export.notes.append(f"not cached: {answer.message}")  # a look that fails costs time, no verdict
            return False
        looked: jobs.Looked = answer.value
        export.key, export.made, export.cached = looked.key, looked.found, looked.found is not None
        if looked.damage:
            export.notes.append(f"{DAMAGED}: {looked.damage}")
        return export.cached

    def _exported(self, i: int, answer: Answer) -> None:
        export = self._export(i)
        assert export is not None
        export.seconds = answer.seconds or None
        if answer.ending == "ok":
            export.made = answer.value
            export.notes += answer.value.notes

    def _used(self, i: int) -> None:
        """A check is done with its export; the last one removes it."""
        export = self._export(i)
        if export is not None:
            export.users.discard(i)
            if not export.users:
                shutil.rmtree(export.folder, ignore_errors=True)

    def _check(self, i: int, task: Task, doing: str, answer: Answer) -> Check:
        """The check that ended with this answer."""
        export = self._export(i)
        check = unrun(*self._checks[i], self._seed)
        judged = answer.seconds if task.kind == "judge" else None
        exporting = None if export is None else export.seconds
        seconds = Seconds(export=exporting, run=self._ran.get(i) or None, judge=judged or None)
        check = revised(check, seconds=seconds)
        if export is not None:
            check = revised(check, notes=list(export.notes))
            if export.made is not None:
                check = revised(check, exporter=export.made.exporter, cached=export.cached)
        if task.kind == "ask" and answer.ending == "ok":
            return revised(check, reason=answer.value)
        check = judged_as(check, answer.value) if answer.ending == "ok" else troubled(check, answer, task.kind, doing)
        if export is not None and export.made is not None and export.made.complaint is not None:
            check = refused(check, export.made.complaint)
        return self._with_arrays(i, check)

    def _with_arrays(self, i: int, check: Check) -> Check:
        """The check with its arrays moved to where they stay: whole, or not at all."""
        found = self._evidence(i)
        if not found.exists():
            return check
        name = file_name(check.id)
        try:
            self._arrays.mkdir(parents=True, exist_ok=True)
            shutil.move(found, self._arrays / name)
        except OSError as error:
            found.unlink(missing_ok=True)
            said = f"its arrays could not be kept in {self._arrays.name}: {error.strerror}"
            return revised(check, notes=[*check.notes, said])
        return revised(check, arrays=f"{self._arrays.name}/{name}")

    def _export(self, i: int) -> _Export | None:
        case, route = self._checks[i]
        return None if route.exporter is None else self._exports[case.name, route.export]

    def _observation(self, i: int) -> Path:
        return self._scratch / f"observation-{i}.pickle"

    def _evidence(self, i: int) -> Path:
        return self._scratch / f"arrays-{i}.npz"
