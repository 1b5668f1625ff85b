"""Slips that a port of an activation makes, each in a real torch spelling: all are caught, and none without a slip."""

from __future__ import annotations

import copy
from collections.abc import Callable
from typing import Any

import numpy as np
import pytest

from parity.axes import Array, Shape
from parity.cases import Case
from parity.layers import (
    CELU,
    ELU,
    GELU,
    GLU,
    SELU,
    HardShrink,
    HardSigmoid,
    HardSwish,
    HardTanh,
    Layer,
    LeakyReLU,
    LogSigmoid,
    LogSoftmax,
    Mish,
    PReLU,
    ReLU,
    ReLU6,
    Sigmoid,
    SiLU,
    Softmax,
    Softplus,
    SoftShrink,
    Softsign,
    Tanh,
    TanhShrink,
    Threshold,
)
from tests.faults.harness import planted, run

pytest.importorskip("torch", reason="the slips are in real torch modules")

Spelled = Callable[[Any], Any]  #: torch in, a function of the input out
Turned = Callable[[Array], Array]  #: stored parameters, as a slip hands them on

IMAGE: Shape = (2, 3, 5, 7)

#: What is meant, what is written instead, and the scale of the input: another layer, or torch itself.
SLIPS: list[tuple[str, Layer, Layer | Spelled, float]] = [
    ("no largest value", ReLU6(), ReLU(), 4.0),
    ("clipped on both sides", ReLU6(), HardTanh(-6.0, 6.0), 4.0),
    ("the hard one", Sigmoid(), HardSigmoid(), 1.0),
    ("one factor of two", Sigmoid(), lambda torch: lambda v: (torch.tanh(v) + 1) / 2, 1.0),
    ("one factor of two", Tanh(), lambda torch: lambda v: 2 * torch.sigmoid(v) - 1, 1.0),
    ("another sigmoid", Tanh(), Softsign(), 1.0),
    ("alpha left alone", ELU(0.3), ELU(), 1.0),
    ("alpha inside too", ELU(0.3), CELU(0.3), 1.0),
    ("no scale", SELU(), lambda torch: torch.nn.ELU(1.6732632423543772), 1.0),
    ("neither constant", SELU(), ELU(), 1.0),
    ("alpha outside alone", CELU(2.0), ELU(2.0), 1.0),
    ("alpha left alone", CELU(2.0), CELU(), 1.0),
    ("the tanh for the normal distribution", GELU(), GELU("tanh"), 1.0),
    ("the normal distribution for the tanh", GELU("tanh"), GELU(), 1.0),
    ("the quick sigmoid", GELU(), lambda torch: lambda v: v * torch.sigmoid(1.702 * v), 1.0),
    ("the gate alone", SiLU(), Sigmoid(), 1.0),
    ("the hard gate", SiLU(), HardSwish(), 1.0),
    ("beta left alone", Softplus(4.0), Softplus(), 1.0),
    ("not divided by beta", Softplus(4.0), lambda torch: lambda v: torch.nn.functional.softplus(4 * v), 1.0),
    ("threshold left alone", Softplus(threshold=2.0), Softplus(), 3.0),
    ("a root of squares", Softsign(), lambda torch: lambda v: v / torch.sqrt(1 + v * v), 1.0),
    ("no size", Softsign(), lambda torch: lambda v: v / (1 + v), 1e-3),
    ("the slope of ONNX", HardSigmoid(), lambda torch: lambda v: torch.clamp(0.2 * v + 0.5, 0, 1), 1.0),
    ("the smooth one", HardSigmoid(), Sigmoid(), 1.0),
    ("the slope of ONNX", HardSwish(), lambda torch: lambda v: v * torch.clamp(0.2 * v + 0.5, 0, 1), 1.0),
    ("the smooth one", HardSwish(), SiLU(), 1.0),
    ("ends left alone", HardTanh(-2.5, 6.0), HardTanh(), 4.0),
    ("one end for both", HardTanh(-2.5, 6.0), HardTanh(-6.0, 6.0), 4.0),
    ("no sign within", LogSigmoid(), lambda torch: lambda v: -torch.nn.functional.softplus(v), 1.0),
    ("the logarithm of what is zero", LogSigmoid(), lambda torch: lambda v: torch.log(torch.sigmoid(v)), 100.0),
    ("no softplus", Mish(), lambda torch: lambda v: v * torch.tanh(torch.exp(v)), 1.0),
    ("another gate", Mish(), SiLU(), 1.0),
    ("the wrong way round", TanhShrink(), lambda torch: lambda v: torch.tanh(v) - v, 1.0),
    ("no difference", TanhShrink(), Tanh(), 1.0),
    ("the edge left alone", HardShrink(0.1), HardShrink(), 1.0),
    ("shrunk as well", HardShrink(0.1), SoftShrink(0.1), 1.0),
    ("the edge left alone", SoftShrink(0.1), SoftShrink(), 1.0),
    ("not shrunk", SoftShrink(0.1), HardShrink(0.1), 1.0),
    ("arguments swapped", Threshold(0.1, 20.0), Threshold(20.0, 0.1), 1.0),
    ("zero below", Threshold(0.1, 20.0), Threshold(0.1, 0.0), 1.0),
    ("the last axis", Softmax(1), Softmax(-1), 1.0),
    ("nothing taken off", Softmax(1), lambda torch: lambda v: v.exp() / v.exp().sum(1, keepdim=True), 100.0),
    ("the last axis", LogSoftmax(1), LogSoftmax(-1), 1.0),
    ("the logarithm of what is zero", LogSoftmax(1), lambda torch: lambda v: v.softmax(1).log(), 100.0),
    ("halves swapped", GLU(1), lambda torch: lambda v: v[:, :3].sigmoid() * v[:, 3:], 1.0),
    ("every other channel", GLU(1), lambda torch: lambda v: v[:, ::2] * v[:, 1::2].sigmoid(), 1.0),
    ("the last axis", GLU(1), GLU(-1), 1.0),
    ("no largest value", ReLU(max_value=2.5), ReLU(), 4.0),
    ("slope of Keras", ReLU(negative_slope=0.1), LeakyReLU(0.3), 1.0),
    ("slope of Keras", LeakyReLU(), LeakyReLU(0.3), 1.0),
    ("the modulus", LeakyReLU(), lambda torch: lambda v: torch.where(v > 0, v, -0.01 * v), 1.0),
    ("slope from zero on", ReLU(None, 0.1, 1.0), lambda torch: lambda v: torch.where(v > 1, v, 0.1 * v), 1.0),
    ("threshold taken off", ReLU(threshold=1.0), lambda torch: lambda v: torch.relu(v - 1), 1.0),
]

#: What is meant, how its slopes are handed on instead, and the shape of the input.
STORED: list[tuple[str, PReLU, Turned, Shape]] = [
    ("slopes as torch draws them", PReLU(), lambda slope: np.full_like(slope, 0.25), IMAGE),
    ("slopes in the wrong order", PReLU(3), lambda slope: slope[::-1].copy(), IMAGE),
    ("one slope for all", PReLU(37), lambda slope: np.full_like(slope, slope[0]), (2, 37)),
    ("channels last", PReLU((3, 5, 7)), lambda slope: slope.transpose(1, 2, 0).reshape(slope.shape), IMAGE),
]


def slipped(layer: Layer, wrong: Layer | Spelled) -> Layer:
    """The layer, whose torch spelling is another's."""
    made = copy.copy(layer)
    object.__setattr__(made, "to_torch", wrong.to_torch if isinstance(wrong, Layer) else lambda torch, x: wrong(torch))
    return made


def mislaid(layer: PReLU, turned: Turned) -> Layer:
    """The layer, whose torch spelling gets its slopes in another way."""
    made = copy.copy(layer)
    object.__setattr__(made, "torch_state", lambda x, slope: {"weight": turned(slope)})
    return made


def shape(layer: Layer) -> Shape:
    """The shape on which a slip is made."""
    return (2, 6, 5, 8) if isinstance(layer, GLU) else IMAGE


@pytest.mark.parametrize(("what", "meant", "wrong", "scale"), SLIPS, ids=[f"{s[1]}-{s[0]}" for s in SLIPS])
def test_a_slip_is_caught(what: str, meant: Layer, wrong: Layer | Spelled, scale: float) -> None:
    found = run(Case("slip", slipped(meant, wrong), shape(meant), scale=scale), "torch", planted())
    assert found.kind is not None, found.check.reason
    assert found.born == meant.kind


@pytest.mark.parametrize(("what", "meant", "turned", "size"), STORED, ids=[f"{s[1]}-{s[0]}" for s in STORED])
def test_slopes_that_are_mislaid_are_caught(what: str, meant: PReLU, turned: Turned, size: Shape) -> None:
    found = run(Case("slip", mislaid(meant, turned), size), "torch", planted())
    assert (found.kind, found.born) == ("value", "prelu"), found.check.reason


HONEST = {(str(meant), scale): meant for _, meant, _, scale in SLIPS} | {(str(s[1]), 1.0): s[1] for s in STORED}


@pytest.mark.parametrize(("said", "scale"), HONEST, ids=lambda value: str(value))
def test_without_a_slip_the_same_check_passes(said: str, scale: float) -> None:
    meant = HONEST[said, scale]
    size = (2, 37) if meant == PReLU(37) else shape(meant)
    found = run(Case("slip", meant, size, scale=scale), "torch", planted())
    assert found.check.status == "pass", found.check.reason
