"""Pools over whole images and adaptive pools: their fields, and their windows against a loop."""

from __future__ import annotations

import re
from math import ceil, floor
from typing import Any

import numpy as np
import pytest

from parity.axes import Tensor
from parity.cases import output_shape
from parity.errors import FieldError
from parity.layers import AdaptiveAvgPool2D, AdaptiveMaxPool2D, GlobalAvgPool2D, GlobalMaxPool2D, Layer, LPPool2D
from parity.layers.definition import define
from tests.unit.strategies import arrays, reference


@pytest.mark.parametrize(
    ("make", "mend"),
    [
        (lambda: GlobalAvgPool2D(keepdims=1), "GlobalAvgPool2D: keepdims=1 must be True or False"),  # type: ignore[arg-type]
        (lambda: AdaptiveAvgPool2D(0), "AdaptiveAvgPool2D: output_size=0 must be at least 1"),
        (lambda: AdaptiveMaxPool2D((1, 2, 3)), "AdaptiveMaxPool2D: output_size=(1, 2, 3) must be"),  # type: ignore[arg-type]
        (lambda: AdaptiveMaxPool2D(None), "AdaptiveMaxPool2D: output_size=None must be"),  # type: ignore[arg-type]
        (lambda: LPPool2D(0, 3), "LPPool2D: p=0 must be a whole number"),
        (lambda: LPPool2D(2.5, 3), "LPPool2D: p=2.5 must be a whole number"),  # type: ignore[arg-type]
    ],
)
def test_a_field_out_of_range_names_the_field_the_value_and_the_mend(make: Any, mend: str) -> None:
    with pytest.raises(FieldError, match=re.escape(mend)):
        make()


@pytest.mark.parametrize(
    "layer", [GlobalAvgPool2D(), GlobalMaxPool2D(), AdaptiveAvgPool2D(1), AdaptiveMaxPool2D(1)], ids=str
)
def test_features_are_refused(layer: Layer) -> None:
    with pytest.raises(FieldError, match=r"needs an image \(N, C, H, W\), got \(2, 37\)"):
        output_shape(layer, (2, 37))


@pytest.mark.parametrize("size", [(3, 4), (1, 1), (11, 7), (13, 5), (None, 4), 5])
@pytest.mark.parametrize(("make", "pooled"), [(AdaptiveAvgPool2D, np.mean), (AdaptiveMaxPool2D, np.max)])
def test_windows_begin_at_the_floor_and_end_at_the_ceiling(make: Any, pooled: Any, size: Any) -> None:
    x = arrays((2, 3, 11, 14), 0)
    rows, columns = size if isinstance(size, tuple) else (size, size)
    rows = 11 if rows is None else rows
    expected = np.empty((2, 3, rows, columns))
    for i in range(rows):
        for j in range(columns):
            band = slice(floor(i * 11 / rows), ceil((i + 1) * 11 / rows))
            cut = slice(floor(j * 14 / columns), ceil((j + 1) * 14 / columns))
            expected[:, :, i, j] = pooled(x[:, :, band, cut].astype(np.float64), axis=(2, 3))
    assert np.max(np.abs(reference(make(size), x) - expected)) < 1e-12


def test_windows_that_are_alike_are_one_pool() -> None:
    kinds = [node.kind for node in define(AdaptiveAvgPool2D((3, 5)), (Tensor((2, 4, 6, 10)),)).graph.nodes]
    assert kinds == ["AveragePool"]
