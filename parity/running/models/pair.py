"""Two models compared: are they the same function, and where are they not? What comes back is one document."""

from __future__ import annotations

import tempfile
import time
from collections.abc import Sequence
from contextlib import ExitStack
from dataclasses import replace
from pathlib import Path

from parity.cases.asked import Asked
from parity.cases.layouts import feeding
from parity.cases.subject import Subject
from parity.errors import UsageError
from parity.operators.file import Declared
from parity.records.model import DEFINITION, OWN, Input
from parity.records.pair import FORM, PairCheck
from parity.running import environment
from parity.running.models import comparing, module, pair_script
from parity.running.models.module import Written
from parity.running.models.pair_script import One
from parity.running.models.plan import FILES, JUDGE, Plan
from parity.running.models.workers import asking, here_of, one, setup, with_kinds
from parity.running.pool import Pool
from parity.running.process import Job

TRIES = 3  #: sets of inputs that two models are compared on where they are drawn
#: In what exporters fold constants, and in what a porter makes them: a variance of a deviation, the sum of two biases.
FOLDED = "float32"
SECOND = f"{OWN} 1"  #: the worker that has the second model


def compare(plan: Plan, other: Subject, copying: bool = False) -> PairCheck:
    """Compare the model of a plan with another one, in float64. copying: the other is given the weights of the plan's first.

    Raises :class:`UsageError` for models or inputs that cannot be used, :class:`parity.errors.ParityError` where the judge
    dies.
    """
    if copying and plan.script is not None:
        raise UsageError("--script shows two models with weights of their own; leave it out where weights are copied")
    begun = time.monotonic()
    with ExitStack() as stack:
        folder = Path(stack.enter_context(tempfile.TemporaryDirectory(prefix="parity-")))
        pool = stack.enter_context(Pool(setup(plan, folder)))
        second = replace(plan, model=other, arrays=None, given=(), kind="")
        plan, second = with_kinds({OWN: plan, SECOND: second}, pool)
        first = _file(plan, pool, folder / "one", OWN)
        drawing = (first, plan.given, plan.arrays, plan.seed, TRIES, folder)
        fed = one(pool, JUDGE, Job(JUDGE, comparing.feed, drawing, "drawing inputs", plan.limit))
        turns = feeding(fed.feeds, _declared(second, pool), (plan.kind, second.kind))
        second = replace(second, given=tuple(Asked(turn.name, turn.shape, turn.dtype) for turn in turns))
        then = _file(second, pool, folder / "two", SECOND)
        names = [each.name for each in one(pool, JUDGE, Job(JUDGE, comparing.describe, (then,), "reading", plan.limit))]
        if len(names) != len(turns):
            raise UsageError(f"{other.text}: its file has the inputs {', '.join(names)}, {len(turns)} were wanted")
        axes = {name: (turn.here, turn.axes) for name, turn in zip(names, turns, strict=True)}
        types = {name: turn.dtype for name, turn in zip(names, turns, strict=True)}
        comparison = (first, then, (FOLDED, FOLDED), fed.files, axes, types, copying)
        found = one(pool, JUDGE, Job(JUDGE, comparing.compare, comparison, "comparing the two", plan.limit))
        shown = ""
        if plan.script is not None:
            own = {each.name: (each.name, None) for each in fed.feeds}
            both = One(plan, OWN, first, own), One(second, SECOND, then, axes)
            shown = pair_script.show(*both, pool, found.differences, fed.files, folder)
    return PairCheck(
        form=FORM,
        one=plan.model.text,
        two=other.text,
        status=found.status,
        seed=plan.seed,
        inputs=[Input(name=f.name, dtype=f.dtype, shape=list(f.shape), values=f.how) for f in fed.feeds],
        taken=[Input(name=t.name, dtype=t.dtype, shape=list(t.shape), values=t.said) for t in turns],
        tried=list(fed.tried),
        differences=found.differences,
        matched=found.matched,
        values=found.values,
        left=found.left,
        outputs=found.outputs,
        operators_one=found.operators[0],
        operators_two=found.operators[1],
        matches=found.matches,
        copied=found.copied,
        unproven=found.unproven,
        repeat=plan.repeat,
        seconds=round(time.monotonic() - begun, 3),
        environment=environment.environment(plan.catalog, plan.threads),
        script=shown,
    )


def _file(plan: Plan, pool: Pool, folder: Path, worker: str) -> Path:
    """The file of what a model computes."""
    if plan.model.file is not None and plan.model.onnx:
        return plan.model.file
    folder.mkdir()
    process = next(iter(FILES[plan.kind][1]))  # the one that writes the definition
    job = Job(worker, module.export, (asking(plan), folder, process, (DEFINITION,)), "exporting", plan.limit)
    wrote = one(pool, worker, job, here_of(plan))
    assert isinstance(wrote, Written)
    if DEFINITION not in wrote.files:
        raise UsageError(f"{plan.model.text}: nothing says what it computes: {wrote.lost[DEFINITION].message}")
    return wrote.files[DEFINITION]


def _declared(plan: Plan, pool: Pool) -> Sequence[Declared]:
    """The inputs of a model that nobody has fed yet."""
    if plan.model.onnx:
        job = Job(JUDGE, comparing.describe, (plan.model.file,), "reading the second model", plan.limit)
        return list(one(pool, JUDGE, job))
    job = Job(SECOND, module.declared, (asking(plan),), "reading the second model", plan.limit)
    return list(one(pool, SECOND, job, here_of(plan)))
