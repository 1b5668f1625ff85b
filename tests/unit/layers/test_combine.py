"""What may be combined element by element: one shape, or sizes of 1 that are repeated, and features folded alike."""

from __future__ import annotations

import numpy as np
import pytest

from parity.axes import Shape, Tensor
from parity.cases import Case, Graph
from parity.cases.network import INPUT
from parity.cases.probes import why_not
from parity.layers import Add, Average, Conv2D, Layer, Maximum, Mean, Minimum, Multiply, Sigmoid, Subtract, Sum
from tests.unit.strategies import arrays, output, reference

EXPECTED = {
    Add(): lambda a, b: a + b,
    Subtract(): lambda a, b: a - b,
    Multiply(): lambda a, b: a * b,
    Maximum(): np.maximum,
    Minimum(): np.minimum,
    Average(): lambda a, b: (a + b) / 2,
}


@pytest.mark.parametrize("layer", EXPECTED, ids=str)
@pytest.mark.parametrize("other", [(2, 3, 4, 5), (2, 3, 1, 1), (2, 1, 4, 5), (2, 1, 1, 1)], ids=str)
def test_an_axis_of_size_one_is_repeated_whichever_comes_first(layer: Layer, other: Shape) -> None:
    x, y = arrays((2, 3, 4, 5), 0).astype(np.float64), arrays(other, 1).astype(np.float64)
    for a, b in ((x, y), (y, x)):
        assert output(layer, Tensor(a.shape), Tensor(b.shape)) == Tensor((2, 3, 4, 5))
        np.testing.assert_array_equal(reference(layer, a, b), EXPECTED[layer](a, b))


@pytest.mark.parametrize("other", [(2, 3, 4, 6), (1, 3, 4, 5), (2, 60), (2, 3)])
def test_what_does_not_fit_is_refused_with_its_shapes(other: Shape) -> None:
    with pytest.raises(ValueError, match=r"inputs \[.*\] must have one shape, or sizes of 1 where they differ"):
        output(Multiply(), Tensor((2, 3, 4, 5)), Tensor(other))


def test_features_that_were_folded_from_different_images_are_refused() -> None:
    folded, plain, one = Tensor((2, 60), (3, 4, 5)), Tensor((2, 60)), Tensor((2, 1))
    assert output(Add(), folded, folded) == folded
    assert output(Add(), one, plain) == plain
    for other in (plain, one):
        with pytest.raises(ValueError, match="must be folded alike"):
            output(Add(), other, folded)


@pytest.mark.parametrize("swapped", [False, True])
def test_a_gate_sees_all_that_it_is_made_of_and_what_it_gates_its_own_place(swapped: bool) -> None:
    network = Graph(
        near=(Conv2D(3, 3, 3, padding=1), "input"),
        mean=(Mean("hw", keepdims=True), "input"),
        gate=(Conv2D(3, 3, 1), "mean"),
        out=(Multiply(), "gate", "near") if swapped else (Multiply(), "near", "gate"),
    )
    x = Tensor((2, 3, 7, 9))
    assert network.sees(x, "out", (3, 4), "gate") == ((0, 0), (0, 0), False)
    assert network.sees(x, "out", (3, 4), "near") == ((3, 3), (4, 4), False)
    assert network.sees(x, "out", (3, 4), INPUT) == ((0, 6), (0, 8), False)
    assert network.receptive_fields(x)["out"] is None


def test_whole_numbers_are_asked_only_where_their_products_and_sums_stay_exact() -> None:
    def squared(channels: int, size: int) -> Case:
        network = Graph(
            left=(Conv2D(channels, 5, 3), "input"),
            right=(Conv2D(channels, 5, 1), "input"),
            cropped=(Conv2D(5, 5, 3), "right"),
            both=(Multiply(), "left", "cropped"),
            total=(Sum("hw"), "both"),
        )
        return Case("squared", network, (2, channels, size, size + 1))

    assert why_not(squared(1, 4), "integer") == ""
    assert "pass 2^24" in why_not(squared(1, 2000), "integer")


def test_a_gate_rounds() -> None:
    gated = Graph(gate=(Sigmoid(), "input"), out=(Multiply(), "input", "gate"))
    assert why_not(Case("gated", gated, (2, 3, 4, 5)), "integer") == "gate (Sigmoid()) rounds even whole numbers"
