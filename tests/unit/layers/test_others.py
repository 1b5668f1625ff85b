"""Layers that drop, unpool, fold and sample: what they refuse, their shapes, and what an element of them sees."""

from __future__ import annotations

from collections.abc import Callable

import pytest

from parity.axes import Shape, Tensor
from parity.cases import Graph, Sequential, output_shape
from parity.cases.network import as_network
from parity.errors import FieldError
from parity.layers import (
    AlphaDropout,
    Bilinear,
    ChannelDropout,
    Conv1D,
    CosineSimilarity,
    CumSum,
    Fold,
    GaussianDropout,
    GaussianNoise,
    GridSample,
    Layer,
    MaxPoolIndices2D,
    MaxUnpool2D,
    PairwiseDistance,
    Unfold,
)


@pytest.mark.parametrize(
    ("make", "message"),
    [
        (lambda: ChannelDropout(1.0), "ChannelDropout: rate=1.0 must be from 0.0"),
        (lambda: AlphaDropout(0.5, channels=1), "AlphaDropout: channels=1 must be True or False"),  # type: ignore[arg-type]
        (lambda: GaussianNoise(-0.1), "GaussianNoise: stddev=-0.1 must be a number of at least 0"),
        (lambda: GaussianDropout(-0.1), "GaussianDropout: rate=-0.1 must be from 0.0"),
        (lambda: Bilinear(3, 0, 2), "Bilinear: in2_features=0 must be a whole number"),
        (
            lambda: MaxPoolIndices2D(2, padding="same"),
            "MaxPoolIndices2D: padding='same' must be the same on both sides",
        ),
        (lambda: MaxPoolIndices2D(3, padding=((1, 0), (0, 0))), "must be the same on both sides"),
        (lambda: MaxUnpool2D(2, output_size=7), "MaxUnpool2D: output_size=7 must be None or 2 sizes"),  # type: ignore[arg-type]
        (lambda: Unfold(0), "Unfold: kernel=0"),
        (lambda: Unfold(2, padding=-1), "Unfold: padding=-1 must be a whole number of at least 0"),
        (lambda: Fold(8, 2), "Fold: output_size=8 must be (height, width)"),  # type: ignore[arg-type]
        (lambda: Fold((8, 3), 4), "Fold: kernel=4 is larger than the padded image"),
        (lambda: GridSample("linear"), "GridSample: mode='linear' must be one of bilinear"),  # type: ignore[arg-type]
        (lambda: GridSample(padding_mode="edge"), "GridSample: padding_mode='edge' must be"),  # type: ignore[arg-type]
        (lambda: CumSum("n"), "CumSum: axis='n' must be one of the axes"),
        (lambda: CosineSimilarity("c", 0.0), "CosineSimilarity: eps=0.0 must be a number above 0"),
        (lambda: PairwiseDistance("c"), "PairwiseDistance: axis='c' must be w"),
        (lambda: PairwiseDistance("f", 0.5), "PairwiseDistance: p=0.5 must be a number of at least 1"),
    ],
)
def test_a_field_out_of_range_names_the_field_the_value_and_the_mend(make: Callable[[], Layer], message: str) -> None:
    with pytest.raises(FieldError) as caught:
        make()
    assert message in str(caught.value)


@pytest.mark.parametrize(
    ("layer", "inputs"),
    [
        (ChannelDropout(), [(2, 7)]),
        (AlphaDropout(channels=True), [(2, 7)]),
        (Bilinear(3, 4, 5), [(2, 3), (2, 5)]),
        (MaxUnpool2D(2, output_size=(9, 6)), [(2, 3, 3, 3), (2, 3, 3, 3)]),
        (Unfold(9), [(2, 3, 8, 10)]),
        (Fold((8, 10), 2), [(2, 11, 63)]),
        (Fold((8, 10), 2), [(2, 12, 62)]),
        (GridSample(), [(2, 3, 8, 10), (2, 3, 4, 5)]),
        (GridSample("bicubic"), [(2, 3, 8, 10, 7), (2, 3, 4, 5, 6)]),
        (CumSum("h"), [(2, 7)]),
        (CosineSimilarity("c"), [(2, 3, 8, 10), (2, 3, 8, 9)]),
    ],
    ids=str,
)
def test_inputs_that_cannot_be_read_are_refused(layer: Layer, inputs: list[Shape]) -> None:
    with pytest.raises(FieldError):
        layer.fits(*map(Tensor, inputs))


def test_places_to_unpool_have_to_be_whole_numbers() -> None:
    with pytest.raises(FieldError, match="needs an int64 place"):
        MaxUnpool2D(2).fits(Tensor((2, 3, 4, 5)), Tensor((2, 3, 4, 5)))
    assert MaxUnpool2D(2).fits(Tensor((2, 3, 4, 5)), Tensor((2, 3, 4, 5), dtype="int64")) is None


def test_what_is_unfolded_and_mixed_is_folded_again() -> None:
    network = Sequential(Unfold(2, stride=2), Conv1D(12, 8, 1), Fold((8, 10), 2, stride=2))
    assert output_shape(network, (2, 3, 8, 10)) == (2, 2, 8, 10)
    fields = network.receptive_fields(Tensor((2, 3, 8, 10)))
    assert fields["unfold1"] is fields["fold1"] is None


def test_a_sample_takes_its_places_from_the_grid_and_its_channels_from_the_image() -> None:
    network = Graph(grid=(Unfold(1), "input"), again=(Fold((4, 5), 1), "grid"), sample=(GridSample(), "input", "again"))
    assert output_shape(network, (3, 2, 4, 5)) == (3, 2, 4, 5)
    assert network.receptive_fields(Tensor((3, 2, 4, 5)))["sample"] is None


@pytest.mark.parametrize(("axis", "everything"), [("c", False), ("h", True), ("w", True)])
def test_a_running_sum_sees_what_it_runs_along(axis: str, everything: bool) -> None:
    field = as_network(CumSum(axis)).receptive_fields(Tensor((2, 3, 8, 10)))["cumsum"]
    assert field == (None if everything else (1, 1))
