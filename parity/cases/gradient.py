"""The gradients of a network: which there are, what they are called, and the graph that gives them."""

from __future__ import annotations

from parity.axes import Tensor, is_whole
from parity.cases.lowering import lower
from parity.cases.network import INPUT, Network
from parity.errors import Unsupported
from parity.operators import base
from parity.operators.graph import Graph

#: Under what the cotangent stands among a case's stored arrays, by the name of the output; no node can be called so.
COTANGENT = "d loss"


def gradients(network: Network, x: Tensor) -> dict[str, Tensor]:
    """Every gradient of ``sum(cotangent * output)``: ``d input``, and ``d node.parameter`` in the order of the nodes.

    Whole numbers, such as indices, have none: then there are those by parameters alone. The gradient by a parameter has its axes. Those that training moves without a gradient, such as running statistics, have none.
    """
    found = {f"d {INPUT}": x} if not is_whole(x.dtype) else {}
    for node in network.nodes:
        for name, parameter in node.parameters().items():
            if name not in node.layer.states():
                found[f"d {node.name}.{name}"] = Tensor(parameter.shape, names=parameter.axes)
    return found


def derive(network: Network, x: Tensor) -> Graph:
    """The network's output and behind it its :func:`gradients`, in operators; the cotangent is its last input.

    Raises :class:`Unsupported` naming the operator that has no derivative.
    """
    # The derivatives of all operators are read where gradients are asked for: a start of parity needs none.
    from parity.operators.gradient.backward import backward

    forward = lower(network, x)
    shapes = {INPUT: x.shape}
    for node in network.nodes:
        shapes |= {f"{node.name}.{name}": p.shape for name, p in node.parameters().items()}
    wanted = {name.removeprefix("d "): name for name in gradients(network, x)}
    try:
        return backward(forward, shapes, f"{COTANGENT}.{network.output.name}", wanted, {INPUT: x.dtype})
    except base.Unsupported as error:
        raise Unsupported(f"there is no rule for {error}") from None


def node_of(gradient: str) -> str:
    """The node whose parameter a gradient is by; empty for that by the input."""
    return gradient.removeprefix("d ").rpartition(".")[0]
