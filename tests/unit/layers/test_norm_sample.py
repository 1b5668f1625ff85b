"""Normalisations along chosen axes: which fields they take, what they see of an image, how Keras stores their parameters."""

from __future__ import annotations

import re
from typing import Any

import numpy as np
import pytest

from parity.axes import Tensor
from parity.cases import output_shape
from parity.errors import FieldError
from parity.layers import GroupNorm, InstanceNorm2D, Layer, LayerNorm, LocalResponseNorm, RMSNorm, UnitNorm
from parity.layers.definition import define
from tests.unit.strategies import arrays, reference

IMAGE = (2, 6, 5, 7)


@pytest.mark.parametrize(
    ("make", "mend"),
    [
        (lambda: LayerNorm("HC", (5, 6)), "LayerNorm: axes='HC' must be one of F, C, W, HW, CHW"),
        (lambda: LayerNorm("HW", 5), 'LayerNorm: sizes=5 must be a size of at least 1 for each axis of "HW"'),
        (lambda: LayerNorm("W", 0), "LayerNorm: sizes=0 must be a size"),
        (lambda: LayerNorm("W", 7, eps=0.0), "LayerNorm: eps=0.0 must be a number between 0 and 1"),
        (lambda: LayerNorm("W", 7, affine="bias"), "LayerNorm: affine='bias' must be True or False, or"),
        (lambda: GroupNorm(4, 6), "GroupNorm: groups=4 must be a whole number that divides channels=6"),
        (lambda: InstanceNorm2D(0), "InstanceNorm2D: channels=0 must be a whole number"),
        (lambda: RMSNorm("W", 7, eps=2.0), "RMSNorm: eps=2.0 must be None or a number between 0 and 1"),
        (lambda: RMSNorm("W", 7, affine="scale"), "RMSNorm: affine='scale' must be True or False"),
        (lambda: UnitNorm("C", p=0), "UnitNorm: p=0 must be a whole number of at least 1"),
        (lambda: UnitNorm("C", eps=0.0), "UnitNorm: eps=0.0 must be a number above 0"),
        (lambda: LocalResponseNorm(0), "LocalResponseNorm: size=0 must be a whole number of at least 1"),
        (lambda: LocalResponseNorm(5, beta=-1.0), "LocalResponseNorm: beta=-1.0 must be a number from 0"),
        (lambda: LocalResponseNorm(5, k=0.0), "LocalResponseNorm: k=0.0 must be a number above 0"),
    ],
)
def test_a_field_out_of_range_names_the_field_the_value_and_the_mend(make: Any, mend: str) -> None:
    with pytest.raises(FieldError, match=re.escape(mend)):
        make()


@pytest.mark.parametrize(
    ("layer", "shape"),
    [
        (LayerNorm("F", 6), IMAGE),
        (LayerNorm("C", 7), IMAGE),
        (LayerNorm("W", 37), (2, 37)),
        (RMSNorm("HW", (7, 5)), IMAGE),
        (GroupNorm(3, 9), IMAGE),
        (InstanceNorm2D(6), (2, 6)),
        (UnitNorm("C"), (2, 37)),
        (LocalResponseNorm(3), (2, 37)),
    ],
    ids=str,
)
def test_an_input_of_another_kind_or_size_is_refused(layer: Layer, shape: tuple[int, ...]) -> None:
    with pytest.raises(FieldError, match=re.escape(str(shape))):
        output_shape(layer, shape)


@pytest.mark.parametrize(
    ("layer", "everything"),
    [
        (LayerNorm("C", 6), False),
        (LayerNorm("W", 7), True),
        (LayerNorm("CHW", (6, 5, 7)), True),
        (RMSNorm("C", 6), False),
        (RMSNorm("HW", (5, 7)), True),
        (UnitNorm("C"), False),
        (UnitNorm("HW"), True),
        (LocalResponseNorm(3), False),
        (GroupNorm(3, 6), True),
        (InstanceNorm2D(6), True),
    ],
    ids=str,
)
def test_a_layer_along_the_channels_sees_one_place_and_any_other_the_whole_image(
    layer: Layer, everything: bool
) -> None:
    assert define(layer, (Tensor(IMAGE),)).sees_everything is everything
    # ... and so it is: of an image whose other places move, what is at one place moves or does not.
    x, parameters = arrays(IMAGE, 0), {name: arrays(p.shape, 1) for name, p in layer.parameters().items()}
    moved = arrays(IMAGE, 2)
    moved[..., 0, 0] = x[..., 0, 0]
    one, other = (reference(layer, v, **parameters)[..., 0, 0] for v in (x, moved))
    assert np.array_equal(one, other) is not everything


@pytest.mark.parametrize("make", [LayerNorm, RMSNorm])
def test_keras_stores_a_gamma_of_an_image_with_the_channels_last(make: type[Layer]) -> None:
    layer: Any = make("CHW", (6, 5, 7))  # type: ignore[call-arg]
    stored = {name: arrays(p.shape, 1) for name, p in layer.parameters().items()}
    listed = layer.keras_weights(Tensor(IMAGE), **stored)
    assert [array.shape for array in listed] == [(5, 7, 6)] * len(stored)
    assert listed[0][1, 2, 3] == stored["gamma"][3, 1, 2]


@pytest.mark.parametrize("size", [1, 2, 3, 4, 5, 13])
def test_the_window_of_channels_begins_half_a_size_before(size: int) -> None:
    x = arrays((2, 9, 3, 4), 0).astype(np.float64)
    expected = np.empty_like(x)
    for c in range(9):
        first = c - size // 2
        total = np.square(x[:, max(first, 0) : first + size]).sum(axis=1)
        expected[:, c] = x[:, c] / (2.0 + 0.5 / size * total) ** 0.75
    found = reference(LocalResponseNorm(size, alpha=0.5, k=2.0), x.astype(np.float32))
    assert np.max(np.abs(found - expected)) < 1e-12
