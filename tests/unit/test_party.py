"""Where a failure was born and whose it is, from figures alone: a party is named only where a witness says so."""

from __future__ import annotations

from typing import Any

import pytest

from parity.judging.party import findings
from parity.records.model import Answer, Figure, GraphFigure, Operator, OperatorFigure, OutputFigure, RouteFigure

OPERATORS = (Operator(kind="Conv", name="c", module="stem.0"), Operator(kind="Relu"), Operator(kind="Gemm", name="g"))
GRAPH = GraphFigure(name="net.onnx", operators=OPERATORS)


def figure(ratio: float | str | None) -> Figure:
    """A pass below 1, else a failure; None was not judged."""
    if ratio is None:
        return Figure(status="not judged")
    failed = isinstance(ratio, str) or ratio > 1
    return Figure(status="fail" if failed else "pass", ratio=ratio, reason="it is off" if failed else "")  # type: ignore[arg-type]


def route(name: str, whole: Any, operators: Any = (), **more: Any) -> RouteFigure:
    """A route that was asked once: ratios of its output and of its operators."""
    figures = [figure(ratio) for ratio in (whole, *operators)]
    bad = any(each.status == "fail" for each in figures)
    answer = Answer(
        inputs="drawn",
        outputs=(OutputFigure(name="y", shape=[1], dtype="float32", figure=figures[0]),),
        operators=tuple(OperatorFigure(operator=i, figure=each) for i, each in enumerate(figures[1:])),
    )
    fields: dict[str, Any] = {"repeats": True, "status": "fail" if bad else "pass", **more}
    return RouteFigure(name=name, runtime=name.split()[0], optimises=name == "ort", answers=(answer,), **fields)


GOOD = (0.3, 0.0, 0.2)


@pytest.mark.parametrize(
    ("routes", "said"),
    [
        # the optimiser, and where it is not
        ([route("ort", 90.0), route("ort plain", 0.2, GOOD)], [(None, "the graph optimiser of ort")]),
        ([route("ort", "NaN"), route("ort plain", 0.2, GOOD)], [(None, "the graph optimiser of ort")]),
        ([route("ort", 2.0), route("ort plain", 0.9, GOOD)], [(None, "")]),
        ([route("ort", 90.0), route("ort plain", None, (0.3, None, 0.2), status="not judged")], [(None, "")]),
        ([route("ort", 90.0), route("other", 0.2, GOOD)], [(None, "")]),
        ([route("ort", 90.0), route("ort plain", 90.0, GOOD)], [(None, ""), (None, "")]),
        ([route("ort", 90.0), route("ort plain", 0.2, (0.3, 9.0, 0.2))], [(1, ""), (None, "")]),
        # the runtime, and where it is not
        ([route("ort plain", 90.0, (0.3, 9.0, 0.2)), route("reference", 0.2, GOOD)], [(1, "the runtime ort")]),
        ([route("ort plain", 0.2, GOOD), route("reference", 9.0, (0.3, 0.0, 9.0))], [(2, "the runtime reference")]),
        ([route("ort plain", 90.0, (0.3, 2.0, 0.2)), route("reference", 0.2, GOOD)], [(1, "")]),
        ([route("ort plain", 90.0, (0.3, 9.0, 0.2)), route("reference", None, (0.3, None, 0.2))], [(1, "")]),
        ([route("ort plain", 90.0, (0.3, 9.0, 0.2)), route("reference", 90.0, (0.3, 9.0, 0.2))], [(1, "")]),
        ([route("ort plain", 90.0, (0.3, 9.0, 0.2))], [(1, "")]),
        ([route("ort plain", 90.0, (0.3, 9.0, 0.2)), route("ort again", 0.2, GOOD)], [(1, "")]),
        # each wrong somewhere else: two findings, in computing order
        (
            [route("ort plain", 9.0, (0.3, 0.0, 9.0)), route("reference", 9.0, (9.0, 0.0, 0.2))],
            [(0, "the runtime reference"), (2, "the runtime ort")],
        ),
        ([route("ort", 0.2), route("ort plain", 0.2, GOOD)], []),
    ],
)
def test_who_is_named(routes: list[RouteFigure], said: list[tuple[int | None, str]]) -> None:
    found = findings(routes, GRAPH)
    assert [each.operator for each in found] == [place for place, _ in said]
    for each, (_, whose) in zip(found, said, strict=True):
        assert each.whose.startswith(whose)
        assert bool(each.whose) == bool(whose)


def test_the_first_operator_in_computing_order_is_where_it_was_born_whatever_was_fed() -> None:
    late = route("ort plain", 9.0, (0.3, 0.0, 9.0)).answers[0]
    early = route("ort plain", 9.0, (7.0, 0.0, 9.0)).answers[0]
    made = RouteFigure(
        name="ort plain", runtime="ort", optimises=False, status="fail", repeats=True, answers=(late, early)
    )
    (found,) = findings([made], GRAPH)
    assert found.operator == 0
    assert found.born == "c, Conv, of module stem.0"


def test_an_operator_without_a_name_is_named_by_its_place() -> None:
    (found,) = findings([route("ort plain", 9.0, (0.3, 9.0, 0.2))], GRAPH)
    assert found.born == "operator 1, Relu"


@pytest.mark.parametrize(
    ("made", "born"),
    [
        (route("ort", 9.0), "not seen: what an optimised run computes"),
        (route("ort plain", 9.0, GOOD), "no operator: each one is right on what it really got"),
        (route("ort plain", 9.0, (0.3, None, 0.2)), "no operator that was judged"),
        (route("ort plain", 9.0, inner="it would not"), "not seen: it would not"),
    ],
)
def test_where_no_operator_is_wrong_it_is_said_why(made: RouteFigure, born: str) -> None:
    (found,) = findings([made], GRAPH)
    assert found.operator is None
    assert found.born.startswith(born)


def test_an_answer_that_changes_is_a_finding_and_convicts_no_optimiser() -> None:
    first, second = findings([route("ort", 90.0, repeats=False), route("ort plain", 0.2, GOOD)], GRAPH)
    assert first.whose == ""
    assert second.what == "the same input gave another answer when it was asked again"
