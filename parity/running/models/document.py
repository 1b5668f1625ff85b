"""What a check found, as its one document. Pure."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field

import msgspec

from parity.judging.function import worst_function
from parity.judging.party import another_function, findings
from parity.records.difference import Difference
from parity.records.lines import Environment
from parity.records.model import (
    FORM,
    LOST,
    Answer,
    Ended,
    Finding,
    Function,
    GraphFigure,
    Input,
    ModelCheck,
    RouteFigure,
    Unjudged,
)
from parity.records.verdict import LAMBDA
from parity.running.models.plan import DEFINERS, Plan, Way, graphs
from parity.running.models.ready import Prepared
from parity.running.models.runs import Ran
from parity.running.worker import Answer as Ending

#: Operators that draw random numbers: what holds one need not give the same answer again.
RANDOM = frozenset(
    {"Bernoulli", "Multinomial", "RandomNormal", "RandomNormalLike", "RandomUniform", "RandomUniformLike"}
)


@dataclass
class Found:
    """What a check found on its way: the files, how each route ended, what was judged."""

    prepared: Prepared
    notes: tuple[str, ...] = ()
    lost: dict[str, Ending] = field(default_factory=dict)  #: how it ended with a file that is not there
    ended: dict[str, Ending] = field(default_factory=dict)
    answers: dict[str, list[Answer]] = field(default_factory=dict)
    unjudged: dict[str, dict[tuple[str, str], int]] = field(default_factory=dict)
    functions: dict[str, list[Function]] = field(default_factory=dict)
    differences: dict[str, list[Difference]] = field(default_factory=dict)
    same: str = ""  #: the file that those which are another function were compared with
    twin: Ending | None = None


def document(
    plan: Plan, routes: Sequence[Way], absent: Mapping[str, str], found: Found, environment: Environment, seconds: float
) -> ModelCheck:
    """The document of a check.

    absent: why a way could not be gone here, by its name, empty where it could; environment: where it ran; seconds: how
    long it took.
    """
    names = graphs(plan)
    made = []
    for name in names:
        ready = found.prepared.ready.get(name)
        missed = found.unjudged.get(name, {})
        made.append(
            GraphFigure(
                name=name,
                operators=() if ready is None else ready.operators,
                unjudged=tuple(Unjudged(kind=kind, count=n, reason=why) for (kind, why), n in missed.items()),
                function=_function(plan, found, name),
                differences=tuple(found.differences.get(name, ())),
                reason=found.lost[name].message if name in found.lost else "",
            )
        )
    figures = [_route(way, names.index(way.graph), absent[way.name], found) for way in routes]
    said: list[Finding] = []
    for i, graph in enumerate(made):
        said += another_function(i, made, figures, DEFINERS.get(plan.kind, ""))
        said += findings([route for route in figures if route.graph == i], graph, i)
    fed = next(iter(found.prepared.ready.values())).fed
    return ModelCheck(
        form=FORM,
        model=plan.model.text,
        status=overall(figures, made, said),
        seed=plan.seed,
        lam=LAMBDA,
        inputs=[Input(name=f.name, dtype=f.dtype, shape=list(f.shape), values=f.how) for f in fed.feeds],
        tried=list(fed.tried),
        graphs=made,
        routes=figures,
        findings=said,
        notes=list(found.notes),
        repeat=plan.repeat,
        seconds=seconds,
        environment=environment,
    )


def overall(routes: Sequence[RouteFigure], made: Sequence[GraphFigure], found: Sequence[Finding]) -> Ended:
    """How a check ends: a failure before what was lost before what was not judged; what cannot run here decides nothing."""
    statuses: list[Ended] = [route.status for route in routes]
    statuses += [graph.function.status for graph in made if graph.function is not None]
    if found or "fail" in statuses:
        return "fail"
    for status in (*sorted(LOST), "not judged", "pass", "unsupported"):
        if status in statuses:
            return status
    return "not run"


def _function(plan: Plan, found: Found, graph: str) -> Function | None:
    """Whether a file is the same function as the module; None for a file that stands alone, or that is not there."""
    if plan.model.onnx or graph not in found.prepared.ready:
        return None
    if found.twin is not None and found.twin.ending != "ok":
        return Function(status="not judged", reason=found.twin.message)
    return worst_function(found.functions.get(graph, []))


def _route(way: Way, graph: int, absent: str, found: Found) -> RouteFigure:
    """How a route ended, with everything that was judged of it."""
    figure = RouteFigure(
        name=way.name, graph=graph, runtime=way.label, optimises=way.optimises, status="not run", reason=absent
    )
    ending = None if absent else found.ended.get(way.name, found.lost.get(way.graph))
    if not way.runtime and way.name not in found.ended and ending is not None:
        reason = f"nothing says what it computes: {ending.message}"
        return msgspec.structs.replace(figure, status="not judged", reason=reason)
    if ending is None:
        return figure
    if ending.ending != "ok":
        assert ending.ending != "full"
        return msgspec.structs.replace(figure, status=ending.ending, reason=ending.message)
    random = any(operator.kind in RANDOM for operator in found.prepared.ready[way.graph].operators)
    return _judged_route(figure, ending.value, found.answers.get(way.name, []), random)


def _judged_route(figure: RouteFigure, ran: Ran, answers: Sequence[Answer], random: bool) -> RouteFigure:
    figures = [o.figure for answer in answers for o in answer.outputs]
    figures += [o.figure for answer in answers for o in answer.operators]
    statuses = {each.status for each in figures}
    status: Ended = "fail" if "fail" in statuses or (ran.repeats is False and not random) else "pass"
    reason = next((each.reason for each in figures if each.status == status != "pass"), "")
    if status == "pass" and ("not judged" in statuses or ran.inner or not answers):
        status = "not judged"
        reason = next((each.reason for each in figures if each.status == status), ran.inner)
    return msgspec.structs.replace(
        figure,
        status=status,
        reason=reason,
        repeats=None if random else ran.repeats,
        alone=None if random else ran.alone,
        threads=None if random else ran.threads,
        answers=tuple(answers),
        inner=ran.inner,
        seconds=None if ran.seconds is None else round(ran.seconds, 3),
    )
