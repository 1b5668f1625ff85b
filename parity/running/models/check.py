"""A model of one's own checked: every route in a process of its own, then the judge. What comes back is one document."""

from __future__ import annotations

import tempfile
import time
from collections.abc import Callable, Iterable, Mapping, Sequence
from contextlib import ExitStack
from dataclasses import replace
from pathlib import Path
from typing import Any

from parity.errors import MissingError, ParityError, UsageError
from parity.records.model import (
    DEFINITION,
    OWN,
    ModelCheck,
)
from parity.running import environment
from parity.running.models import comparing, elsewhere, module, ready, runs, saving, verdict
from parity.running.models.document import Found, document
from parity.running.models.module import Written
from parity.running.models.plan import CPU, FILES, JUDGE, Plan, Way, graphs, ways, why_absent
from parity.running.models.ready import Prepared, Refusal
from parity.running.models.workers import asking, ended, here_of, kind_of, one, setup
from parity.running.pool import Job, Pool
from parity.running.worker import Answer as Ending


def check(plan: Plan, heard: Callable[[bool], None] = lambda bad: None) -> ModelCheck:
    """Run the model every way there is and judge what came. ``heard`` is told of each step that ended, and whether badly.

    Raises :class:`UsageError` for a model or inputs that cannot be used, :class:`parity.errors.MissingError` where no
    runtime is installed, :class:`ParityError` where the judge dies or there is no room.
    """
    begun = time.monotonic()
    with ExitStack() as stack:
        folder = Path(stack.enter_context(tempfile.TemporaryDirectory(prefix="parity-")))
        pool = stack.enter_context(Pool(setup(plan, folder)))
        if not plan.model.onnx:
            plan = replace(plan, kind=kind_of(plan, pool))
        routes = ways(plan)
        absent = {way.name: why_absent(plan.catalog, way) for way in routes}
        absent |= _without_device(plan, pool, [way for way in routes if way.device != CPU and not absent[way.name]])
        if all(absent.values()):
            said = "; ".join(dict.fromkeys(absent.values())) or "there is no runtime"
            raise MissingError(f"nothing could run: {said}")
        found = _ready(plan, pool, folder) if plan.model.onnx else _exported(plan, pool, folder, heard)
        present = [way for way in routes if not absent[way.name] and way.graph in found.prepared.ready]
        _bring(plan, pool, found, present, folder)
        _run(plan, pool, found, present, folder, heard)
        if plan.save is not None:
            _save(plan, plan.save, pool, found)
        _judge(plan, pool, found, present, heard)
        _differ(plan, pool, found)
    here = environment.environment(plan.catalog, plan.threads)
    return document(plan, routes, absent, found, here, round(time.monotonic() - begun, 3))


def _without_device(plan: Plan, pool: Pool, routes: Sequence[Way]) -> dict[str, str]:
    """Of ways on other devices, why they cannot be gone here; empty where they can."""
    found = {}
    for way in routes:
        doing = f"asking for {way.device}"
        worker, job = OWN, Job(way.name, module.why_no_device, (asking(plan), way.device), doing, plan.limit)
        if way.runtime:
            asked = (way.runtime, plan.catalog, way.device)
            worker, job = way.name, Job(way.name, runs.why_no_device, asked, doing, plan.limit)
        (ending,) = ended(pool, {worker: job}, here=here_of(plan)).values()
        found[way.name] = ending.value if ending.ending == "ok" else ending.message
    return found


def _ready(plan: Plan, pool: Pool, folder: Path) -> Found:
    """The person's own file, ready to be run."""
    assert plan.model.file is not None
    prepared = _prepared(plan, pool, {plan.model.text: plan.model.file}, folder)
    for reason in prepared.reasons.values():
        raise UsageError(reason)
    return Found(prepared, prepared.notes)


def _exported(plan: Plan, pool: Pool, folder: Path, heard: Callable[[bool], None]) -> Found:
    """The files that the exporters write of a person's module, ready to be run."""
    writes = FILES[plan.kind][1]
    workers = dict(zip((OWN, *(f"{OWN} {n}" for n in range(1, len(writes)))), writes, strict=True))
    jobs = {
        worker: Job(worker, module.export, (asking(plan), folder, process), f"exporting by {process}", plan.limit)
        for worker, process in workers.items()
    }
    files: dict[str, Path] = {}
    lost: dict[str, Ending] = {}
    notes: tuple[str, ...] = ()
    weights: set[bytes] = set()
    for worker, ending in ended(pool, jobs, heard, here_of(plan)).items():
        wrote = ending.value
        if isinstance(wrote, Refusal):
            raise wrote.error()
        if isinstance(wrote, Written):
            files |= wrote.files
            lost |= wrote.lost
            notes = wrote.notes
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
    prepared = _prepared(plan, pool, order, folder)
    if not prepared.ready:
        raise ParityError("; ".join(prepared.reasons.values()))
    unread = {name: Ending("error", message=reason) for name, reason in prepared.reasons.items()}
    return Found(prepared, notes, lost | unread)


def _prepared(plan: Plan, pool: Pool, files: Mapping[str, Path], folder: Path) -> Prepared:
    arguments = (files, plan.given, plan.arrays, plan.seed, folder)
    made = one(pool, JUDGE, Job(JUDGE, ready.ready, arguments, "reading the model", plan.limit))
    assert isinstance(made, Prepared)
    return made


def _run(
    plan: Plan, pool: Pool, found: Found, routes: Iterable[Way], folder: Path, heard: Callable[[bool], None]
) -> None:
    jobs = {}
    placed = []  # the model itself on other devices, in the worker that has its program
    for i, way in enumerate(way for way in routes if way.brought is None):
        made, out = found.prepared.ready[way.graph], folder / f"run-{i}"
        if way.runtime:
            arguments: tuple[Any, ...] = (
                made,
                way.runtime,
                way.optimises,
                not way.optimises,
                way.device,
                plan.threads,
                plan.catalog,
                out,
            )
            jobs[way.name] = Job(way.name, runs.run, arguments, f"running in {way.name}", plan.limit)
        else:
            doing = "running the model compiled" if way.optimises else "running the model"
            arguments = (asking(plan), made, way.optimises, way.device, out)
            job = Job(way.name, module.run, arguments, doing, plan.limit)
            if way.device == CPU:
                jobs[way.name if way.optimises else OWN] = job
            else:
                placed.append(job)
    found.ended |= ended(pool, jobs, heard, here_of(plan))
    if not plan.model.onnx:
        made = next(iter(found.prepared.ready.values()))
        arguments = (asking(plan), made, folder / "twin")
        job = Job(OWN, module.run_twin, arguments, "running the model in float64", plan.limit)
        (found.twin,) = ended(pool, {OWN: job}, heard, here_of(plan)).values()
    for job in placed:
        found.ended |= ended(pool, {OWN: job}, heard, here_of(plan))


def _bring(plan: Plan, pool: Pool, found: Found, routes: Iterable[Way], folder: Path) -> None:
    """Take what ran elsewhere among the runs, before anything dear is done."""
    for i, way in enumerate(routes):
        if way.brought is not None:
            arguments = (found.prepared.ready[way.graph], way.brought, folder / f"brought-{i}.npz")
            job = Job(JUDGE, elsewhere.read, arguments, f"reading {way.brought.file}", plan.limit)
            (ending,) = ended(pool, {JUDGE: job}).values()
            if isinstance(ending.value, Refusal):
                raise ending.value.error()
            found.ended[way.name] = ending
            if ending.ending == "ok" and (names := ending.value.unread):
                found.notes += (f"{way.name}: nothing of the model is called {', '.join(names)}",)


def _save(plan: Plan, folder: Path, pool: Pool, found: Found) -> None:
    """Keep the inputs, the files and what every route gave where the person wants them."""
    ran = {name: ending.value for name, ending in found.ended.items() if ending.ending == "ok"}
    job = Job(JUDGE, saving.save, (folder, found.prepared, ran), f"writing to {folder}", plan.limit)
    one(pool, JUDGE, job)


def _differ(plan: Plan, pool: Pool, found: Found) -> None:
    """Where each file that is another function than the model differs from its definition, if that is the same function."""
    definition = found.prepared.ready.get(DEFINITION)
    failed = {name for name, figures in found.functions.items() if any(f.status == "fail" for f in figures)}
    if definition is None or DEFINITION in failed or not found.functions.get(DEFINITION):
        return
    for name in sorted(failed):
        made = found.prepared.ready[name]
        turns: dict[str, tuple[str, None]] = {own: (fed, None) for own, fed in made.inputs}
        arguments = (definition.path, made.path, ("float64", "float32"), made.fed.files, turns)
        job = Job(JUDGE, comparing.compare, arguments, f"comparing {name}", plan.limit)
        found.differences[name] = one(pool, JUDGE, job).differences


def _judge(plan: Plan, pool: Pool, found: Found, routes: Sequence[Way], heard: Callable[[bool], None]) -> None:
    """Judge every file on every set of inputs."""
    twins = found.twin.value if found.twin is not None and found.twin.ending == "ok" else None
    before = found.prepared.ready.get(DEFINITION)
    tried = next(iter(found.prepared.ready.values())).fed.tried
    for i, name in enumerate(tried):
        for graph, made in found.prepared.ready.items():
            mine = [way for way in routes if way.graph == graph]
            ran = {w.name: found.ended[w.name].value for w in mine if found.ended[w.name].ending == "ok"}
            twin = None if twins is None else twins[i]
            if not ran and twin is None:
                continue
            arguments = (made, i, ran, plan.seed, twin, None if graph == DEFINITION else before)
            job = Job(JUDGE, verdict.judge, arguments, f"judging {graph}, inputs {name!r}", plan.limit)
            given, unjudged, function = one(pool, JUDGE, job)
            for route, answer in given.items():
                found.answers.setdefault(route, []).extend(answer)
            missed = found.unjudged.setdefault(graph, {})
            for each in unjudged:
                missed[each.kind, each.reason] = max(each.count, missed.get((each.kind, each.reason), 0))
            if function is not None:
                found.functions.setdefault(graph, []).append(function)
        heard(False)
