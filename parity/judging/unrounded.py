"""A layer read as a runtime may compute it that keeps a value between two operators wider than its stored type. Pure.

ONNX Runtime computes halves in float32 where it has no kernel of theirs: a cast before and a cast behind, of which it drops those that
undo each other. The value that a tap shows is then the rounding of what the next operator really read.
"""

from __future__ import annotations

from collections.abc import Collection, Mapping
from dataclasses import replace

from parity.axes import Array, Tensor
from parity.judging.compare import Comparison
from parity.judging.oracle import Truth
from parity.judging.settle import Answer, settle_anchored
from parity.operators.formats import Format
from parity.operators.graph import Graph, Node, Value

UNROUNDED = "on inputs that were not yet rounded to their stored type"  #: how that is told
WIDER = "float32"  #: what halves are kept in meanwhile


def settle_read(
    observed: Array,
    graph: Graph,
    feeds: Mapping[str, Value],
    tensor: Tensor,
    form: Format | None,
    known: dict[tuple[bool, str], Truth],
    wide: Collection[str],
) -> tuple[Comparison, Truth, Answer]:
    """A layer judged on exactly these feeds, and where it leaves its bound on what those of the names ``wide`` were before they were stored.

    The rest is as :func:`parity.judging.settle.settle_anchored` takes and gives it.
    """
    strict = settle_anchored(observed, graph, feeds, tensor, form, known)
    if strict[0].kind != "value" or not wide:
        return strict
    comparison, truth, answer = settle_anchored(observed, *unrounded(graph, feeds, wide), tensor, form)
    return strict if comparison.kind is not None else (replace(comparison, message=UNROUNDED), truth, answer)


def unrounded(graph: Graph, feeds: Mapping[str, Value], names: Collection[str]) -> tuple[Graph, dict[str, Value]]:
    """The graph and its feeds where the inputs of these names are rounded once more than they came: off by as much as storing them.

    Each passes through a Cast into its own type, of whose noise the value before it is one draw.
    """
    casts = tuple(
        Node("Cast", (f"{name}.wide",), (name,), {"to": feeds[name].dtype}, f"{name}.stored") for name in sorted(names)
    )
    fed = {f"{name}.wide" if name in names else name: value for name, value in feeds.items()}
    fed |= {f"{name}.wide": Value(feeds[name].y, WIDER) for name in names}
    inputs = tuple(f"{name}.wide" if name in names else name for name in graph.inputs)
    return replace(graph, nodes=(*casts, *graph.nodes), inputs=inputs), fed
