"""What the page of a model shows, ready for its template. Pure: the document in, rows out."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import dataclass

from parity.axes import Shape
from parity.records.lines import Number, value, worst
from parity.records.model import Figure, Finding, Function, ModelCheck, Operator, RouteFigure
from parity.report.cases import Panel, panel_of
from parity.report.model import alone, beside, bits, facts, headline, ratio_of

ROWS = 4_000  #: operators of one file that have a row; the document has all
WORST = 10

#: The letter of the style sheet and the glyph of an ending.
LOOKS = {
    "pass": ("p", "✓"),
    "fail": ("f", "✗"),
    "error": ("e", "!"),
    "crash": ("c", "!"),
    "timeout": ("t", "!"),
    "unsupported": ("u", "-"),
    "not run": ("n", "○"),
    "not judged": ("n", "?"),
}


@dataclass(frozen=True)
class RouteRow:
    """One way the model was run."""

    route: RouteFigure
    letter: str
    glyph: str
    whole: str
    operators: str
    ratio: Number | None
    repeats: str
    alone: str  #: the inputs that it was asked for, where that is not all


@dataclass(frozen=True)
class FunctionRow:
    """Whether a file is the model's own function."""

    name: str
    function: Function
    letter: str
    glyph: str


@dataclass(frozen=True)
class OperatorRow:
    """One operator: its ratios by route, None where a route does not give it, and whether one is above its bound."""

    place: int
    operator: Operator
    name: str
    shape: Shape
    last: Shape  #: with the channels last, of a value of four axes
    ratios: tuple[tuple[str, bool], ...]
    ratio: float
    wrong: bool


@dataclass(frozen=True)
class Table:
    """The operators of one file in computing order."""

    name: str
    routes: tuple[str, ...]
    rows: tuple[OperatorRow, ...]
    left_out: int

    @property
    def pairs(self) -> list[tuple[str, OperatorRow]]:
        """Each row beside the name of the file, as the template reads them."""
        return [(self.name, row) for row in self.rows]


@dataclass(frozen=True)
class MapRow:
    """The feature maps that one operator made on one route, of the first image of the first inputs."""

    name: str
    kind: str
    shape: Shape
    panel: Panel  #: its title is the route


@dataclass(frozen=True)
class ModelPage:
    """Everything the page shows, in its order."""

    check: ModelCheck
    headline: str
    style: str
    facts: tuple[tuple[str, str], ...]
    functions: tuple[FunctionRow, ...]
    routes: tuple[RouteRow, ...]
    findings: tuple[Finding, ...]
    figures: tuple[tuple[str, str], ...]
    worst: tuple[tuple[str, OperatorRow], ...]  #: beside the name of the file
    tables: tuple[Table, ...]
    maps: tuple[MapRow, ...]


def model_page(check: ModelCheck) -> ModelPage:
    """The page of a check."""
    tables = tuple(_table(check, i) for i in range(len(check.graphs)))
    rows = [(table.name, row) for table in tables for row in table.rows if any(said for said, _ in row.ratios)]
    head = headline(check)
    return ModelPage(
        check,
        head.text,
        {"good": "good", "warn": "warn"}.get(head.style, "bad"),
        tuple(facts(check)),
        tuple(
            FunctionRow(graph.name, graph.function, *LOOKS[graph.function.status])
            for graph in check.graphs
            if graph.function is not None
        ),
        tuple(_route(route, check) for route in check.routes),
        tuple(check.findings),
        (*bits(check.routes), *beside(check.routes)),
        tuple(sorted(rows, key=lambda item: -item[1].ratio)[:WORST]),
        tables,
        tuple(_maps(check)),
    )


def _maps(check: ModelCheck) -> Iterator[MapRow]:
    """Of the first route that has some: one file's are enough to see what each layer does."""
    for route in check.routes:
        operators = check.graphs[route.graph].operators
        kept = [each for answer in route.answers for each in answer.operators if each.maps is not None]
        for each in kept:
            operator = operators[each.operator]
            name = operator.name or f"operator {each.operator}"
            assert each.maps is not None
            panel = panel_of(route.name, each.maps, "values", 8)
            yield MapRow(name, operator.kind, tuple(each.shape), panel)
        if kept:
            return


def _route(route: RouteFigure, check: ModelCheck) -> RouteRow:
    outputs = [o.figure for answer in route.answers for o in answer.outputs]
    operators = [o.figure for answer in route.answers for o in answer.operators]
    return RouteRow(
        route,
        *LOOKS[route.status],
        ratio_of(outputs),
        ratio_of(operators),
        worst(f.ratio for f in (*outputs, *operators)),
        {True: "yes", False: "no", None: "-"}[route.repeats],
        alone(route, check),
    )


def _table(check: ModelCheck, graph: int) -> Table:
    """Every operator of one file with the worst of its figures on each route that gives its values."""
    seen: dict[int, dict[str, list[Figure]]] = {}
    shapes: dict[int, Shape] = {}
    routes = [route for route in check.routes if route.graph == graph and any(a.operators for a in route.answers)]
    for route in routes:
        for answer in route.answers:
            for each in answer.operators:
                seen.setdefault(each.operator, {}).setdefault(route.name, []).append(each.figure)
                shapes.setdefault(each.operator, each.shape)
    names = tuple(route.name for route in routes)
    operators = check.graphs[graph].operators
    rows = [_row(i, operators[i], seen.get(i, {}), shapes.get(i, ()), names) for i in range(min(len(operators), ROWS))]
    return Table(check.graphs[graph].name, names, tuple(rows), max(0, len(operators) - ROWS))


def _row(
    place: int, operator: Operator, seen: dict[str, list[Figure]], shape: Shape, routes: Sequence[str]
) -> OperatorRow:
    cells = []
    for name in routes:
        found = seen.get(name, [])
        cells.append((ratio_of(found) if found else "", any(f.status == "fail" for f in found)))
    most = worst(f.ratio for each in seen.values() for f in each)
    shape = tuple(shape)
    last = (shape[0], *shape[2:], shape[1]) if len(shape) == 4 else shape
    ratio = 0.0 if most is None else value(most)
    name = operator.name or f"operator {place}"
    return OperatorRow(place, operator, name, shape, last, tuple(cells), ratio, any(wrong for _, wrong in cells))
