"""The worker processes of a check of models: what they share, what they are told, and how their jobs end."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import replace
from importlib.util import find_spec
from pathlib import Path
from typing import Any

from parity.errors import MissingError, ParityError, UsageError
from parity.records.model import OWN
from parity.running.models import module, runs
from parity.running.models.module import Asking
from parity.running.models.plan import COMPILED, JUDGES, NEEDS, Plan, Way, runtime_of
from parity.running.models.ready import Refusal
from parity.running.pool import Pool
from parity.running.process import START_LIMIT, Job, Setup, machine_share
from parity.running.worker import Answer as Ending
from parity.running.worker import called

#: What helps against an ending of a step.
MENDS = {
    "timeout": "give it longer with --limit SECONDS",
    "crash": "give it more with --memory SIZE, or a smaller input",
}


def setup(plan: Plan, folder: Path) -> Setup:
    """What the workers of a check share; ``folder`` is theirs."""
    return Setup(
        begin=lambda name: Job(
            None,
            runs.begin,
            (runtime_of(plan, name), plan.catalog, plan.threads, plan.memo),
            f"starting {name}",
            START_LIMIT,
        ),
        cases=None,
        scratch=folder,
        threads=plan.threads,
        memory_limit=plan.memory_limit or machine_share(),
        keeping=frozenset(JUDGES),
    )


def asking(plan: Plan) -> Asking:
    """What every worker is told of a plan's model."""
    return Asking(plan.model, tuple(plan.given), plan.arrays, plan.threads, plan.seed)


def with_kinds(plans: Mapping[str, Plan], pool: Pool) -> list[Plan]:
    """Plans with the frameworks of their models, by the workers that have these.

    A model is loaded to know it where its file does not tell, all side by side where more than one process may compute: most of
    that is the import of a framework.
    """
    unknown = {worker: plan for worker, plan in plans.items() if not plan.model.onnx and not plan.model.kind}
    jobs = {w: Job(w, module.kind, (asking(plan),), "loading the model", plan.limit) for w, plan in unknown.items()}
    here = frozenset(worker for worker, plan in unknown.items() if worker in here_of(plan))
    alone = any(plan.jobs == 1 for plan in plans.values())
    loaded: dict[str, Ending] = {}
    for some in [{worker: job} for worker, job in jobs.items()] if alone else [jobs]:
        loaded |= ended(pool, some, here=here)
    found = {w: _loaded(plan, loaded[w]) if w in loaded else plan.model.kind for w, plan in plans.items()}
    return [plan if plan.model.onnx else replace(plan, kind=_usable(plan, found[w])) for w, plan in plans.items()]


def _loaded(plan: Plan, ending: Ending) -> str:
    """The framework of a model by how its loading ended."""
    if ending.ending != "ok":
        mend = MENDS.get(ending.ending, "mend that")
        raise UsageError(f"{plan.model.text}: {ending.message}; {mend}")
    if isinstance(ending.value, Refusal):
        raise ending.value.error()
    return str(ending.value)


def _usable(plan: Plan, kind: str) -> str:
    """The framework of a model, if what it needs is installed."""
    extra, needs = NEEDS[kind]
    for needed in needs:
        if find_spec(needed) is None:
            raise MissingError(f"{plan.model.text}: {needed} is not installed: pip install 'parity[{extra},onnx]'")
    return kind


def worker_of(way: Way) -> str:
    """The worker that goes a way: its runtime's, the one that has the model, or of a model that is compiled one of its own."""
    if way.runtime:
        return way.label
    return way.name if way.optimises else OWN


def here_of(plan: Plan) -> frozenset[str]:
    """The workers that are this process, since it has the model."""
    return frozenset({OWN, f"{OWN} 1", *COMPILED.values()}) if plan.model.live else frozenset()


def ended(
    pool: Pool,
    jobs: Mapping[str, Job],
    heard: Callable[[bool], None] = lambda bad: None,
    here: frozenset[str] = frozenset(),
) -> dict[str, Ending]:
    """Give each worker its job and wait for all; those of ``here`` are of this process, which has what they work on."""
    found: dict[str, Ending] = {}
    for worker, job in jobs.items():
        if worker not in here:
            pool.give(worker, job)
    for worker, job in jobs.items():
        if worker in here:
            found[job.tag] = ending = called(job.function, job.arguments)
            heard(ending.ending not in ("ok", "unsupported"))
    while len(found) < len(jobs):
        for job, ending in pool.wait():
            if ending.ending == "full":
                raise ParityError(f"{ending.message}; make room for temporary files and run again")
            found[job.tag] = ending
            heard(ending.ending not in ("ok", "unsupported"))
    return found


def one(pool: Pool, worker: str, job: Job, here: frozenset[str] = frozenset()) -> Any:
    """What a worker gives for a job. Raises what a refusal says, and :class:`ParityError` for every other ending than ok."""
    (ending,) = ended(pool, {worker: job}, here=here).values()
    given = value_of(ending)
    if isinstance(given, Refusal):
        raise given.error()
    return given


def value_of(ending: Ending) -> Any:
    """What the judge gave; it is parity's own, so whatever else it ends with is an error of parity's."""
    if ending.ending != "ok":
        raise ParityError(f"{ending.message}; {MENDS.get(ending.ending, 'please report this')}")
    return ending.value
