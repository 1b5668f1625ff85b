"""Slips of a port in what combines inputs and in reductions, each in a real torch spelling: all are caught, where they are."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from math import inf
from typing import Any

import pytest

from parity.cases import Case, Graph, Network
from parity.layers import (
    Add,
    ArgMax,
    Average,
    Concatenate,
    Conv2D,
    Layer,
    LogSumExp,
    Max,
    Maximum,
    Mean,
    Min,
    Minimum,
    Multiply,
    Prod,
    Sigmoid,
    Std,
    Subtract,
    Sum,
    Var,
    VectorNorm,
)
from parity.records.verdict import Kind
from tests.faults.harness import planted, run

torch = pytest.importorskip("torch", reason="the slips are made with real torch functions")

SHAPE = (2, 5, 7, 11)
SQUARE = "the slip is a swap of equal axes"


@dataclass(frozen=True)
class Slip:
    """What is written in place of a layer's torch spelling; ``said`` in the words of a review."""

    said: str
    layer: Layer
    wrong: Callable[..., Any]
    kind: Kind = "value"
    mean: float = 0.0
    scale: float = 1.0
    square: bool = False  #: height, width and channels are equal, as they often are

    @property
    def case(self) -> Case:
        """The layer alone; one of several inputs reads a convolution's answer, a gate, and the input."""
        shape = (2, 6, 6, 6) if self.square else SHAPE
        model: Layer | Network = self.layer
        if self.layer.takes is None or self.layer.takes > 1:
            conv = Conv2D(shape[1], shape[1], 1)
            model = Graph(conv=(conv, "input"), out=(self.layer, "input", "conv"))
            if self.square:
                gate = Mean("c" if self.layer == Add() else "hw", keepdims=True)
                model = Graph(gate=(gate, "input"), out=(self.layer, "input", "gate"))
            elif "third" in self.said:
                gated = (Sigmoid(), "conv")
                model = Graph(conv=(conv, "input"), gate=gated, out=(self.layer, "input", "conv", "gate"))
        equal = SQUARE if self.square else ""
        return Case("slip", model, shape, mean=self.mean, scale=self.scale, equal_sizes=equal)


SLIPS = [
    Slip("adds a gate turned on its side", Add(), lambda x, g: x + g.transpose(2, 3), square=True),
    Slip("leaves out the third", Add(), lambda a, b, c: a + b),
    Slip("the other way round", Subtract(), lambda a, b: b - a),
    Slip("the sum", Subtract(), lambda a, b: a + b),
    Slip("a gate over columns", Multiply(), lambda x, g: x * g.permute(0, 2, 3, 1), square=True),
    Slip("keeps what is gated", Multiply(), lambda x, g: x + x * g),
    Slip("the smallest", Maximum(), lambda a, b: torch.minimum(a, b)),
    Slip("leaves out the third", Maximum(), lambda a, b, c: torch.maximum(a, b)),
    Slip("the largest", Minimum(), lambda a, b: torch.maximum(a, b)),
    Slip("leaves out the third", Minimum(), lambda a, b, c: torch.minimum(a, b)),
    Slip("averages the average with the third", Average(), lambda a, b, c: ((a + b) / 2 + c) / 2),
    Slip("divides by two though there is a third", Average(), lambda a, b, c: (a + b + c) / 2),
    Slip("the second first", Concatenate(), lambda a, b: torch.cat([b, a], 1)),
    Slip("channel by channel", Concatenate(), lambda a, b: torch.stack([a, b], 2).flatten(1, 2)),
    Slip("the mean", Sum("hw"), lambda v: v.mean((2, 3))),
    Slip("without the first row", Sum("hw"), lambda v: v[:, :, 1:].sum((2, 3))),
    Slip("the axes of channels last", Mean("hw"), lambda v: v.mean((1, 2)), square=True),
    Slip("divides by one less", Mean("hw"), lambda v: v.sum((2, 3)) / (7 * 11 - 1)),
    Slip("drops the axes", Mean("hw", keepdims=True), lambda v: v.mean((2, 3)), kind="shape"),
    Slip("starts at zero", Max("hw"), lambda v: v.clamp(min=0).amax((2, 3)), mean=-9.0),
    Slip("the largest in size", Max("c", keepdims=True), lambda v: v.abs().amax(1, keepdim=True)),
    Slip("the largest, negated", Min("hw"), lambda v: -v.amax((2, 3))),
    Slip("of each column alone", Min("chw", keepdims=True), lambda v: v.amin(2, keepdim=True)[:, :1, :, :1]),
    Slip("through logarithms", Prod("w", keepdims=True), lambda v: v.abs().log().sum(3, keepdim=True).exp()),
    Slip("of one axis alone", Prod("hw"), lambda v: v.prod(3)[:, :, 0]),
    Slip("Keras' default", Var("hw"), lambda v: v.var((2, 3), correction=0)),
    Slip("torch's default", Var("hw", correction=0), lambda v: v.var((2, 3))),
    Slip("squares less the square", Var("hw"), lambda v: (v * v).sum((2, 3)) / 76 - v.mean((2, 3)) ** 2 * 77 / 76, mean=100.0),
    Slip("Keras' default", Std("hw"), lambda v: v.std((2, 3), correction=0)),
    Slip("torch's default", Std("c", True, 0), lambda v: v.std(1, keepdim=True)),
    Slip("forgets the root", Std("hw"), lambda v: v.var((2, 3))),
    Slip("the logarithm of the mean", LogSumExp("hw"), lambda v: v.exp().mean((2, 3)).log()),
    Slip("does not take out the largest", LogSumExp("hw"), lambda v: v.exp().sum((2, 3)).log(), "infinity", scale=100.0),
    Slip("the axis of channels last", ArgMax("c"), lambda v: v.argmax(3, keepdim=True).permute(0, 3, 1, 2), square=True),
    Slip("the smallest", ArgMax("w"), lambda v: v.argmin(3, keepdim=True)),
    Slip("counted in int32", ArgMax("w"), lambda v: v.argmax(3, keepdim=True).int(), kind="dtype"),
    Slip("the default order", VectorNorm("hw", ord=1), lambda v: torch.linalg.vector_norm(v, dim=(2, 3))),
    Slip("of a matrix", VectorNorm("hw", ord=1), lambda v: torch.linalg.matrix_norm(v, 1)),
    Slip("of a matrix", VectorNorm("hw", ord=inf), lambda v: torch.linalg.matrix_norm(v, inf)),
    Slip("forgets the root", VectorNorm("c", True), lambda v: (v * v).sum(1, keepdim=True)),
]  # fmt: skip


@pytest.mark.parametrize("slip", SLIPS, ids=lambda slip: f"{slip.layer}-{slip.said}".replace(" ", "-"))
def test_a_slip_is_caught_in_its_layer(slip: Slip, monkeypatch: pytest.MonkeyPatch) -> None:
    case = slip.case
    honest = run(case, "torch", planted())
    assert honest.check.status == "pass", honest.check.reason
    monkeypatch.setattr(type(slip.layer), "to_torch", lambda self, torch, x: slip.wrong)
    found = run(case, "torch", planted())
    assert (found.kind, found.born) == (slip.kind, case.network.output.name), found.check.reason
