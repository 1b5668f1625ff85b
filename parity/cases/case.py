"""Cases: what is checked. A case imports no framework and draws nothing; it only says."""

from __future__ import annotations

import re
from collections.abc import Mapping
from dataclasses import dataclass, field
from functools import cached_property
from typing import Any

from parity.axes import Shape, Tensor
from parity.cases.gradient import derive, gradients
from parity.cases.lowering import lower
from parity.cases.network import INPUT, Network, as_network
from parity.cases.values import VALUES, Values
from parity.errors import FieldError
from parity.layers.base import Chance, Draw, Layer, is_count, is_number
from parity.operators.formats import FORMATS
from parity.operators.graph import Graph

DTYPES = ("float32", "int32", "int64")  #: of an input
EXACT_BITS = 53  #: float64, in which the oracle computes, holds every whole number of so many bits
FURTHEST = 3.5  #: standard deviations that no draw passes (parity.cases.parameters.draw)
NAME = re.compile(r"[^\s\[\]*?,/]+(/[^\s\[\]*?,/]+)*")


def named(name: str) -> None:
    """Raise :class:`FieldError` for what no case can be called."""
    owner = f"case {name!r}"
    if not (isinstance(name, str) and NAME.fullmatch(name) and name.isprintable()):
        raise FieldError(owner, "name", name, "must be words joined by /, without spaces or any of [ ] * ? ,")
    if any(word.startswith(".") for word in name.split("/")):
        raise FieldError(owner, "name", name, "must not have a word that starts with a dot")


def timed(name: str, limit: float) -> None:
    """Raise :class:`FieldError` for what is no time that a step of a case may take."""
    if not (is_number(limit) and limit > 0):
        raise FieldError(f"case {name!r}", "time_limit", limit, "must be a positive number of seconds")


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
    quick: whether the quick set has it, which is what is run where nothing is named.
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

    def __post_init__(self) -> None:
        owner = f"case {self.name!r}"
        named(self.name)
        if not isinstance(self.model, Layer | Network):
            raise FieldError(owner, "model", self.model, "must be a layer or a network")
        good = isinstance(self.shape, tuple) and 2 <= len(self.shape) <= 5 and all(is_count(n, 0) for n in self.shape)
        if not good:
            mend = "must be (N, C, H, W), (N, F), (N, C, L) or (N, C, D, H, W), each a whole number"
            raise FieldError(owner, "shape", self.shape, mend)
        if len(set(self.shape)) < len(self.shape) and not self.equal_sizes:
            mend = "has equal sizes, so swapped axes would fit by accident: make all differ, or say why in equal_sizes"
            raise FieldError(owner, "shape", self.shape, mend)
        if not (is_number(self.scale) and self.scale > 0):
            raise FieldError(owner, "scale", self.scale, "must be a positive number")
        if not is_number(self.mean):
            raise FieldError(owner, "mean", self.mean, "must be a finite number")
        if self.dtype not in DTYPES:
            raise FieldError(owner, "dtype", self.dtype, f"must be one of {', '.join(DTYPES)}")
        self._drawn(owner)
        for name, usual in (("scale", 1.0), ("mean", 0.0)):
            if self.whole and getattr(self, name) != usual:
                raise FieldError(owner, name, getattr(self, name), f"must be left at {usual} with whole numbers")
        if self.values not in VALUES:
            raise FieldError(owner, "values", self.values, f"must be one of {', '.join(VALUES)}")
        if self.values != "normal" and (self.scale, self.mean) != (1.0, 0.0):
            mend = f"must be alone: scale={self.scale!r} and mean={self.mean!r} are of what is drawn"
            raise FieldError(owner, "values", self.values, mend)
        if self.values != "normal" and (self.whole or self.precision != "float32"):
            raise FieldError(owner, "values", self.values, 'must be "normal" where the input is not of float32')
        timed(self.name, self.time_limit)
        for name in ("batches", "threads"):
            counts = getattr(self, name)
            if not (isinstance(counts, tuple) and all(is_count(n) for n in counts) and len(set(counts)) == len(counts)):
                raise FieldError(owner, name, counts, "must be a tuple of different whole numbers, each at least 1")
        if self.shape[0] in self.batches:
            raise FieldError(owner, "batches", self.batches, f"must not name the case's own batch size {self.shape[0]}")
        if not isinstance(self.unbatched, bool):
            raise FieldError(owner, "unbatched", self.unbatched, "must be True or False")
        if self.unbatched and self.shape[0] == 0:
            raise FieldError(owner, "unbatched", self.unbatched, "must be False where there is no sample")
        if self.precision not in FORMATS:
            raise FieldError(owner, "precision", self.precision, f"must be one of {', '.join(FORMATS)}")
        largest, furthest = FORMATS[self.precision].stored_largest, self.scale * (abs(self.mean) + FURTHEST)
        if furthest >= largest:
            mend = f"draws inputs up to {furthest:.3g}, and {self.precision} ends at {largest:.6g}"
            raise FieldError(owner, "scale", self.scale, mend)
        if self.mode not in ("inference", "training", "gradient"):
            raise FieldError(owner, "mode", self.mode, 'must be "inference", "training" or "gradient"')
        if self.precision != "float32" and (self.whole or self.mode != "inference"):
            said = "where the input is of whole numbers" if self.whole else f"in mode {self.mode}"
            raise FieldError(owner, "precision", self.precision, f'must be "float32" {said}')
        if self.gradient and self.whole:
            raise FieldError(owner, "mode", self.mode, "must be inference: whole numbers have no derivative")
        if self.mode != "inference":
            for name in ("batches", "threads", "unbatched"):
                if getattr(self, name):
                    said = (
                        "must be left out in training"
                        if self.training
                        else "must be left out where gradients are asked"
                    )
                    raise FieldError(owner, name, getattr(self, name), said)
        if self.training:
            shared = next((node for node in self.network.nodes if node.of and node.layer.states()), None)
            if shared is not None:
                mend = f"is shared by {shared.of} and {shared.name}, so two calls of one step would change its states"
                raise FieldError(owner, "model", str(shared.layer), mend)
            drawing = next((node for node in self.network.nodes if node.layer.chance()), None)
            if drawing is not None and self.tapped:
                mend = f"has no one answer in training, since {drawing.name} draws: make that a case by itself"
                raise FieldError(owner, "model", str(drawing.layer), mend)
        stored = {f"{n.name}.{p}" for n in self.network.nodes for p in n.parameters()}
        for name, draw in self.draws.items():
            if name not in stored:
                there = f"there are {', '.join(sorted(stored))}" if stored else "there are none"
                raise FieldError(owner, "draws", name, f"names no parameter; {there}")
            if not isinstance(draw, Draw):
                raise FieldError(owner, f"draws[{name!r}]", draw, "must be a Draw")
        try:
            _ = self.tensors  # asked for now: what does not fit is said where the case is declared
        except FieldError as error:
            raise FieldError(f"{owner}: {error.owner}", error.field, error.value, error.mend) from None
        if self.batches and self.by_batch:
            raise FieldError(
                owner, "batches", self.batches, "must be empty, since the statistics are of the whole batch"
            )

    def _drawn(self, owner: str) -> None:
        """Raise :class:`FieldError` for whole numbers that cannot be drawn, or are not to be."""
        most = 2 ** (31 if self.dtype == "int32" else EXACT_BITS)
        if not (is_count(self.least, -most) if self.whole else self.least == 0):
            mend = f"must be a whole number of at least {-most} with a dtype of whole numbers, and 0 with float32"
            raise FieldError(owner, "least", self.least, mend)
        if not (is_count(self.below, self.least + 1) and self.below <= most if self.whole else self.below == 0):
            mend = f"must be at least {self.least + 1}, above least, and at most {most} with a dtype of whole numbers, and 0 with float32"
            raise FieldError(owner, "below", self.below, mend)

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
            for name, tensor in self.network.definition(node, self.tensors, self.training).states.items()
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
            "batches": list(self.batches),
            "threads": list(self.threads),
            "unbatched": self.unbatched,
            "draws": {name: vars(draw) for name, draw in sorted(self.draws.items())},
        }


__all__ = ["INPUT", "Case"]
