"""Where a framework keeps a layer's parameters: gradients by what it keeps, as gradients by what parity stores."""

from __future__ import annotations

from typing import Any

import numpy as np
import pytest

from parity.axes import Tensor
from parity.errors import Unsupported
from parity.layers import (
    BatchNorm2D,
    Conv1D,
    Conv2D,
    Conv3D,
    ConvTranspose2D,
    DepthwiseConv2D,
    GroupNorm,
    InstanceNorm2D,
    Layer,
    LayerNorm,
    Linear,
    PReLU,
    RMSNorm,
    SeparableConv2D,
)
from parity.routes.frameworks.placing import FIRST, placing

IMAGE = Tensor((2, 6, 5, 7))
FOLDED = Tensor((2, 210), (6, 5, 7))
LAYERS: list[tuple[Layer, Tensor]] = [
    (Conv1D(6, 4, 3), Tensor((2, 6, 9))),
    (Conv2D(6, 4, (2, 3)), IMAGE),
    (Conv3D(2, 3, (1, 2, 3)), Tensor((1, 2, 3, 4, 5))),
    (DepthwiseConv2D(6, 3, depth_multiplier=2), IMAGE),
    (SeparableConv2D(6, 4, 3), IMAGE),
    (ConvTranspose2D(6, 4, 3, stride=2, dilation=2, groups=2), IMAGE),
    (Linear(210, 4), FOLDED),
    (BatchNorm2D(6), IMAGE),
    (BatchNorm2D(6, affine="scale"), IMAGE),
    (LayerNorm("CHW", (6, 5, 7)), IMAGE),
    (GroupNorm(2, 6), IMAGE),
    (InstanceNorm2D(6, affine=True), IMAGE),
    (RMSNorm("C", 6), IMAGE),
    (PReLU(6), IMAGE),
    (PReLU((6, 5, 7)), IMAGE),
]


@pytest.mark.parametrize(("layer", "x"), LAYERS, ids=lambda value: str(value) if isinstance(value, Layer) else "")
@pytest.mark.parametrize("spelling", ["torch", "keras"])
def test_what_is_kept_comes_back_in_the_parameters_axes(layer: Layer, x: Tensor, spelling: str) -> None:
    def spelled(**parameters: Any) -> Any:
        if spelling == "torch":
            return layer.torch_state(x, **parameters).items()
        return enumerate(layer.keras_weights(x, **parameters))

    stored = {
        name: np.random.default_rng(i).standard_normal(p.shape).astype(np.float32)
        for i, (name, p) in enumerate(layer.parameters().items())
    }
    found = placing(layer, spelled).gathered(dict(spelled(**stored)), tuple(stored))
    for (name, array), back in zip(stored.items(), found, strict=True):
        assert np.array_equal(back, array), name


NORM = BatchNorm2D(3)


def test_constants_beside_the_parameters_are_none_of_them() -> None:
    found = placing(NORM, lambda **p: [("kept", np.stack([*p.values(), np.ones(3), np.full(3, 1e-5)]))])
    assert np.count_nonzero(found.numbers["kept"] >= 0) == 12


@pytest.mark.parametrize(
    ("spelled", "said"),
    [
        (lambda **p: [("kept", np.stack([*p.values()]) * 2)], "in another way than its parameters are stored"),
        (lambda **p: [("kept", np.stack([*p.values()]) + FIRST)], "in another way than its parameters are stored"),
        (lambda **p: [("kept", p["gamma"])], "keeps less than its parameters"),
    ],
)
def test_what_is_computed_or_lost_is_unsupported(spelled: Any, said: str) -> None:
    with pytest.raises(Unsupported, match=said):
        placing(NORM, spelled)


def test_a_parameter_that_lies_where_nothing_is_derived_by_is_unsupported() -> None:
    found = placing(NORM, lambda **p: p.items())
    gradients = {"gamma": np.ones(3, np.float32)}
    assert np.array_equal(found.gathered(gradients, ["gamma"])[0], np.ones(3))
    with pytest.raises(Unsupported, match="beta is kept where the framework derives nothing by it"):
        found.gathered(gradients, ["gamma", "beta"])


def test_what_is_kept_twice_adds_up() -> None:
    found = placing(NORM, lambda **p: [("once", np.stack([*p.values()])), ("twice", p["gamma"])])
    gradients = {"once": np.ones((4, 3), np.float32), "twice": np.ones(3, np.float32)}
    assert [part.tolist() for part in found.gathered(gradients, ["gamma", "beta"])] == [[2, 2, 2], [1, 1, 1]]
