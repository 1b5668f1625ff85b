"""A model operator by operator, each on the values that it really got. Pure: arrays in, figures out."""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence

import numpy as np

from parity.axes import Array
from parity.judging.compare import Comparison
from parity.judging.figures import figure
from parity.judging.oracle import truths
from parity.judging.sameness import digest
from parity.judging.settle import settle_anchored
from parity.operators.base import Unsupported
from parity.operators.graph import Graph, as_value, reads, title
from parity.records.lines import value
from parity.records.model import Figure, OperatorFigure

#: What was found already, by operator, output and the bits that were read and given.
Judged = dict[tuple[int, str, bytes], Figure]


def node_by_node(
    graph: Graph, values: Mapping[str, Array], known: Judged | None = None
) -> Iterator[tuple[OperatorFigure, str]]:
    """Every operator against float64 on exactly the inputs that a route gave it, in computing order.

    values: what was fed and what the route made, by name, in the graph's own axes and stored types; known: figures of
    other routes on this graph, so that what agrees to the bit is judged once. An operator whose value the route does not
    give is judged together with the next one behind it whose value it gives. Beside each figure stands the name of the
    output that it is of, the worst one.
    """
    known = {} if known is None else known
    makers = {name: i for i, node in enumerate(graph.nodes) for name in node.outputs if name}
    covered: set[int] = set()
    unseen: list[int] = []
    made = []
    for i, node in enumerate(graph.nodes):
        seen = {name: turned(graph, makers, name, values) for name in node.outputs if name in values}
        parts = {name: _part(graph, makers, inner, values) for name, (inner, _) in seen.items()}
        if not parts:
            unseen.append(i)
            continue
        found = {name: _judged(graph, i, seen[name], part, values, known) for name, part in parts.items()}
        name = max(found, key=lambda name: _rank(found[name]))
        place = makers[seen[name][0]]
        together = {j for part in parts.values() for j in part}
        if found[name].status != "not judged":
            covered.update(together)
        shape, others = values[name].shape, len(together - {place})
        made.append((OperatorFigure(operator=place, figure=found[name], shape=shape, together=others), name))
    lost = _unjudged("the route gave no value of it")
    made += [(OperatorFigure(operator=i, figure=lost), "") for i in unseen if i not in covered]
    yield from sorted(made, key=lambda item: item[0].operator)


def turned(graph: Graph, makers: Mapping[str, int], name: str, values: Mapping[str, Array]) -> tuple[str, Array]:
    """A value as what rounds made it: before its axes were turned, where nothing of that was seen.

    A layer that works channels last ends by turning its output in operators; that moves numbers and changes none.
    ``makers``: the place of the operator that makes each value. The name of the value before, and the array in its axes.
    """
    value, inner = values[name], name
    node = graph.nodes[makers[name]]
    while node.kind == "Transpose" and node.inputs[0] not in values and node.inputs[0] in makers:
        order = node.attributes.get("perm") or tuple(reversed(range(value.ndim)))
        if len(order) != value.ndim:
            return name, values[name]  # another shape than the graph says, which is to be told
        value, inner = value.transpose(np.argsort(order)), node.inputs[0]
        node = graph.nodes[makers[inner]]
    return inner, value


def _part(graph: Graph, makers: Mapping[str, int], name: str, values: Mapping[str, Array]) -> list[int]:
    """The operators that make a value of those that were seen: its own and what lies between, in computing order."""
    found = {makers[name]}
    waiting = [makers[name]]
    while waiting:
        for read in reads(graph.nodes[waiting.pop()]):
            if read not in values and read in makers and makers[read] not in found:
                found.add(makers[read])
                waiting.append(makers[read])
    return sorted(found)


def _judged(
    graph: Graph, i: int, seen: tuple[str, Array], part: Sequence[int], values: Mapping[str, Array], known: Judged
) -> Figure:
    """One output of one operator, with the operators before it of which nothing was seen."""
    name, observed = seen
    nodes = tuple(graph.nodes[j] for j in part)
    inner = {made for node in nodes for made in node.outputs if made not in values}
    wanted = [read for read in dict.fromkeys(read for node in nodes for read in reads(node)) if read not in inner]
    missing = [read for read in wanted if read not in values and read not in graph.constants]
    if missing:
        return _unjudged(f"{missing[0]!r}, which it reads, was not seen")
    read = {each: values[each] if each in values else graph.constants[each] for each in wanted}
    arrays = [*read.values(), observed]
    if any(array.dtype.kind in "OSU" for array in arrays):
        return _unjudged(f"{title(graph.nodes[i])} works on text")
    key = (i, name, digest(*(array for each, array in read.items() if each in values), observed))
    if key not in known:
        alone = Graph(nodes, tuple(wanted), (name,), {}, graph.opset)
        try:
            known[key] = _compared(alone, read, observed)
        except Unsupported as reason:
            known[key] = _unjudged(f"no rule for {reason}")
        except Exception as error:  # noqa: BLE001 - a file may ask for anything; one operator is not judged then
            known[key] = _unjudged(f"the oracle cannot compute it: {type(error).__name__}: {error}")
    return known[key]


def _compared(alone: Graph, read: Mapping[str, Array], observed: Array) -> Figure:
    feeds = {name: as_value(array) for name, array in read.items()}
    if observed.size:
        return figure(settle_anchored(observed, alone, feeds, None)[0])
    (truth,) = truths(alone, feeds).values()
    if truth.y.shape == observed.shape and truth.dtype == str(observed.dtype):
        return Figure(status="pass", ratio=0.0)
    said = f"shape {observed.shape} of {observed.dtype}, expected {truth.y.shape} of {truth.dtype}"
    return figure(Comparison("shape" if truth.y.shape != observed.shape else "dtype", said))


def _unjudged(reason: str) -> Figure:
    return Figure(status="not judged", reason=" ".join(reason.split()))


def _rank(figure: Figure) -> tuple[int, float]:
    """Worst last: what fails before what was not judged before what passes, then by ratio."""
    order = {"pass": 0, "not judged": 1, "fail": 2}[figure.status]
    ratio = 0.0 if figure.ratio is None else value(figure.ratio)
    return order, np.inf if np.isnan(ratio) else ratio
