"""A model of one's own checked: every route in a process of its own, then the judge. What comes back is one document."""

from __future__ import annotations

import tempfile
import time
from collections.abc import Callable, Iterable, Mapping, Sequence
from dataclasses import dataclass
from importlib.util import find_spec
from pathlib import Path
from typing import Any

import msgspec
import psutil

from parity.cases.asked import Asked
from parity.errors import MissingError, ParityError, UsageError
from parity.judging.party import findings
from parity.records.model import (
    FORM,
    LOST,
    Answer,
    Ended,
    Finding,
    Input,
    ModelCheck,
    RouteFigure,
    Unjudged,
)
from parity.records.verdict import LAMBDA
from parity.routes.catalog import Catalog
from parity.running import environment, model_jobs
from parity.running.engine import MEMORY_SHARE
from parity.running.model_jobs import Ran, Ready, Refusal
from parity.running.pool import START_LIMIT, Job, Pool, Setup
from parity.running.worker import Answer as Ending

LIMIT = 600.0  #: seconds one step may take where nobody says otherwise
JUDGE = "judge"

#: Operators that draw random numbers: what holds one need not give the same answer again.
RANDOM = frozenset(
    {"Bernoulli", "Multinomial", "RandomNormal", "RandomNormalLike", "RandomUniform", "RandomUniformLike"}
)


@dataclass(frozen=True)
class Plan:
    """Everything a check has to know before it starts."""

    model: Path
    given: Sequence[Asked]
    arrays: Path | None  #: the ``.npz`` of real inputs
    seed: int
    catalog: Catalog
    runtimes: Sequence[str]  #: labels of the runtimes that were asked for; empty for all there are
    repeat: str
    threads: int = 1
    limit: float = LIMIT
    memory_limit: int | None = None


@dataclass(frozen=True)
class Way:
    """One way to run the model: a runtime, with its graph optimiser or with every value as an output."""

    name: str
    runtime: str  #: its name in the catalog
    label: str
    optimises: bool


def ways(plan: Plan) -> list[Way]:
    """The ways to run a model here, those of runtimes that optimise first. Raises :class:`UsageError` for no such runtime."""
    parts = {name: plan.catalog.runtime(name) for name in plan.catalog.runtimes}
    labels = [part.label for part in parts.values()]
    for label in plan.runtimes:
        if label not in labels:
            raise UsageError(f"--runtime {label}: there is no such runtime; there are {', '.join(labels)}")
    found = []
    for name, part in sorted(parts.items(), key=lambda item: not item[1].optimises):
        if plan.runtimes and part.label not in plan.runtimes:
            continue
        if part.optimises:
            found.append(Way(part.label, name, part.label, True))
        found.append(Way(f"{part.label} plain" if part.optimises else part.label, name, part.label, False))
    return found


def check(plan: Plan, heard: Callable[[bool], None] = lambda bad: None) -> ModelCheck:
    """Run the model every way there is and judge what came. ``heard`` is told of each step that ended, and whether badly.

    Raises :class:`UsageError` for a model or inputs that cannot be used, :class:`parity.errors.MissingError` where no
    runtime is installed, :class:`ParityError` where the judge dies or there is no room.
    """
    begun = time.monotonic()
    routes = ways(plan)
    absent = {way.name: _why_absent(plan.catalog, way) for way in routes}
    if all(absent.values()):
        raise MissingError(f"nothing could run: {'; '.join(dict.fromkeys(absent.values())) or 'there is no runtime'}")
    with tempfile.TemporaryDirectory(prefix="parity-") as name:
        folder = Path(name)
        with Pool(_setup(plan, routes, folder)) as pool:
            made = _ready(plan, pool, folder)
            present = [way for way in routes if not absent[way.name]]
            ended = _run(plan, pool, made, present, folder, heard)
            ran = {name: each.value for name, each in ended.items() if each.ending == "ok"}
            answers, unjudged = _judged(plan, pool, made, ran, [w.name for w in present if not w.optimises], heard)
    random = any(operator.kind in RANDOM for operator in made.operators)
    figures = [_route(way, absent[way.name], ended.get(way.name), answers.get(way.name, []), random) for way in routes]
    found = findings(figures, made.operators)
    return ModelCheck(
        form=FORM,
        model=str(plan.model),
        status=overall(figures, found),
        seed=plan.seed,
        lam=LAMBDA,
        inputs=[Input(name=f.name, dtype=f.dtype, shape=list(f.shape), values=f.how) for f in made.feeds],
        tried=list(made.tried),
        operators=list(made.operators),
        routes=figures,
        findings=found,
        unjudged=unjudged,
        repeat=plan.repeat,
        seconds=round(time.monotonic() - begun, 3),
        environment=environment.environment(plan.catalog, plan.threads),
    )


def overall(routes: Sequence[RouteFigure], found: Sequence[Finding]) -> Ended:
    """How a check ends: a failure before what was lost before what was not judged; what cannot run here decides nothing."""
    statuses = [route.status for route in routes]
    if found or "fail" in statuses:
        return "fail"
    for status in (*sorted(LOST), "not judged", "pass", "unsupported"):
        if status in statuses:
            return status
    return "not run"


def _why_absent(catalog: Catalog, way: Way) -> str:
    part = catalog.runtime(way.runtime)
    missing = next((module for module in part.modules if find_spec(module) is None), None)
    return "" if missing is None else f"{missing} is not installed: {part.mend}"


def _setup(plan: Plan, routes: Sequence[Way], folder: Path) -> Setup:
    runtimes = {way.name: way.runtime for way in routes}
    return Setup(
        begin=lambda name: Job(
            None,
            model_jobs.begin,
            (runtimes.get(name, ""), plan.catalog, plan.threads),
            f"starting {name}",
            START_LIMIT,
        ),
        cases=None,
        scratch=folder,
        threads=plan.threads,
        memory_limit=plan.memory_limit or int(psutil.virtual_memory().total * MEMORY_SHARE),
        keeping=frozenset({JUDGE}),
    )


def _ready(plan: Plan, pool: Pool, folder: Path) -> Ready:
    arguments = (plan.model, plan.given, plan.arrays, plan.seed, folder)
    job = Job(JUDGE, model_jobs.ready, arguments, "reading the model", plan.limit)
    (ending,) = _ended(pool, {JUDGE: job}).values()
    made = _value(ending)
    if isinstance(made, Refusal):
        raise UsageError(made.message)
    assert isinstance(made, Ready)
    return made


def _run(
    plan: Plan, pool: Pool, made: Ready, routes: Iterable[Way], folder: Path, heard: Callable[[bool], None]
) -> dict[str, Ending]:
    jobs = {}
    for i, way in enumerate(routes):
        arguments = (plan.model, made, way.runtime, way.optimises, not way.optimises, plan.catalog, folder / f"run-{i}")
        jobs[way.name] = Job(way.name, model_jobs.run, arguments, f"running in {way.name}", plan.limit)
    return _ended(pool, jobs, heard)


def _judged(
    plan: Plan,
    pool: Pool,
    made: Ready,
    ran: Mapping[str, Ran],
    tapped: Sequence[str],
    heard: Callable[[bool], None],
) -> tuple[dict[str, list[Answer]], list[Unjudged]]:
    """The answers of each route, and the operators that could not be judged on any set of inputs."""
    answers: dict[str, list[Answer]] = {name: [] for name in ran}
    missed: dict[tuple[str, str], int] = {}
    for i, name in enumerate(made.tried if ran else ()):
        arguments = (plan.model, made, i, dict(ran), [name for name in tapped if name in ran], plan.seed)
        job = Job(JUDGE, model_jobs.judge, arguments, f"judging inputs {name!r}", plan.limit)
        (ending,) = _ended(pool, {JUDGE: job}).values()
        given, unjudged = _value(ending)
        for route, answer in given.items():
            answers[route].append(answer)
        for each in unjudged:
            missed[each.kind, each.reason] = max(each.count, missed.get((each.kind, each.reason), 0))
        heard(False)
    return answers, [Unjudged(kind=kind, count=n, reason=why) for (kind, why), n in missed.items()]


def _ended(pool: Pool, jobs: Mapping[str, Job], heard: Callable[[bool], None] = lambda bad: None) -> dict[str, Ending]:
    """Give each worker its job and wait for all."""
    for worker, job in jobs.items():
        pool.give(worker, job)
    ended: dict[str, Ending] = {}
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


def _route(way: Way, absent: str, ending: Ending | None, answers: Sequence[Answer], random: bool) -> RouteFigure:
    """How a route ended, with everything that was judged of it."""
    figure = RouteFigure(name=way.name, runtime=way.label, optimises=way.optimises, status="not run", reason=absent)
    if ending is None:
        return figure
    if ending.ending != "ok":
        assert ending.ending != "full"
        return msgspec.structs.replace(figure, status=ending.ending, reason=ending.message)
    ran: Ran = ending.value
    figures = [o.figure for answer in answers for o in answer.outputs]
    figures += [o.figure for answer in answers for o in answer.operators]
    statuses = {each.status for each in figures}
    status: Ended = "fail" if "fail" in statuses or (not ran.repeats and not random) else "pass"
    reason = next((each.reason for each in figures if each.status == status != "pass"), "")
    if status == "pass" and ("not judged" in statuses or ran.inner or not answers):
        status = "not judged"
        reason = next((each.reason for each in figures if each.status == status), ran.inner)
    return msgspec.structs.replace(
        figure,
        status=status,
        reason=reason,
        repeats=None if random else ran.repeats,
        answers=tuple(answers),
        inner=ran.inner,
        seconds=round(ran.seconds, 3),
    )
