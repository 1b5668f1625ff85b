"""A model operator by operator, each on the values that it really got. Pure: arrays in, figures out."""

from __future__ import annotations

from collections.abc import Iterator, Mapping

import numpy as np

from parity.axes import Array
from parity.judging.compare import Comparison
from parity.judging.figures import figure
from parity.judging.oracle import truths
from parity.judging.sameness import digest
from parity.judging.settle import settle_anchored
from parity.operators.base import Unsupported
from parity.operators.graph import Graph, Node, as_value, reads, title
from parity.records.lines import value
from parity.records.model import Figure, OperatorFigure

Judged = dict[
    tuple[int, str, bytes], Figure
]  #: what was found already, by operator, output and the bits it read and gave


def node_by_node(
    graph: Graph, values: Mapping[str, Array], known: Judged | None = None
) -> Iterator[tuple[OperatorFigure, str]]:
    """Every operator against float64 on exactly the inputs that a route gave it, in computing order.

    values: what was fed and what the route made, by name, in the graph's own axes and stored types; known: figures of
    other routes on this graph, so that what agrees to the bit is judged once. Beside each figure stands the name of the
    output that it is of, the worst one.
    """
    known = {} if known is None else known
    for i, node in enumerate(graph.nodes):
        found = {name: _judged(graph, i, node, name, values, known) for name in node.outputs if name in values}
        if not found:
            yield OperatorFigure(operator=i, figure=_unjudged("the route gave no value of it")), ""
            continue
        name = max(found, key=lambda name: _rank(found[name]))
        yield OperatorFigure(operator=i, figure=found[name]), name


def _judged(graph: Graph, i: int, node: Node, name: str, values: Mapping[str, Array], known: Judged) -> Figure:
    """One output of one operator."""
    wanted = list(dict.fromkeys(reads(node)))
    missing = [read for read in wanted if read not in values and read not in graph.constants]
    if missing:
        return _unjudged(f"{missing[0]!r}, which it reads, was not seen")
    read = {each: values[each] if each in values else graph.constants[each] for each in wanted}
    arrays = [*read.values(), values[name]]
    if any(array.dtype.kind in "OSU" for array in arrays):
        return _unjudged(f"{title(node)} works on text")
    key = (i, name, digest(*(array for each, array in read.items() if each in values), values[name]))
    if key not in known:
        alone = Graph((node,), tuple(wanted), (name,), {}, graph.opset)
        try:
            known[key] = _compared(alone, read, values[name])
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
