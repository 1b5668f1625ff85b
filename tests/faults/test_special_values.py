"""Faults that only NaN, infinities, signed zeros, ties, tails and empty arrays show: all are caught, and an honest freedom is not."""

from __future__ import annotations

import copy
from collections.abc import Callable
from typing import Any

import pytest

from parity.axes import Shape
from parity.cases import Case
from parity.cases.values import Values
from parity.layers import (
    GELU,
    ArgMax,
    AvgPool2D,
    Flatten,
    GlobalMaxPool2D,
    HardSigmoid,
    HardTanh,
    InstanceNorm2D,
    Layer,
    LogSigmoid,
    Max,
    MaxPool2D,
    Pad2D,
    PixelShuffle,
    ReLU,
    Sigmoid,
    Softmax,
    Softplus,
    Tanh,
    Upsample,
)
from tests.faults.harness import planted, run

pytest.importorskip("torch", reason="the faults are in real torch functions")

Spelled = Callable[[Any], Any]  #: torch in, a function of the input out

IMAGE, ROWS, POOLED, EMPTY = (1, 3, 8, 37), (11, 37), (2, 3, 11, 37), (0, 3, 8, 10)


def finite(torch: Any, v: Any) -> Any:
    return torch.nan_to_num(v, nan=0.0, posinf=float("inf"), neginf=float("-inf"))


def last_of_ties(torch: Any) -> Any:
    return lambda v: v.shape[1] - 1 - torch.argmax(v.flip(1), 1, keepdim=True)


#: What is wrong, the layer, the input's shape and values, torch's wrong spelling, and how it is told.
FAULTS: list[tuple[str, Layer, Shape, Values, Spelled, str]] = [
    ("NaN becomes 0", ReLU(), IMAGE, "special", lambda torch: lambda v: torch.relu(finite(torch, v)), "nan"),
    ("NaN takes the last branch", ReLU(), IMAGE, "special", lambda torch: lambda v: torch.where(v > 0, v, 0.0), "nan"),
    ("NaN is the least", MaxPool2D(2), POOLED, "sparse",
     lambda torch: lambda v: torch.nn.functional.max_pool2d(torch.nan_to_num(v, nan=-1e30), 2), "nan"),
    ("NaN is left out", Max("f", keepdims=True), ROWS, "sparse",
     lambda torch: lambda v: torch.nan_to_num(v, nan=float("-inf")).amax(1, keepdim=True), "nan"),
    ("NaN is not counted", AvgPool2D(2), POOLED, "sparse",
     lambda torch: lambda v: torch.nn.functional.avg_pool2d(finite(torch, v), 2), "nan"),
    ("infinity is the largest number", GlobalMaxPool2D(), (7, 3, 2, 5), "sparse",
     lambda torch: lambda v: v.clamp(-3.4e38, 3.4e38).amax((2, 3)), "infinity"),
    ("the largest is not taken off", Softmax(-1), (2, 37), "grid", lambda torch: lambda v: v.exp() / v.exp().sum(1, keepdim=True), "nan"),
    ("infinity by infinity", Sigmoid(), IMAGE, "grid", lambda torch: lambda v: v.exp() / (1 + v.exp()), "nan"),
    ("a difference over a sum", Tanh(), IMAGE, "grid", lambda torch: lambda v: (v.exp() - (-v).exp()) / (v.exp() + (-v).exp()), "nan"),
    ("no form for large numbers", Softplus(), IMAGE, "grid", lambda torch: lambda v: torch.log(1 + v.exp()), "infinity"),
    ("the logarithm of what is 0", LogSigmoid(), IMAGE, "grid", lambda torch: lambda v: torch.log(torch.sigmoid(v)), "infinity"),
    ("clipped at 80", LogSigmoid(), IMAGE, "grid", lambda torch: lambda v: torch.nn.functional.logsigmoid(v.clamp(-80, 80)), "value"),
    ("its square overflows", GELU("tanh"), IMAGE, "special",
     lambda torch: lambda v: 0.5 * v * (1 + torch.tanh(0.7978845608 * (v + 0.044715 * v * v * v * v / v))), "nan"),
    ("its flat end keeps infinity", HardSigmoid(), IMAGE, "special", lambda torch: lambda v: (v / 6 + 0.5).clamp(min=0), "infinity"),
    ("a zero loses its sign", HardTanh(), IMAGE, "special", lambda torch: lambda v: v.clamp(-1, 1) + 0.0, "zero-sign"),
    ("a zero loses its sign", PixelShuffle(2), (2, 12, 5, 7), "special",
     lambda torch: lambda v: torch.nn.functional.pixel_shuffle(v + 0.0, 2), "zero-sign"),
    ("a zero loses its sign", Pad2D(1), (2, 3, 7, 11), "special",
     lambda torch: lambda v: torch.nn.functional.pad(torch.where(v == 0, 0.0, v), (1, 1, 1, 1)), "zero-sign"),
    ("neighbours times 0", Upsample(scale_factor=2.0), (2, 3, 7, 11), "special",
     lambda torch: lambda v: (v + 0 * v.roll(1, 3)).repeat_interleave(2, 2).repeat_interleave(2, 3), "nan"),
    ("the last of equals", ArgMax("f"), ROWS, "ties", last_of_ties, "value"),
    ("the square of the mean taken off", InstanceNorm2D(3), (7, 3, 2, 5), "constant",
     lambda torch: lambda v: (v - v.mean((2, 3), keepdim=True)) / ((v * v).mean((2, 3), keepdim=True) - 0.49).sqrt(), "nan"),
    ("an empty batch is flat", Flatten(), EMPTY, "normal", lambda torch: lambda v: v.reshape(-1), "shape"),
    ("an empty batch is one image", ReLU(), EMPTY, "normal", lambda torch: lambda v: torch.zeros(1, *v.shape[1:]), "shape"),
    ("an empty batch is float64", ReLU(), EMPTY, "normal", lambda torch: lambda v: v.double(), "dtype"),
    ("an empty batch has no channels", MaxPool2D(2), EMPTY, "normal", lambda torch: lambda v: v[:, :0, ::2, ::2], "shape"),
]  # fmt: skip

#: What a kernel may make of what is left open: the layer, shape and values, and a spelling that is not to be flagged.
FREE: list[tuple[str, Layer, Shape, Values, Spelled]] = [
    ("the limit at minus infinity", GELU("tanh"), IMAGE, "special",
     lambda torch: lambda v: torch.where(v == float("-inf"), 0.0, torch.nn.functional.gelu(v, approximate="tanh"))),
    ("the place of a number beside NaN", ArgMax("f"), ROWS, "sparse",
     lambda torch: lambda v: torch.where(v.isnan(), float("-inf"), v).argmax(1, keepdim=True)),
    ("either zero of a tie", ReLU(), IMAGE, "special", lambda torch: lambda v: torch.where(v == 0, -0.0, torch.relu(v))),
    ("subnormals flushed", HardTanh(), IMAGE, "special",
     lambda torch: lambda v: torch.where(v.abs() < 1.1754943508222875e-38, v * 0, v).clamp(-1, 1)),
    ("another formula of a straight line", Upsample(scale_factor=2.0, mode="bilinear"), (2, 3, 8, 12), "sparse",
     lambda torch: lambda v: torch.nn.functional.interpolate(v, scale_factor=2.0, mode="bilinear")),
]  # fmt: skip


def spelled(layer: Layer, wrong: Spelled) -> Layer:
    """The layer, whose torch spelling is this one."""
    made = copy.copy(layer)
    object.__setattr__(made, "to_torch", lambda torch, x: wrong(torch))
    return made


def case(layer: Layer, shape: Shape, values: Values) -> Case:
    return Case("planted", layer, shape, values=values)


@pytest.mark.parametrize(
    ("what", "layer", "shape", "values", "wrong", "kind"), FAULTS, ids=[f"{f[1]}-{f[0]}" for f in FAULTS]
)
def test_a_fault_is_caught(what: str, layer: Layer, shape: Shape, values: Values, wrong: Spelled, kind: str) -> None:
    found = run(case(spelled(layer, wrong), shape, values), "torch", planted())
    assert found.kind == kind, found.check.reason
    assert found.born in (layer.kind, None)


@pytest.mark.parametrize(("what", "layer", "shape", "values", "free"), FREE, ids=[f"{f[1]}-{f[0]}" for f in FREE])
def test_what_is_left_open_is_not_flagged(what: str, layer: Layer, shape: Shape, values: Values, free: Spelled) -> None:
    found = run(case(spelled(layer, free), shape, values), "torch", planted())
    assert found.check.status == "pass", found.check.reason


HONEST = {(str(f[1]), f[2], f[3]): f[1] for f in FAULTS}


@pytest.mark.parametrize(("said", "shape", "values"), HONEST)
def test_without_a_fault_the_same_check_passes(said: str, shape: Shape, values: Values) -> None:
    found = run(case(HONEST[said, shape, values], shape, values), "torch", planted())
    assert found.check.status == "pass", found.check.reason


def test_what_is_not_judged_is_told() -> None:
    found = run(case(ArgMax("f"), ROWS, "sparse"), "torch", planted())
    notes = [probe.note for probe in found.check.probes]
    assert any("10 of 22 elements are unspecified: no order tells where NaN stands" in note for note in notes), notes
