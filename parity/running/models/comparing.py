"""What the judge's worker does for two models: draw inputs, compare their graphs in float64."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from functools import cache
from pathlib import Path

import numpy as np

from parity.cases.asked import Asked
from parity.cases.feeds import Tried, feeds
from parity.errors import UsageError
from parity.judging.looks import look
from parity.judging.parting import Compared, Parting, Place, compare_graphs
from parity.judging.twins import Side, turned
from parity.operators.file import Declared, declared, load, read
from parity.operators.graph import Graph, as_value
from parity.records.difference import Difference, Spot
from parity.records.lines import Number, number
from parity.records.pair import Output, Same
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
    unproven: list[str]


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
) -> Found | Refusal:
    """Compare two files on sets of inputs. turns: of each input of the second, the first's that it is and its axes there."""
    try:
        graphs = graph_of(one), graph_of(two)
    except UsageError as error:
        return Refusal(str(error))
    fed = tuple({name: as_value(array) for name, array in Values(file).items()} for file in files)
    sides = Side(graphs[0], fed, folded[0]), Side(graphs[1], turned(fed, turns), folded[1])
    found = compare_graphs(*sides)
    differences = [_difference(parting, *graphs) for parting in found.partings]
    outputs = [Output(one=a, two=b, agrees=agrees) for a, b, agrees in found.outputs]
    unproven = _unproven(found)
    status: Same = "pass" if found.same else "fail" if differences else "not judged"
    return Found(status, differences, found.matched, found.values, found.left, outputs, unproven)


def _unproven(found: Compared) -> list[str]:
    said = [f"{name} is an output of one of the two alone" for name in found.unpaired]
    said += [f"the output {name} proves nothing: it does not vary by more than it may be off" for name in found.vague]
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
    if place is None:
        return None
    source = source_of(graph.nodes[place.index].meta.get(TRACE, ""))
    name = place.name or place.value
    return Spot(kind=place.kind, name=name, module=place.scope, source=source, shape=tuple(int(n) for n in shape))
