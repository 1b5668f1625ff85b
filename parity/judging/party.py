"""Where what does not hold was born, and whose it is, from the routes of one model. Pure: figures in, findings out.

A party is named only where a witness convicts it: the same runtime without its optimiser, or another runtime on the very
operator. A file is its own truth, so what every route does alike is nobody's.
"""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from typing import Any

import numpy as np
from msgspec.structs import replace

from parity.judging.likeness import MARGIN
from parity.records.difference import Difference, spelled
from parity.records.lines import value
from parity.records.model import (
    DEFINITION,
    OWN,
    Answer,
    Figure,
    Finding,
    GraphFigure,
    Operator,
    OperatorFigure,
    RouteFigure,
)
from parity.records.verdict import KINDS


def findings(routes: Sequence[RouteFigure], graph: GraphFigure, number: int = 0) -> list[Finding]:
    """What does not hold on the routes of one file, one for each place where they are wrong: by operator, then the rest."""
    born = {route.name: found for route in routes if (found := _first_wrong(route)) is not None}
    made: list[Finding] = []
    for place in sorted({figure.operator for _, figure in born.values()}):
        names = [name for name, (_, figure) in born.items() if figure.operator == place]
        answer, figure = born[names[0]]
        made.append(
            Finding(
                routes=names,
                inputs=answer.inputs,
                what=figure.figure.reason,
                operator=place,
                born=named(graph.operators[place], place, figure.together),
                source=graph.operators[place].source,
                whose=_kernel(names, place, routes) or _framework(names, routes, figure.figure, graph),
                figure=figure.figure,
            )
        )
    for route in routes:
        if route.name not in born:
            made += _end_to_end(route, routes)
        if route.repeats is False:
            said = KINDS["not-repeatable"]
            made.append(Finding(routes=[route.name], inputs=route.answers[0].inputs, what=said))
    return [replace(found, graph=number) for found in made]


def another_function(
    number: int, graphs: Sequence[GraphFigure], routes: Sequence[RouteFigure], definer: str = ""
) -> list[Finding]:
    """What does not hold of a file that is another function than the model it was made from.

    Its exporter is named where another file of the model is the same function: then the model can be written, and means in
    float64 what it means. Where none is, it may be the model's own float64 that is odd. definer: who writes the definition,
    in words.
    """
    graph = graphs[number]
    if graph.function is None or graph.function.status != "fail":
        return []
    right = [each.name for each in graphs if each.function is not None and each.function.status == "pass"]
    writer = definer if graph.name == DEFINITION else f"the exporter {graph.name}"
    whose = f"{writer}: {right[0]} is the same function" if right and writer else ""
    what = f"another function than the model: {graph.function.reason}"
    ran = [route.name for route in routes if route.graph == number]
    about = Finding(routes=ran, graph=number, inputs=graph.function.inputs, what=what, whose=whose)
    return [replace(about, **_place(found)) for found in graph.differences] or [about]


def _place(found: Difference) -> dict[str, Any]:
    """Where a file differs from the definition, in words: the operator there, and what stands for it in the file."""
    there, here = ("" if spot is None else spelled(spot) for spot in (found.one, found.two))
    born = f"{there}; in the file {here}"
    if not there or not here:
        born = (
            f"{here} of the file, for which the model has no part"
            if here
            else f"{there}, for which the file has no part"
        )
    return {"born": born, "looks": found.looks, "source": None if found.one is None else found.one.source}


def _framework(wrong: Sequence[str], routes: Sequence[RouteFigure], figure: Figure, graph: GraphFigure) -> str:
    """The framework, where its own run in float32 leaves what its own run in float64 confirms."""
    if any(route.name in wrong and route.runtime != OWN for route in routes):
        return ""  # what ran elsewhere is no run of the framework's
    if graph.name != DEFINITION or graph.function is None or graph.function.status != "pass" or not _plain(figure):
        return ""
    return "the framework: in float64 the model gives what this graph says, in float32 this operator does not"


def named(operator: Operator, place: int, together: int = 0) -> str:
    """An operator in words: its name, kind and module, or its place where it has no name.

    together: how many before it were judged with it.
    """
    name = operator.name or f"operator {place}"
    module = f", of module {operator.module}" if operator.module else ""
    return f"{name}, {operator.kind}{module}" + (f", or one of the {together} before it" if together else "")


def _first_wrong(route: RouteFigure) -> tuple[Answer, OperatorFigure] | None:
    """The first operator in computing order that is wrong on what it really got, whatever was fed."""
    wrong = [
        (figure.operator, i, answer, figure)
        for i, answer in enumerate(route.answers)
        for figure in answer.operators
        if figure.figure.status == "fail"
    ]
    if not wrong:
        return None
    _, _, answer, figure = min(wrong, key=lambda item: item[:2])
    return answer, figure


def _kernel(wrong: Sequence[str], place: int, routes: Sequence[RouteFigure]) -> str:
    """The runtime whose kernel is wrong, where another runtime computes the very operator right."""
    convicted = sorted({route.runtime for route in routes if route.name in wrong})
    witnesses = [
        route.name
        for route in routes
        if route.runtime not in convicted and (seen := list(_seen(route, place))) and all(map(_passes, seen))
    ]
    worst = [figure for route in routes if route.name in wrong for figure in _seen(route, place)]
    if len(convicted) != 1 or convicted == [OWN] or not witnesses or not any(map(_plain, worst)):
        return ""
    return f"the runtime {convicted[0]}: {witnesses[0]} computes this very operator right on what it got"


def _seen(route: RouteFigure, place: int) -> Iterator[Figure]:
    return (figure.figure for answer in route.answers for figure in answer.operators if figure.operator == place)


def _passes(figure: Figure) -> bool:
    return figure.status == "pass"


def _plain(figure: Figure) -> bool:
    """Whether a failure is so large that what a witness rounds otherwise is no matter."""
    if figure.status != "fail":
        return False
    ratio = None if figure.ratio is None else value(figure.ratio)
    return ratio is None or np.isnan(ratio) or ratio >= MARGIN


def _end_to_end(route: RouteFigure, routes: Sequence[RouteFigure]) -> list[Finding]:
    """The first output that is wrong on a route without a wrong operator."""
    for answer in route.answers:
        for output in answer.outputs:
            if output.figure.status == "fail":
                return [
                    Finding(
                        routes=[route.name],
                        inputs=answer.inputs,
                        what=f"output {output.name}: {output.figure.reason}",
                        born=_unseen(route),
                        whose=_optimiser(route, answer.inputs, output.name, output.figure, routes),
                        figure=output.figure,
                    )
                ]
    return []


def _unseen(route: RouteFigure) -> str:
    if route.optimises:
        return "not seen: what an optimised run computes in between has no place in the file"
    if route.inner:
        return f"not seen: {route.inner}"
    operators = [figure.figure for answer in route.answers for figure in answer.operators]
    if not operators:
        return "not seen: there are no values in between"
    if all(map(_passes, operators)):
        return "no operator: each one is right on what it really got"
    return "no operator that was judged"


def _optimiser(route: RouteFigure, inputs: str, output: str, figure: Figure, routes: Sequence[RouteFigure]) -> str:
    """The graph optimiser, where the same runtime is right on the same input with it off; of a model itself, its compiler."""
    if not route.optimises or route.repeats is False or not _plain(figure):
        return ""
    for plain in routes:
        if plain.runtime == route.runtime and not plain.optimises and plain.status == "pass":
            same = [
                o for answer in plain.answers if answer.inputs == inputs for o in answer.outputs if o.name == output
            ]
            if same and all(_passes(o.figure) for o in same):
                if route.runtime == OWN:
                    return f"the compiler of {route.name}: {plain.name}, which is not compiled, is right"
                return f"the graph optimiser of {route.runtime}: the same file is right with it off"
    return ""
