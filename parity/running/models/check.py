"""A model of one's own checked: every route in a process of its own, then the judge. What comes back is one document."""

from __future__ import annotations

import tempfile
import time
from collections.abc import Callable, Iterable, Mapping, Sequence
from contextlib import ExitStack
from dataclasses import replace
from pathlib import Path
from typing import Any

import msgspec

from parity.errors import MissingError, ParityError, UsageError
from parity.records.model import (
    DEFINITION,
    ModelCheck,
)
from parity.running import environment
from parity.running.models import comparing, module, ready, runs, script, verdict
from parity.running.models.document import Found, document
from parity.running.models.module import Written
from parity.running.models.plan import FILES, JUDGE, OWN, Plan, Way, graphs, ways, why_absent
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
        if all(absent.values()):
            said = "; ".join(dict.fromkeys(absent.values())) or "there is no runtime"
            raise MissingError(f"nothing could run: {said}")
        found = _ready(plan, pool, folder) if plan.model.onnx else _exported(plan, pool, folder, heard)
        present = [way for way in routes if not absent[way.name] and way.graph in found.prepared.ready]
        _run(plan, pool, found, present, folder, heard)
        _judge(plan, pool, found, present, heard)
        _differ(plan, pool, found)
        here = environment.environment(plan.catalog, plan.threads)
        made = document(plan, routes, absent, found, here, round(time.monotonic() - begun, 3))
        if plan.script is None:
            return made
        checked = script.Checked(plan, pool, found, made, present, plan.script.name)
        return msgspec.structs.replace(made, script=script.show(checked, plan.script, folder))


def _ready(plan: Plan, pool: Pool, folder: Path) -> Found:
    """The person's own file, ready to be run."""
    assert plan.model.file is not None
    prepared = _prepared(plan, pool, {plan.model.text: plan.model.file}, folder)
    for reason in prepared.reasons.values():
        raise UsageError(reason)
    return Found(prepared)


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
    for i, way in enumerate(routes):
        made, out = found.prepared.ready[way.graph], folder / f"run-{i}"
        if way.runtime:
            arguments: tuple[Any, ...] = (made, way.runtime, way.optimises, not way.optimises, plan.catalog, out)
            jobs[way.name] = Job(way.name, runs.run, arguments, f"running in {way.name}", plan.limit)
        else:
            jobs[OWN] = Job(way.name, module.run, (asking(plan), made, out), "running the model", plan.limit)
    found.ended = ended(pool, jobs, heard, here_of(plan))
    if not plan.model.onnx:
        made = next(iter(found.prepared.ready.values()))
        arguments = (asking(plan), made, folder / "twin")
        job = Job(OWN, module.run_twin, arguments, "running the model in float64", plan.limit)
        (found.twin,) = ended(pool, {OWN: job}, heard, here_of(plan)).values()


def _differ(plan: Plan, pool: Pool, found: Found) -> None:
    """Where each file that is another function than the model differs from one that is the same, first from its definition."""
    judged = {name: {f.status for f in figures} for name, figures in found.functions.items() if figures}
    fine = (name for name, made in found.prepared.ready.items() if all(own == fed for own, fed in made.inputs))
    right = next((name for name in fine if judged.get(name) == {"pass"}), None)
    if right is None:
        return
    same, found.same = found.prepared.ready[right], right
    for name in sorted(name for name, statuses in judged.items() if "fail" in statuses):
        made = found.prepared.ready[name]
        turns: dict[str, tuple[str, None]] = {own: (fed, None) for own, fed in made.inputs}
        folded = ["float64" if each == DEFINITION else "float32" for each in (right, name)]
        arguments = (same.path, made.path, tuple(folded), made.fed.files, turns)
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
            tapped = [way.name for way in mine if not way.optimises and way.name in ran]
            twin = None if twins is None else twins[i]
            if not ran and twin is None:
                continue
            arguments = (made, i, ran, tapped, plan.seed, twin, None if graph == DEFINITION else before)
            job = Job(JUDGE, verdict.judge, arguments, f"judging {graph}, inputs {name!r}", plan.limit)
            given, unjudged, function = one(pool, JUDGE, job)
            for route, answer in given.items():
                found.answers.setdefault(route, []).append(answer)
            missed = found.unjudged.setdefault(graph, {})
            for each in unjudged:
                missed[each.kind, each.reason] = max(each.count, missed.get((each.kind, each.reason), 0))
            if function is not None:
                found.functions.setdefault(graph, []).append(function)
        heard(False)
