"""One run, from its first line on disk to its report, whatever ends it."""

from __future__ import annotations

import itertools
import os
import time
from collections.abc import Callable, Mapping, Sequence
from contextlib import suppress
from dataclasses import dataclass
from datetime import UTC, datetime
from pathlib import Path
from types import TracebackType

import msgspec

from parity.cases import known
from parity.cases.known import KnownDivergence
from parity.errors import ParityError, UsageError
from parity.files import replace
from parity.records import history
from parity.records.changes import DRIFT, Comparison, compare, limited
from parity.records.file import Records, Writer
from parity.records.history import Point
from parity.records.lines import SCHEMA, Check, End, Line, Run, Split
from parity.records.verdict import BAD, LAMBDA
from parity.records.wording import count
from parity.report.html import render
from parity.routes.catalog import Catalog
from parity.running import engine, environment
from parity.running.cluster import Cluster
from parity.running.interrupts import heard_as_ctrl_c, undisturbed
from parity.running.selection import Pair, needs

FAILED, BROKEN, MISSING, INTERRUPTED = 1, 3, 4, 130  #: exit codes; 2 and 5 are decided before a run starts

Heard = Callable[[Line], None]


@dataclass(frozen=True)
class Plan:
    """Everything a run has to know before it starts."""

    pairs: Sequence[Pair]
    divergences: Sequence[KnownDivergence]
    catalog: Catalog
    seed: int
    required: Sequence[str]  #: the names of ``--require``
    cases: Path
    reports: Path
    cache: Path
    typed: Sequence[str]  #: the command line, its first word the program
    again: str  #: options that repeating one check needs besides its id and the seed
    threads: int
    jobs: int | None  #: how many processes compute at a time; None for one a core
    memory_limit: int | None  #: bytes of memory at which a worker is killed; None for the engine's own limit
    use_cache: bool
    cache_limit: int  #: bytes that the cache may have after the run
    memo: bool = True  #: whether exporters keep their tables from one export to the next
    baseline: Records | None = None  #: an earlier run to compare with
    cluster: Cluster | None = None  #: where the checks run; None for this machine
    split: Split | None = None  #: of one shard of a plan, whose pairs these are
    narrowed: bool = False  #: whether some checks were asked for: then the rest of the baseline has not vanished
    drift: float = DRIFT  #: how many times a ratio must grow to be called drift


@dataclass(frozen=True)
class Outcome:
    """What a run left behind."""

    records: Records
    exit_code: int
    missing: tuple[str, ...]  #: what was required and some check had to do without, with the reason
    report: Path
    changes: Comparison | None = None  #: since the baseline, if there was one


def execute(
    plan: Plan, heard: Heard, folder: Path | None = None, why: Callable[[], str] = lambda: "interrupted"
) -> Outcome:
    """Run the checks of ``plan``. Every record is on disk before ``heard`` is told of it.

    Whatever ends the run, what was written stays readable, and ``latest.jsonl``, ``latest.html`` and the last lines of
    ``history.jsonl`` are made of it. ``folder`` is an empty one that :func:`new_folder` made, where the caller has to know
    it beforehand; ``why`` says why a run was interrupted. Raises :class:`UsageError` for a report folder that cannot be
    made or written, :class:`ParityError` for a disk that fills up on the way; any other exception comes through once the
    records are closed.
    """
    started = datetime.now(UTC)
    installed = environment.packages(plan.catalog)
    here = environment.environment(plan.catalog, plan.threads)
    machine = here if plan.cluster is None else plan.cluster.machine
    git = environment.git(plan.cases)
    folder = folder or new_folder(plan.reports, started)
    run = Run(
        schema=SCHEMA,
        id=folder.name,
        started=started.isoformat(timespec="seconds"),
        argv=environment.arguments(plan.typed),
        seed=plan.seed,
        lam=LAMBDA,
        planned=len(plan.pairs),
        environment=machine,
        git=git,
        split=plan.split,
    )

    cases = {case.name: case for case, _ in plan.pairs}

    def settle(check: Check) -> Check:
        arrays = f"{folder.name}/{check.arrays}" if check.arrays else ""
        check = msgspec.structs.replace(check, arrays=arrays, repeat=check.repeat + plan.again)
        return known.apply(check, cases[check.case], plan.divergences, installed)

    trouble: Exception | None = None
    reason, exit_code = "", BROKEN
    with heard_as_ctrl_c(), _Book(plan, run, folder / "records.jsonl", heard) as book:
        try:
            book.write(run)
            (engine if plan.cluster is None else plan.cluster).run(
                plan.pairs,
                seed=plan.seed,
                catalog=plan.catalog,
                cases_folder=plan.cases,
                cache_folder=plan.cache,
                arrays_folder=folder / "arrays",
                emit=book.write,
                settle=settle,
                threads=plan.threads,
                jobs=plan.jobs,
                memory_limit=plan.memory_limit,
                use_cache=plan.use_cache,
                memo=plan.memo,
                cache_limit=plan.cache_limit,
            )
            if left := book.left():
                raise ParityError(f"{len(left)} checks were lost on the way; please report this")
            exit_code = code_of(book.checks, missing_of(book.checks, plan))
        except KeyboardInterrupt:
            reason, exit_code = why(), INTERRUPTED
        except Exception as error:  # noqa: BLE001 - raised again below, once the records are closed
            trouble, reason = error, _why(error)
        with undisturbed():
            unfinished = book.finish(reason, exit_code)
    trouble = trouble or unfinished
    if isinstance(trouble, OSError | ParityError):
        room = "; make room and run again" if isinstance(trouble, OSError) else ""
        kept = f"{len(book.checks)} of {run.planned} checks are in {book.path}"
        raise ParityError(f"{_why(trouble)}; {kept}{room}") from None
    if trouble is not None:
        raise trouble
    records = book.records()
    return Outcome(
        records, exit_code, missing_of(book.checks, plan), plan.reports / "latest.html", changes_of(records, plan)
    )


def code_of(checks: Sequence[Check], missing: Sequence[str]) -> int:
    """The exit code of a run that came to its end: a failed check before something missing before all is well."""
    if any(check.status in BAD for check in checks):
        return FAILED
    return MISSING if missing else 0


def missing_of(checks: Sequence[Check], plan: Plan) -> tuple[str, ...]:
    """What was required and is not here: a sentence for each, from the checks that did not run for want of it."""
    routes = {route.name: route for _, route in plan.pairs}
    idle = [check for check in checks if check.status == "not run"]
    found: list[str] = []
    for name in plan.required:
        reasons = {check.reason for check in idle if name in needs(plan.catalog, routes[check.route])}
        found += [f"{name} is required: {reason}" for reason in sorted(reasons)]
    if idle and len(idle) == len(checks) and not found:
        found = [f"nothing could run: {reason}" for reason in sorted({check.reason for check in idle})]
    return tuple(found)


def changes_of(records: Records, plan: Plan) -> Comparison | None:
    """What changed since the baseline of a plan; None where it has none."""
    if plan.baseline is None:
        return None
    planned = {(case.name, route.name) for case, route in plan.pairs}
    old = limited(plan.baseline, planned) if plan.narrowed else plan.baseline
    return compare(old, records, drift=plan.drift)


class _Book:
    """The records of one run: the file, and what is in it."""

    def __init__(self, plan: Plan, run: Run, path: Path, heard: Heard) -> None:
        self._plan, self._run, self._heard = plan, run, heard
        self._started = time.monotonic()
        self.path = path
        self.checks: list[Check] = []
        self.end: End | None = None
        self._points: Mapping[str, Sequence[Point]] = {}

    def __enter__(self) -> _Book:
        try:
            self._writer = Writer(self.path)
        except OSError as error:
            raise _no_reports(self._plan.reports, error) from None
        return self

    def __exit__(self, kind: type[BaseException] | None, error: BaseException | None, at: TracebackType | None) -> None:
        self._writer.close()

    def write(self, line: Line) -> None:
        """Put a line on disk, then tell of it. Raises OSError where there is no room, the file as it was."""
        try:
            self._writer.write(line)
        except OSError as error:
            error.filename = str(self.path)
            raise
        if isinstance(line, Check):
            self.checks.append(line)
        elif isinstance(line, End):
            self.end = line
        self._heard(line)

    def left(self) -> list[Pair]:
        """The planned pairs without a record."""
        done = {(check.case, check.route) for check in self.checks}
        return [(case, route) for case, route in self._plan.pairs if (case.name, route.name) not in done]

    def finish(self, reason: str, exit_code: int) -> OSError | ParityError | None:
        """End the file and publish it, as far as there is room; ``reason`` is why the run stopped early, if it did.

        The first error is given back, and what can still be done after it is done.
        """
        troubles: list[OSError | ParityError] = []
        for step in (self._close_checks, self._close_file, self._remember, self._publish):
            try:
                step(reason, exit_code)
            except (OSError, ParityError) as error:
                troubles.append(error)
        return troubles[0] if troubles else None

    def _close_checks(self, reason: str, _exit_code: int) -> None:
        for case, route in self.left():
            check = engine.unrun(case, route, self._run.seed, reason)
            self.write(msgspec.structs.replace(check, repeat=check.repeat + self._plan.again))

    def _close_file(self, reason: str, exit_code: int) -> None:
        counts, not_run = count(self.checks)
        seconds = round(time.monotonic() - self._started, 3)
        end = End(
            finished=not reason, counts=counts, not_run=not_run, exit_code=exit_code, seconds=seconds, reason=reason
        )
        self.write(end)

    def records(self) -> Records:
        """What is in the file."""
        return Records(self._run, self.checks, self.end)

    def _remember(self, _reason: str, _exit_code: int) -> None:
        path = self._plan.reports / history.NAME
        history.append(path, self.records())
        self._points = history.load(path, self._run.started)

    def _publish(self, _reason: str, _exit_code: int) -> None:
        reports = self._plan.reports
        replace(reports / "latest.jsonl", self.path.read_bytes())
        page = render(self.records(), comparison=changes_of(self.records(), self._plan), history=self._points)
        replace(reports / "latest.html", page.encode())


def new_folder(reports: Path, started: datetime) -> Path:
    """A folder of its own for a run that starts now, named by when and by this process.

    Raises :class:`UsageError` for a report folder that cannot be made or written.
    """
    stem = f"{started:%Y%m%dT%H%M%SZ}-{os.getpid()}"
    names = itertools.chain([stem], (f"{stem}-{n}" for n in itertools.count(2)))
    try:
        reports.mkdir(parents=True, exist_ok=True)
        while True:
            folder = reports / next(names)
            with suppress(FileExistsError):
                folder.mkdir()
                return folder
    except OSError as error:
        raise _no_reports(reports, error) from None


def _no_reports(reports: Path, error: OSError) -> UsageError:
    mend = "mend its permissions, or name another folder with --reports DIR"
    return UsageError(f"report folder {reports}: cannot be written: {error.strerror}; {mend}")


def _why(error: Exception) -> str:
    if isinstance(error, OSError):
        where = f"{error.filename}: " if error.filename else ""
        return f"{where}{error.strerror or error}"
    return str(error) if isinstance(error, ParityError) else f"parity itself failed: {type(error).__name__}: {error}"
