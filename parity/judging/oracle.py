"""The float64 answer of a network with the bound of every element. Pure numpy."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass

import numpy as np

from parity.axes import F64, Array
from parity.bounds import LAMBDA, Rounding, combine, tolerance
from parity.cases.network import INPUT, Network, Node
from parity.cases.parameters import Parameters


@dataclass(frozen=True)
class Truth:
    """What float64 says of one value, and how far an honest route may be from it. Canonical axes, one shape."""

    y: F64
    evaluation: F64  #: A
    storage: F64  #: B

    def allowed(self, rounding: Rounding, lam: float = LAMBDA) -> F64:
        """The largest honest error of each element."""
        return tolerance(rounding, self.evaluation, self.storage, lam)


def layer_truth(node: Node, inputs: tuple[Array, ...], parameters: Mapping[str, Array], rounding: Rounding) -> Truth:
    """One layer on exactly these inputs: the local terms only."""
    y = node.layer.reference(*inputs, **parameters)
    error = node.layer.error(rounding, y, *inputs, **parameters)
    return Truth(y, error.evaluation, error.storage)


def network_truth(network: Network, parameters: Parameters, x: Array, rounding: Rounding, lam: float = LAMBDA) -> Truth:
    """The network's output end to end: local errors, and what each layer makes of the errors that come in.

    ``A^2 = A_local^2 + (push(lam * sqrt(A_in^2 + B_in^2)) / lam)^2``: independent roundings add in quadrature, and an
    interval form (ReLU, max pooling, sigmoid) is evaluated at the width the gate uses.
    """
    seen: dict[str, Truth] = {INPUT: _exact(x)}
    last_use = {name: node.name for node in network.nodes for name in node.inputs}
    for node in network.nodes:
        sources = [seen[name] for name in node.inputs]
        values = tuple(s.y for s in sources)
        local = layer_truth(node, values, parameters[node.name], rounding)
        if any(s.evaluation.any() or s.storage.any() for s in sources):
            incoming = [lam * combine(s.evaluation, s.storage) for s in sources]
            pushed = node.layer.push(local.y, values, incoming, **parameters[node.name]) / lam
            local = Truth(local.y, combine(local.evaluation, pushed), local.storage)
        seen[node.name] = local
        for name in node.inputs:
            if last_use[name] == node.name:
                seen.pop(name, None)  # a deep network's values would not fit in memory all at once
    return seen[network.output.name]


def network_value(network: Network, parameters: Parameters, x: Array) -> F64:
    """The network's output in float64, without any bound."""
    seen: dict[str, F64] = {INPUT: np.asarray(x, np.float64)}
    last_use = {name: node.name for node in network.nodes for name in node.inputs}
    for node in network.nodes:
        value = node.layer.reference(*(seen[name] for name in node.inputs), **parameters[node.name])
        for name in {name for name in node.inputs if last_use[name] == node.name}:
            del seen[name]
        seen[node.name] = value
    return seen[network.output.name]


def _exact(x: Array) -> Truth:
    y = np.asarray(x, np.float64)
    zero = np.zeros_like(y)
    return Truth(y, zero, zero)
