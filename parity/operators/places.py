"""Whole numbers that no input decides, worked out once: where to look is no rounding, however it was computed."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import replace

import numpy as np

from parity.axes import Array
from parity.operators.base import Unsupported
from parity.operators.graph import Graph, Node, Value, as_value, reads, walk

TO_WHOLE = frozenset({"Ceil", "Floor", "Round"})  #: what makes whole numbers of floats and leaves them floats


def with_known_places(graph: Graph) -> Graph:
    """The graph with every whole number and truth value that depends on no input among its constants, and what is rounded to one.

    A framework gathers from places that it knows. A graph of what it computes may work them out by dividing and flooring
    floats, whose drawn noise would jump from one place to the next. What only led to them is left out.
    """
    values = {name: as_value(array) for name, array in graph.constants.items()}
    known: dict[str, Array] = {}
    for node in graph.nodes:
        if not all(name in values for name in reads(node)):
            continue
        outputs = tuple(name for name in node.outputs if name)
        try:
            made = walk(
                Graph((node,), tuple(dict.fromkeys(reads(node))), outputs, {}, graph.opset), _read(node, values)
            )
        except Unsupported:  # what draws random numbers, for one: it is as unknown as an input
            continue
        values |= made
        known |= {n: np.asarray(v.y).astype(v.dtype) for n, v in made.items() if _whole(node, v)}
    return replace(graph, nodes=_still_read(graph, known), constants={**graph.constants, **known})


def _whole(node: Node, value: Value) -> bool:
    """Whether a value is of whole numbers or truth values; of floats that were just rounded to whole ones too."""
    return value.dtype.startswith(("int", "uint", "bool")) or (
        node.kind in TO_WHOLE and value.dtype.startswith("float")
    )


def _read(node: Node, values: Mapping[str, Value]) -> dict[str, Value]:
    return {name: values[name] for name in reads(node)}


def _still_read(graph: Graph, known: Mapping[str, Array]) -> tuple[Node, ...]:
    """The nodes that lead to the outputs without those constants, in computing order."""
    wanted = set(graph.outputs)
    kept = []
    for node in reversed(graph.nodes):
        if any(name in wanted and name not in known for name in node.outputs):
            kept.append(node)
            wanted.update(reads(node))
    return tuple(reversed(kept))
