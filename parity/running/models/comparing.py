"""What the judge's worker does for two models: draw inputs, compare their graphs in float64."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from functools import cache
from pathlib import Path
from types import MappingProxyType

import numpy as np

from parity.cases.asked import Asked
from parity.cases.feeds import Tried, feeds
from parity.errors import UsageError
from parity.judging.copying import Copied, copied
from parity.judging.looks import look
from parity.judging.parting import Compared, Parting, Place, compare_graphs
from parity.judging.twins import Side, turned
from parity.operators.file import Declared, declared, load, read
from parity.operators.graph import Graph, Node, Value, as_value, title
from parity.records.difference import Difference, Spot
from parity.records.lines import Number, number
from parity.records.pair import Matched, Output, Same
from parity.running.models.ready import TRACE, Fed, Refusal, arrays_of, kept, readable, source_of
from parity.running.values import Values

ALIKE = "constant"  #: the inputs that tell nothing of which value is which


@dataclass(frozen=True)
class Found:
    """What became of two graphs, as it is kept."""

    status: Same
    differences: list[Difference]
    matched: int
    values: int
    left: int
    outputs: list[Output]
    operators: tuple[list[Spot], list[Spot]]
    matches: list[Matched]
    unproven: list[str]
    copied: list[str]


def feed(path: Path, given: Sequence[Asked], arrays: Path | None, seed: int, tries: int, folder: Path) -> Fed | Refusal:
    """Draw or read the inputs of the first model, several sets where they are drawn: what is equal on all is no accident."""
    try:
        proto, graph = load(path), graph_of(path)
        inputs, _ = declared(proto)
        stored = {} if arrays is None else arrays_of(arrays)
        described, tried = feeds(graph, inputs, given, stored, seed)
        found: list[Tried] = [each for each in tried if each.name != ALIKE]
        while len(found) < tries and len(stored) < len(inputs):
            seed += 1
            found += [each for each in feeds(graph, inputs, given, stored, seed)[1] if each.name != ALIKE]
    except UsageError as error:
        return Refusal(str(error))
    return kept(described, found[: max(tries, len(tried))], folder)


def describe(path: Path) -> tuple[Declared, ...] | Refusal:
    """The inputs of a file."""
    try:
        return declared(load(path))[0]
    except UsageError as error:
        return Refusal(str(error))


@cache
def graph_of(path: Path) -> Graph:
    """A graph as it was meant: an attribute is the decimal that its float32 stands for."""
    with readable(path):
        return read(path)


def compare(
    one: Path,
    two: Path,
    folded: tuple[str, str],
    files: Sequence[Path],
    turns: Mapping[str, tuple[str, Sequence[int] | None]],
    types: Mapping[str, str] = MappingProxyType({}),
    copying: bool = False,
) -> Found | Refusal:
    """Compare two files on sets of inputs.

    folded: the type in which constants of either may have been made; turns: of each input of the second, the first's that it is
    and its axes there; types: those that the second's inputs take, where they are others; copying: whether the second is given
    the first's weights.
    """
    fed = tuple({name: as_value(array) for name, array in Values(file).items()} for file in files)
    feeds = turned(fed, turns)
    try:
        graphs = graph_of(one), graph_of(two)
        second = tuple(
            {name: _as_taken(name, v, types.get(name, v.dtype)) for name, v in feed.items()} for feed in feeds
        )
    except UsageError as error:
        return Refusal(str(error))
    filled = copied(*graphs) if copying else Copied(graphs[1], (), ())
    graphs = graphs[0], filled.graph
    sides = Side(graphs[0], fed, folded[0]), Side(graphs[1], second, folded[1])
    found = compare_graphs(*sides)
    differences = [_difference(parting, *graphs) for parting in found.partings]
    unproven = [*filled.refused, *_unproven(found)]
    return Found(
        status="pass" if found.same and not unproven else "fail" if differences else "not judged",
        differences=differences,
        matched=found.matched,
        values=found.values,
        left=found.left,
        outputs=[Output(one=a, two=b, agrees=agrees) for a, b, agrees in found.outputs],
        operators=(_operators(graphs[0], found.shapes[0]), _operators(graphs[1], found.shapes[1])),
        matches=[
            Matched(one=m.one, two=m.two, distance=number(m.distance), weights=m.weights, healed=m.healed)
            for m in found.matches
        ],
        unproven=unproven,
        copied=list(filled.said),
    )


def _operators(graph: Graph, shapes: Mapping[int, Sequence[int]]) -> list[Spot]:
    """The operators of a side that an input decides, in their own words and in computing order."""
    return [_operator(graph.nodes[i], i, shapes[i]) for i in sorted(shapes)]


def _as_taken(name: str, value: Value, dtype: str) -> Value:
    """Whole numbers in the width that an input takes. Raises :class:`UsageError` where they do not fit."""
    if value.dtype == dtype:
        return value
    made = value.y.astype(dtype)
    if not np.array_equal(made, value.y):
        raise UsageError(
            f"the second model takes {name!r} as {dtype}, in which what is fed does not fit; give --inputs that do"
        )
    return Value(made, dtype)


def _unproven(found: Compared) -> list[str]:
    said = [f"{name} is an output of one of the two alone" for name in found.unpaired]
    said += [f"the output {name} proves nothing: it does not vary by more than it may be off" for name in found.vague]
    said += list(found.unseen)
    said += [f"it cannot be computed: side {why}" for why in found.failed]
    if not found.partings:
        said += [
            f"the outputs {a} and {b} do not agree, and no place was found"
            for a, b, agrees in found.outputs
            if not agrees
        ]
    return said


def _difference(parting: Parting, one: Graph, two: Graph) -> Difference:
    seen, worst = look(parting), parting.worst
    return Difference(
        kind=parting.kind,
        one=_spot(parting.one, one, parting.shapes[0]),
        two=_spot(parting.two, two, parting.shapes[1]),
        distance=_figure(parting.distance),
        ratio=_figure(parting.ratio),
        looks="" if seen is None else str(seen),
        expected=None if worst is None else number(worst.one),
        got=None if worst is None else number(worst.two),
        index=() if worst is None else tuple(int(i) for i in worst.index_two),
        healed=parting.how != "not",
        why=parting.why,
    )


def _figure(value: float) -> Number | None:
    return None if np.isnan(value) else number(value)


def _spot(place: Place | None, graph: Graph, shape: Sequence[int]) -> Spot | None:
    return None if place is None else _operator(graph.nodes[place.index], place.index, shape)


def _operator(node: Node, place: int, shape: Sequence[int]) -> Spot:
    return Spot(
        kind=title(node),
        name=node.name or next(filter(None, node.outputs), ""),
        module=node.scope,
        source=source_of(node.meta.get(TRACE, "")),
        shape=tuple(int(n) for n in shape),
        place=place,
    )
