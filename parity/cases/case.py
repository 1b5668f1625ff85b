"""Cases: what is checked. A case imports no framework and draws nothing; it only says."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from functools import cached_property
from typing import Any

from parity.axes import Shape, Tensor
from parity.cases import valid
from parity.cases.gradient import derive, gradients
from parity.cases.lowering import lower
from parity.cases.network import INPUT, Network, Node, as_network
from parity.cases.values import Values
from parity.layers.base import Chance, Draw, Layer
from parity.layers.definition import Definition
from parity.operators.graph import Graph


@dataclass(frozen=True)
class Case:
    """A layer or network, its input, precision and mode.

    name: ``family/what``; shape: the input's canonical shape, ``(N, C, H, W)``, ``(N, F)``, ``(N, C, L)`` or ``(N, C, D, H, W)``, any of them 0; scale and mean: the input
    is ``scale * (mean + z)``, z with mean 0 and variance 1; values: what the input's elements are, drawn so or one of the other words of
    :mod:`parity.cases.values`, which scale and mean do not touch and which are of float32; dtype: of the input, and of an integer one least
    and below: it is drawn evenly from the whole numbers from least (0 for what reads indices) to below - 1; draws: how named parameters (``"node.parameter"``) are
    drawn, in place of the layer's own way; precision: the stored type of the input, the parameters and every value between
    layers, "float32", or at inference "float16", "bfloat16" or "float64"; equal_sizes: why two of the input's axes may have one size (an axis that
    fits by accident hides a swap, so without a reason it is refused); time_limit: seconds one step of a route may take;
    mode: "inference", or "training" for one forward pass as in training, where normalisation is by the batch and what the
    pass makes of the running statistics is among the outputs, or "gradient" for the network at inference and what its output, weighted
    with a drawn cotangent and summed, changes by with its input and every parameter; batches: other batch sizes in which each image must have its
    answer within the bound, which needs a model that is not made for one size; threads: how many threads to ask again with; unbatched: whether to ask for each sample alone too, without a batch axis, where a framework takes that;
    quick: whether the quick set has it, which is what is run where nothing is named; policy: the option of a route under which its layers
    have types of their own (:mod:`parity.cases.policies` makes such cases; none is declared).
    """

    name: str
    model: Network | Layer
    shape: Shape
    scale: float = 1.0
    mean: float = 0.0
    dtype: str = "float32"
    least: int = 0
    below: int = 0
    values: Values = "normal"
    precision: str = "float32"
    mode: str = "inference"
    tags: tuple[str, ...] = ()
    draws: Mapping[str, Draw] = field(default_factory=dict)
    equal_sizes: str = ""
    time_limit: float = 120.0
    batches: tuple[int, ...] = ()
    threads: tuple[int, ...] = ()
    unbatched: bool = False
    quick: bool = True
    policy: str = ""

    def __post_init__(self) -> None:
        valid.check(self)

    @property
    def input(self) -> Tensor:
        """Shape, axes and stored type of the input."""
        return Tensor(self.shape, dtype=self.dtype if self.whole else self.precision)

    @property
    def whole(self) -> bool:
        """Whether the input is of whole numbers by its dtype."""
        return self.dtype != "float32"

    @cached_property
    def network(self) -> Network:
        """The model as a network; a single layer is one node."""
        return as_network(self.model)

    @cached_property
    def tensors(self) -> Mapping[str, Tensor]:
        """Shape and axes of the input and of every node's output."""
        return self.network.trace(self.input, self.training)

    def definition(self, node: Node) -> Definition:
        """One node's definition, in the case's mode."""
        return self.network.definition(node, self.tensors, self.training)

    @cached_property
    def graph(self) -> Graph:
        """The model in operators, with its gradients where they are asked: its definition.

        Raises :class:`parity.errors.Unsupported` where an operator has no derivative.
        """
        return derive(self.network, self.input) if self.gradient else self.forward

    @cached_property
    def forward(self) -> Graph:
        """The model alone in operators."""
        return lower(self.network, self.input, self.training)

    @property
    def training(self) -> bool:
        """Whether the case is of a network in training."""
        return self.mode == "training"

    @cached_property
    def by_batch(self) -> bool:
        """Whether the answer to a sample depends on the others of its batch, by whose statistics something normalises."""
        return any(node.attributes.get("training_mode", 0) for node in self.forward.nodes)

    @property
    def gradient(self) -> bool:
        """Whether the case is of a network and its gradients."""
        return self.mode == "gradient"

    @property
    def chance(self) -> Chance | None:
        """What is drawn at random, so that there is no one answer."""
        return self.network.output.layer.chance() if self.training else None

    @cached_property
    def states(self) -> Mapping[str, Tensor]:
        """What a pass in training changes, ``node.parameter`` -> its shape, in the order of the nodes."""
        return {
            f"{node.name}.{name}": tensor
            for node in self.network.nodes
            for name, tensor in self.definition(node).states.items()
        }

    @cached_property
    def gradients(self) -> Mapping[str, Tensor]:
        """The gradients that are asked: ``d input`` and each ``d node.parameter``; none in another mode."""
        return gradients(self.network, self.input) if self.gradient else {}

    @cached_property
    def outputs(self) -> Mapping[str, Tensor]:
        """Everything a route has to give, in order: the network's output, then what becomes of each state, or each gradient."""
        return {self.network.output.name: self.output, **self.states, **self.gradients}

    @property
    def output(self) -> Tensor:
        """Shape and axes of the output."""
        return self.tensors[self.network.output.name]

    @property
    def family(self) -> str:
        """The part of the name before the first ``/``."""
        return self.name.split("/")[0]

    @property
    def tapped(self) -> bool:
        """Whether a tapped twin is needed: a network of one layer is its own twin."""
        return len(self.network.nodes) > 1

    def spec(self) -> dict[str, Any]:
        """The case as plain data, for cache keys and records."""
        return {
            "network": self.network.spec(),
            "shape": list(self.shape),
            "scale": self.scale,
            "mean": self.mean,
            "dtype": self.dtype,
            "least": self.least,
            "below": self.below,
            "values": self.values,
            "precision": self.precision,
            "mode": self.mode,
            "policy": self.policy,
            "batches": list(self.batches),
            "threads": list(self.threads),
            "unbatched": self.unbatched,
            "draws": {name: vars(draw) for name, draw in sorted(self.draws.items())},
        }


__all__ = ["INPUT", "Case"]
