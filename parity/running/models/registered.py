"""A model of one's own as a case of a run: each spelling checked, and compared with the first one."""

from __future__ import annotations

import shlex
from collections.abc import Callable, Sequence
from dataclasses import replace
from functools import partial

from parity.cases.asked import Asked, asked
from parity.cases.model import ModelCase
from parity.cases.subject import subject
from parity.errors import CodeError, MissingError, ParityError
from parity.judging.showing import TAG
from parity.records.lines import Check
from parity.records.pair import PairCheck
from parity.routes.catalog import ONNX, Catalog, Route
from parity.running.checks import revised, unrun
from parity.running.models import check, lines, pair
from parity.running.models.plan import CPU, Plan


def run(
    case: ModelCase,
    routes: Sequence[Route],
    seed: int,
    catalog: Catalog,
    threads: int,
    jobs: int,
    memory_limit: int | None,
    memo: bool = True,
) -> list[Check]:
    """The checks of a case on some of its routes, in their order."""
    planned = partial(
        _plan,
        case,
        seed=seed,
        catalog=catalog,
        threads=threads,
        jobs=jobs,
        memory_limit=memory_limit,
        memo=memo,
    )
    made: dict[str, Check] = {}
    for framework in case.spelled:
        mine = [route for route in routes if route.framework == framework]
        if mine:
            begun = [unrun(case, route, seed) for route in mine]
            made |= {c.route: c for c in _checked(case, framework, begun, planned)}
    return [made[route.name] for route in routes]


def _checked(
    case: ModelCase,
    framework: str,
    checks: Sequence[Check],
    planned: Callable[[str], Plan],
) -> list[Check]:
    """The checks of one spelling; whatever ends it ends them all. planned: gives the plan of a spelling."""
    try:
        first = planned(case.first)
        first = replace(first, devices=sorted({check.device for check in checks} - {CPU}))
        if framework == case.first:
            return lines.of_routes(check.check(first), checks, f"{ONNX}>", TAG in case.tags)
        plan = planned(framework)
        compared = pair.compare(first, plan.model)
        plan = replace(plan, given=_taken(compared), devices=first.devices)
        plan = replace(plan, repeat=_typed(plan))
        found = lines.of_routes(check.check(plan), checks, f"{ONNX}>", TAG in case.tags)
    except MissingError as error:
        return [revised(each, reason=str(error)) for each in checks]
    except ParityError as error:
        own = "\n".join(error.lines) if isinstance(error, CodeError) else ""
        return [revised(each, status="error", reason=str(error), notes=[own] if own else []) for each in checks]
    return [lines.another(each, compared) for each in found]


def _plan(
    case: ModelCase,
    framework: str,
    seed: int,
    catalog: Catalog,
    threads: int,
    jobs: int,
    memory_limit: int | None,
    memo: bool,
) -> Plan:
    first = framework == case.first
    made = Plan(
        model=subject(case.typed(framework)),
        given=[asked(word) for word in case.inputs] if first else [],
        arrays=case.arrays if first else None,
        seed=seed,
        catalog=catalog,
        runtimes=(),
        repeat="",
        threads=threads,
        limit=case.time_limit,
        jobs=jobs,
        memory_limit=memory_limit,
        memo=memo,
    )
    return replace(made, repeat=_typed(made))


def _taken(compared: PairCheck) -> list[Asked]:
    """The shapes of the second one's inputs, as it was fed."""
    return [Asked(each.name, tuple(each.shape), each.dtype) for each in compared.taken]


def _typed(plan: Plan) -> str:
    """The command that checks this model alone."""
    words = ["parity", "check", plan.model.text]
    for each in plan.given:
        shape = "x".join(map(str, each.shape)) or "scalar"
        words += ["--input", f"{each.name}={shape}" if each.name else shape]
    if plan.arrays is not None:
        words += ["--inputs", str(plan.arrays)]
    return shlex.join([*words, "--seed", str(plan.seed)])
