"""Reductions against numpy, and the fields that they refuse."""

from __future__ import annotations

from collections.abc import Callable
from math import inf
from typing import Any

import numpy as np
import pytest

from parity.axes import Tensor
from parity.errors import FieldError
from parity.layers import ArgMax, Layer, LogSumExp, Max, Mean, Min, Prod, Std, Sum, Var, VectorNorm
from tests.unit.strategies import arrays, output, reference

AXES = {"c": (1,), "h": (2,), "cw": (1, 3), "hw": (2, 3), "chw": (1, 2, 3)}

MADE: list[tuple[Callable[[str, bool], Layer], Callable[..., Any]]] = [
    (Sum, np.sum),
    (Mean, np.mean),
    (Max, np.max),
    (Min, np.min),
    (Prod, np.prod),
    (lambda a, k: Var(a, k), lambda x, **how: np.var(x, ddof=1, **how)),
    (lambda a, k: Std(a, k, 0), np.std),
    (LogSumExp, lambda x, **how: np.log(np.sum(np.exp(x), **how))),
    *(
        (lambda a, k, ord=ord: VectorNorm(a, k, ord), f)  # type: ignore[misc]
        for ord, f in {
            1: lambda x, **how: np.sum(np.abs(x), **how),
            2: lambda x, **how: np.sqrt(np.sum(x * x, **how)),
            2.5: lambda x, **how: np.sum(np.abs(x) ** 2.5, **how) ** (1 / 2.5),
            inf: lambda x, **how: np.max(np.abs(x), **how),
            -inf: lambda x, **how: np.min(np.abs(x), **how),
        }.items()
    ),
]


@pytest.mark.parametrize("made", MADE, ids=lambda made: str(made[0]("c", True)))
@pytest.mark.parametrize("axes", AXES)
def test_a_reduction_is_numpys_along_the_axes_it_names(made: tuple[Any, Any], axes: str) -> None:
    x = arrays((2, 3, 4, 5), 0)
    for keepdims in (True, False) if axes == "hw" else (True,):
        layer, expected = made[0](axes, keepdims), made[1](x.astype(np.float64), axis=AXES[axes], keepdims=keepdims)
        y = reference(layer, x)
        assert output(layer, Tensor(x.shape)).shape == y.shape == expected.shape
        # Settings of a file are float32, as 1 / ord is.
        assert np.all(np.abs(y - expected) <= 1e-6 * (1 + np.abs(expected)))


@pytest.mark.parametrize("axis", ["c", "h", "w"])
def test_the_first_of_several_largest_counts(axis: str) -> None:
    x = np.maximum(arrays((2, 3, 4, 5), 0), 0)
    y = reference(ArgMax(axis), x)
    assert y.dtype == np.int64
    assert output(ArgMax(axis), Tensor(x.shape)) == Tensor(y.shape, dtype="int64")
    np.testing.assert_array_equal(y, x.argmax(axis={"c": 1, "h": 2, "w": 3}[axis], keepdims=True))


def test_features_are_reduced_to_one() -> None:
    x = arrays((2, 7), 0)
    np.testing.assert_array_equal(reference(Max("f", keepdims=True), x), x.max(axis=1, keepdims=True))


@pytest.mark.parametrize(
    ("make", "said"),
    [
        (lambda: Mean("wh"), "axes='wh' must be some of the axes c, h and w of an image, in that order, or f of features"),
        (lambda: Mean("n", keepdims=True), "axes='n' must be some of the axes"),
        (lambda: Mean(""), "axes='' must be some of the axes"),
        (lambda: Sum("c"), "keepdims=False must be True for axes='c': what is left would be neither an image nor features"),
        (lambda: Max("f"), "keepdims=False must be True for axes='f'"),
        (lambda: Var("hw", correction=-1), "correction=-1 must be a whole number of at least 0"),
        (lambda: Var("hw", correction=True), "correction=True must be a whole number of at least 0"),
        (lambda: VectorNorm("hw", ord=0), "ord=0 must be a number of at least 1, inf or -inf"),
        (lambda: ArgMax("hw"), "axis='hw' must be one of the axes c, h and w of an image, or f of features"),
        (lambda: output(ArgMax("f"), Tensor((2, 60), (3, 4, 5))), "axis='f' does not fit an image that was folded into"),
        (lambda: output(Mean("f", keepdims=True), Tensor((2, 3, 4, 5))), "axes='f' does not fit an input of axes n c h w"),
        (lambda: output(Mean("hw"), Tensor((2, 60))), "axes='hw' does not fit an input of axes n f"),
        (lambda: output(Std("w", True, 5), Tensor((2, 3, 4, 5))), "correction=5 must be below the 5 numbers that become one"),
    ],
)  # fmt: skip
def test_fields_out_of_range_are_refused_in_a_sentence(make: Callable[[], object], said: str) -> None:
    with pytest.raises(FieldError) as caught:
        make()
    assert said in str(caught.value)
