"""A model of one's own checked: every route in a process of its own, then the judge. What comes back is one document."""

from __future__ import annotations

import tempfile
import time
from collections.abc import Callable, Iterable, Mapping, Sequence
from contextlib import ExitStack
from dataclasses import replace
from importlib.util import find_spec
from pathlib import Path
from typing import Any

import psutil

from parity.cases.asked import Asked
from parity.errors import MissingError, ParityError, UsageError
from parity.records.model import (
    DEFINITION,
    ModelCheck,
)
from parity.running import environment
from parity.running.engine import MEMORY_SHARE
from parity.running.models import module, ready, runs, verdict
from parity.running.models.document import Found, document
from parity.running.models.module import Asking, Written
from parity.running.models.plan import FILES, JUDGE, NEEDS, OWN, Plan, Way, graphs, runtime_of, ways, why_absent
from parity.running.models.ready import Prepared, Refusal
from parity.running.pool import START_LIMIT, Job, Pool, Setup
from parity.running.worker import Answer as Ending
from parity.running.worker import called


def check(plan: Plan, heard: Callable[[bool], None] = lambda bad: None) -> ModelCheck:
    """Run the model every way there is and judge what came. ``heard`` is told of each step that ended, and whether badly.

    Raises :class:`UsageError` for a model or inputs that cannot be used, :class:`parity.errors.MissingError` where no
    runtime is installed, :class:`ParityError` where the judge dies or there is no room.
    """
    begun = time.monotonic()
    with ExitStack() as stack:
        folder = Path(stack.enter_context(tempfile.TemporaryDirectory(prefix="parity-")))
        pool = stack.enter_context(Pool(_setup(plan, folder)))
        if not plan.model.onnx:
            plan = replace(plan, kind=_kind(plan, pool))
        routes = ways(plan)
        absent = {way.name: why_absent(plan.catalog, way) for way in routes}
        if all(absent.values()):
            said = "; ".join(dict.fromkeys(absent.values())) or "there is no runtime"
            raise MissingError(f"nothing could run: {said}")
        found = _ready(plan, pool, folder) if plan.model.onnx else _exported(plan, pool, folder, heard)
        present = [way for way in routes if not absent[way.name] and way.graph in found.prepared.ready]
        _run(plan, pool, found, present, folder, heard)
        _judge(plan, pool, found, present, heard)
    here = environment.environment(plan.catalog, plan.threads)
    return document(plan, routes, absent, found, here, round(time.monotonic() - begun, 3))


def _setup(plan: Plan, folder: Path) -> Setup:
    return Setup(
        begin=lambda name: Job(
            None, runs.begin, (runtime_of(plan, name), plan.catalog, plan.threads), f"starting {name}", START_LIMIT
        ),
        cases=None,
        scratch=folder,
        threads=plan.threads,
        memory_limit=plan.memory_limit or int(psutil.virtual_memory().total * MEMORY_SHARE),
        keeping=frozenset({JUDGE}),
    )


def _asking(plan: Plan) -> Asking:
    return Asking(plan.model, tuple(plan.given), plan.arrays, plan.threads, plan.seed)


def _kind(plan: Plan, pool: Pool) -> str:
    """The framework of a person's model, which is loaded to know it."""
    job = Job(OWN, module.kind, (_asking(plan),), "loading the model", plan.limit)
    (ending,) = _ended(pool, {OWN: job}, here=_here(plan)).values()
    if ending.ending != "ok":
        raise UsageError(f"{plan.model.text}: {ending.message}")
    if isinstance(ending.value, Refusal):
        raise ending.value.error()
    found = str(ending.value)
    extra, needs = NEEDS[found]
    for needed in needs:
        if find_spec(needed) is None:
            raise MissingError(f"{plan.model.text}: {needed} is not installed: pip install 'parity[{extra},onnx]'")
    return found


def _ready(plan: Plan, pool: Pool, folder: Path) -> Found:
    """The person's own file, ready to be run."""
    assert plan.model.file is not None
    prepared = _prepared(plan, pool, {plan.model.text: plan.model.file}, plan.given, folder)
    for reason in prepared.reasons.values():
        raise UsageError(reason)
    return Found(prepared)


def _exported(plan: Plan, pool: Pool, folder: Path, heard: Callable[[bool], None]) -> Found:
    """The files that the exporters write of a person's module, ready to be run."""
    given = tuple(plan.given)
    writes = FILES[plan.kind][1]
    workers = dict(zip((OWN, *(f"{OWN} {n}" for n in range(1, len(writes)))), writes, strict=True))
    jobs = {
        worker: Job(worker, module.export, (_asking(plan), folder, process), f"exporting by {process}", plan.limit)
        for worker, process in workers.items()
    }
    files: dict[str, Path] = {}
    lost: dict[str, Ending] = {}
    notes: tuple[str, ...] = ()
    weights: set[bytes] = set()
    for worker, ending in _ended(pool, jobs, heard, _here(plan)).items():
        wrote = ending.value
        if isinstance(wrote, Refusal):
            raise wrote.error()
        if isinstance(wrote, Written):
            files |= wrote.files
            lost |= wrote.lost
            given, notes = wrote.given, wrote.notes
            weights.add(wrote.weights)
        else:
            lost |= dict.fromkeys(writes[workers[worker]], ending)
    if len(weights) > 1:
        said = "its weights are others each time it is made, whatever the seed is"
        raise UsageError(
            f"{plan.model.text}: {said}; load them from a file, or draw them from the framework's generator"
        )
    order = {name: files[name] for name in graphs(plan) if name in files}
    if not order:
        said = "; ".join(f"{name}: {lost[name].message}" for name in graphs(plan) if name != DEFINITION)
        raise UsageError(f"{plan.model.text}: no exporter could write it: {said}")
    prepared = _prepared(plan, pool, order, given, folder)
    if not prepared.ready:
        raise ParityError("; ".join(prepared.reasons.values()))
    unread = {name: Ending("error", message=reason) for name, reason in prepared.reasons.items()}
    return Found(prepared, notes, lost | unread)


def _prepared(plan: Plan, pool: Pool, files: Mapping[str, Path], given: Sequence[Asked], folder: Path) -> Prepared:
    arguments = (files, given, plan.arrays, plan.seed, folder)
    job = Job(JUDGE, ready.ready, arguments, "reading the model", plan.limit)
    (ending,) = _ended(pool, {JUDGE: job}).values()
    made = _value(ending)
    if isinstance(made, Refusal):
        raise made.error()
    assert isinstance(made, Prepared)
    return made


def _run(
    plan: Plan, pool: Pool, found: Found, routes: Iterable[Way], folder: Path, heard: Callable[[bool], None]
) -> None:
    jobs = {}
    for i, way in enumerate(routes):
        made, out = found.prepared.ready[way.graph], folder / f"run-{i}"
        if way.runtime:
            arguments: tuple[Any, ...] = (made, way.runtime, way.optimises, not way.optimises, plan.catalog, out)
            jobs[way.name] = Job(way.name, runs.run, arguments, f"running in {way.name}", plan.limit)
        else:
            jobs[OWN] = Job(way.name, module.run, (_asking(plan), made, out), "running the model", plan.limit)
    found.ended = _ended(pool, jobs, heard, _here(plan))
    if not plan.model.onnx:
        made = next(iter(found.prepared.ready.values()))
        arguments = (_asking(plan), made, folder / "twin")
        job = Job(OWN, module.run_twin, arguments, "running the model in float64", plan.limit)
        (found.twin,) = _ended(pool, {OWN: job}, heard, _here(plan)).values()


def _judge(plan: Plan, pool: Pool, found: Found, routes: Sequence[Way], heard: Callable[[bool], None]) -> None:
    """Judge every file on every set of inputs."""
    twins = found.twin.value if found.twin is not None and found.twin.ending == "ok" else None
    before = found.prepared.ready.get(DEFINITION)
    tried = next(iter(found.prepared.ready.values())).fed.tried
    for i, name in enumerate(tried):
        for graph, made in found.prepared.ready.items():
            mine = [way for way in routes if way.graph == graph]
            ran = {w.name: found.ended[w.name].value for w in mine if found.ended[w.name].ending == "ok"}
            tapped = [way.name for way in mine if not way.optimises and way.name in ran]
            twin = None if twins is None else twins[i]
            if not ran and twin is None:
                continue
            arguments = (made, i, ran, tapped, plan.seed, twin, None if graph == DEFINITION else before)
            job = Job(JUDGE, verdict.judge, arguments, f"judging {graph}, inputs {name!r}", plan.limit)
            (ending,) = _ended(pool, {JUDGE: job}).values()
            given, unjudged, function = _value(ending)
            for route, answer in given.items():
                found.answers.setdefault(route, []).append(answer)
            missed = found.unjudged.setdefault(graph, {})
            for each in unjudged:
                missed[each.kind, each.reason] = max(each.count, missed.get((each.kind, each.reason), 0))
            if function is not None:
                found.functions.setdefault(graph, []).append(function)
        heard(False)


def _here(plan: Plan) -> frozenset[str]:
    """The workers that are this process, since it has the model."""
    return frozenset({OWN, f"{OWN} 1"}) if plan.model.live else frozenset()


def _ended(
    pool: Pool,
    jobs: Mapping[str, Job],
    heard: Callable[[bool], None] = lambda bad: None,
    here: frozenset[str] = frozenset(),
) -> dict[str, Ending]:
    """Give each worker its job and wait for all; those of ``here`` are of this process, which has what they work on."""
    ended: dict[str, Ending] = {}
    for worker, job in jobs.items():
        if worker not in here:
            pool.give(worker, job)
    for worker, job in jobs.items():
        if worker in here:
            ended[job.tag] = ending = called(job.function, job.arguments)
            heard(ending.ending not in ("ok", "unsupported"))
    while len(ended) < len(jobs):
        for job, ending in pool.wait():
            if ending.ending == "full":
                raise ParityError(f"{ending.message}; make room for temporary files and run again")
            ended[job.tag] = ending
            heard(ending.ending not in ("ok", "unsupported"))
    return ended


def _value(ending: Ending) -> Any:
    """What the judge gave; it is parity's own, so whatever else it ends with is an error of parity's."""
    mends = {
        "timeout": "give it longer with --limit SECONDS",
        "crash": "give it more with --memory SIZE, or a smaller input",
    }
    if ending.ending != "ok":
        raise ParityError(f"{ending.message}; {mends.get(ending.ending, 'please report this')}")
    return ending.value
