"""Which zeros keep their sign. Pure numpy."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import replace

import numpy as np
import numpy.typing as npt

from parity.axes import F64
from parity.operators.base import OPERATORS, Move
from parity.operators.formats import FORMATS
from parity.operators.graph import Graph, Value, walk

NUDGE = 1e-300  #: what a zero is taken for: next to nothing in float64, and no zero

Mask = npt.NDArray[np.bool_]


def signs_kept(graph: Graph, feeds: Mapping[str, Value], exact: Mapping[str, Value]) -> dict[str, Mask]:
    """Of a graph that rounds nothing the zeros that keep their sign: that change it where the zeros that are fed do.

    A zero that an operator makes, and one of two equal ones of which it takes either, changes none. Only asked where a minus zero is fed,
    and of no more than one operator that chooses: two may choose among zeros by different orders.
    """
    if sum(not isinstance(OPERATORS.get((node.domain, node.kind)), Move) for node in graph.nodes) > 1:
        return {}
    fed = {name: v for name, v in feeds.items() if name not in graph.constants and np.asarray(v.y).dtype == np.float64}
    if not any((np.signbit(v.y) & (v.y == 0)).any() for v in fed.values()):
        return {}
    there, back = (
        walk(graph, dict(feeds) | {name: replace(v, y=_nudged(v, by)) for name, v in fed.items()})
        for by in (NUDGE, -NUDGE)
    )
    return {
        name: (exact[name].y == 0) & (np.sign(there[name].y) * np.sign(back[name].y) < 0)
        for name in graph.outputs
        if np.asarray(exact[name].y).dtype == np.float64
    }


def _nudged(value: Value, by: float) -> F64:
    """With next to nothing in place of zeros, and of what a kernel may flush to one."""
    y: F64 = value.y
    return np.where(np.abs(y) < FORMATS[value.dtype].tiny, np.copysign(1.0, y) * by, y)
