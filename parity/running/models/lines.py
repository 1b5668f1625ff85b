"""What was found of a model of one's own as the checks of a run, one for each route that was asked for. Pure."""

from __future__ import annotations

from collections.abc import Iterable, Sequence

import numpy as np

from parity.judging.compare import ulps
from parity.records.difference import spelled
from parity.records.lines import Check, Failure, LayerFigure, Number, Place, ProbeFigure, Seconds, number, value, worst
from parity.records.model import (
    Figure,
    Finding,
    Function,
    ModelCheck,
    Operator,
    OperatorFigure,
    RouteFigure,
    Worst,
)
from parity.records.pair import PairCheck
from parity.records.verdict import KINDS, Status
from parity.records.wording import figure
from parity.running.checks import revised
from parity.running.models.plan import PLAIN

ALLOWED: frozenset[str] = frozenset({"error", "crash", "timeout", "unsupported", "not run"})


def of_routes(found: ModelCheck, checks: Iterable[Check], bare: str, pictures: bool) -> list[Check]:
    """The checks of a model as its routes ended.

    checks: as they are before they run; bare: what is left out of the routes' names in front, since it stands for the file
    itself (``onnx>``); pictures: whether the records keep its feature maps.
    """
    routes = {route.name: route for route in found.routes}
    return [_of_route(found, check, routes, check.route.removeprefix(bare), pictures) for check in checks]


def another(check: Check, pair: PairCheck) -> Check:
    """The check of a spelling that is another function than the first one, or could not be compared with it.

    What failed by itself keeps its figures, and is no less wrong.
    """
    if check.status == "not run" or pair.status == "pass":
        return check
    if pair.status == "not judged":
        reason = f"whether it is the same function as {pair.one} was not judged: {'; '.join(pair.unproven[:3])}"
        return revised(check, status="unsupported", reason=reason) if check.status == "pass" else check
    places = [
        f"{' | '.join('no part of it' if spot is None else spelled(spot) for spot in (each.one, each.two))}"
        + (f": {each.looks}" if each.looks else "")
        for each in pair.differences
    ]
    said = (
        f"{KINDS['function']}: {pair.two} differs from {pair.one} at {len(places)} place{'s'[: len(places) - 1]}: "
        + "; ".join(places[:5])
    )
    if check.status != "pass":
        return revised(check, notes=[*check.notes, said])
    failure = Failure(kind="function", message=said, whose="")
    notes = [*check.notes, *places[5:]]
    return revised(check, status="fail", reason=said, failure=failure, notes=notes)


def _of_route(found: ModelCheck, check: Check, routes: dict[str, RouteFigure], name: str, pictures: bool) -> Check:
    shipped = routes.get(name)
    if shipped is None:
        return revised(check, reason="a model of one's own has no such route")
    base, at, place = name.partition("@")
    plain = f"{base}{PLAIN}{at}{place}"
    inner = routes.get(plain, shipped)  # the values in between are those of the run without the optimiser
    graph = found.graphs[shipped.graph]
    outputs = [(a.inputs, o) for a in shipped.answers for o in a.outputs]
    layers = _layers(inner, graph.operators, pictures)
    probes = [
        _probe(inputs, [o.figure for tried, o in outputs if tried == inputs]) for inputs in found.tried if outputs
    ]
    check = revised(
        check,
        input_shape=list(found.inputs[0].shape) if found.inputs else [],
        output_shape=list(outputs[0][1].shape) if outputs else [],
        probes=probes,
        layers=layers,
        ratio=worst(iter([*(p.ratio for p in probes), *(o.ratio for o in layers)])),
        need=worst(iter([*(p.need for p in probes), *(o.need for o in layers)])),
        notes=[*_notes(found, graph.function), f"in full: {found.repeat}"],
        seconds=Seconds(run=shipped.seconds),
    )
    mine = [each for each in found.findings if {name, plain} & set(each.routes)]
    status, reason = _ended(shipped, inner)
    if mine:
        return _failed(check, mine, inner)
    return revised(check, status=status, reason=reason)


def _ended(shipped: RouteFigure, inner: RouteFigure) -> tuple[Status, str]:
    """How a route ended in the words of a run; what could not be judged is unsupported, and no pass."""
    for each in (shipped, inner):
        if each.status in ALLOWED:
            return each.status, each.reason  # type: ignore[return-value]  # those words are the same
    for each in (shipped, inner):
        if each.status == "fail":
            return "fail", each.reason
        if each.status == "not judged":
            return "unsupported", f"not judged: {each.reason}"
    return "pass", ""


def _failed(check: Check, findings: Sequence[Finding], inner: RouteFigure) -> Check:
    """A check with the first of what does not hold; the rest are notes."""
    first = findings[0]
    wrong, repeats = first.figure, first.what != KINDS["not-repeatable"]
    born = None if first.operator is None else _node(first.operator, inner, check.layers)
    failure = Failure(
        kind=wrong.kind if wrong is not None and wrong.kind else "function" if repeats else "not-repeatable",
        message=first.what,
        probe="data",
        where=born or "output",
        born=born,
        place=None if wrong is None or wrong.worst is None else _place(wrong.worst),
        wrong=None if wrong is None else wrong.wrong,
        elements=None if wrong is None else wrong.elements,
        repeats=repeats,
        whose=first.whose,
    )
    notes = [note for each in findings for note in _told(each, each is not first)]
    return revised(
        check,
        status="fail",
        reason=f"{first.what} (inputs {first.inputs})",
        failure=failure,
        notes=[*notes, *check.notes],
    )


def _told(found: Finding, also: bool) -> list[str]:
    place = None if found.source is None else f"{found.source.file}:{found.source.line}: {found.source.text}"
    born = "" if not found.born else f"born in {found.born}"
    return [text for text in ([found.what] if also else []) + [born, found.looks, place or ""] if text]


def _notes(found: ModelCheck, function: Function | None) -> list[str]:
    if function is None or function.distance is None:
        return list(found.notes)
    far = f"off by {figure(function.distance, 2)}, {figure(function.ratio, 2)} of what is allowed"
    return [*found.notes, f"same function in float64? {far}"]


def _probe(inputs: str, figures: Sequence[Figure]) -> ProbeFigure:
    """All outputs on one set of inputs."""
    statuses = {each.status for each in figures}
    status = "fail" if "fail" in statuses else "not judged" if "not judged" in statuses else "pass"
    reasons = [each.reason for each in figures if each.status == "not judged"]
    return ProbeFigure(
        probe="data",
        status=status,  # type: ignore[arg-type]
        ratio=worst(each.ratio for each in figures),
        need=worst(each.need for each in figures),
        reason=reasons[0] if reasons else "",
        note=f"inputs {inputs}",
    )


def _layers(route: RouteFigure, operators: Sequence[Operator], pictures: bool) -> list[LayerFigure]:
    """Every operator that was judged, on the inputs on which it is worst, in computing order."""
    by_place: dict[int, list[OperatorFigure]] = {}
    for answer in route.answers:
        for each in answer.operators:
            by_place.setdefault(each.operator, []).append(each)
    made = []
    for place in sorted(by_place):
        shown = max(by_place[place], key=lambda each: (_RANK[each.figure.status], _size(each.figure.ratio)))
        made.append(
            LayerFigure(
                node=operators[place].name or f"operator {place}",
                layer=operators[place].kind,
                shape=list(shown.shape),
                status=shown.figure.status,
                ratio=shown.figure.ratio,
                need=shown.figure.need,
                note=shown.figure.reason,
                maps=next((each.maps for each in by_place[place] if each.maps), None) if pictures else None,
            )
        )
    return made


_RANK = {"pass": 0, "not judged": 1, "fail": 2}


def _size(ratio: Number | None) -> float:
    far = -1.0 if ratio is None else value(ratio)
    return np.inf if np.isnan(far) else far


def _node(place: int, route: RouteFigure, layers: Sequence[LayerFigure]) -> str | None:
    """The name of an operator among the layers of a check."""
    judged = sorted({each.operator for answer in route.answers for each in answer.operators})
    return layers[judged.index(place)].node if place in judged else None


def _place(found: Worst) -> Place:
    expected, got = value(found.expected), value(found.got)
    return Place(
        index={f"axis {i}": n for i, n in enumerate(found.index)},
        expected=found.expected,
        got=found.got,
        allowed=found.allowed,
        ulps=number(ulps(expected, got)),
    )
