"""What an element sees, and the pictures of layers and failures."""

from __future__ import annotations

from typing import Any

import numpy as np
import pytest

from parity.cases import Case
from parity.cases.network import INPUT, Sequential
from parity.cases.probes import inputs_of, parameters_of
from parity.judging.judge import Judge
from parity.judging.observation import Observation
from parity.judging.pictures import decode
from parity.judging.showing import sight
from parity.layers import Conv2D, ConvTranspose2D, Flatten, Linear, MaxPool2D, ReLU
from tests.unit.strategies import reference

NET = Case(
    "net",
    Sequential(("conv1", Conv2D(3, 4, 3, padding=1)), ("pool", MaxPool2D(2)), ("conv2", Conv2D(4, 5, 3, stride=2))),
    (2, 3, 12, 14),
    tags=("pictures",),
)


def test_an_element_sees_what_its_windows_cover_clipped_to_the_input() -> None:
    # conv2 row 1 reads pool rows 2..4, these conv1 rows 4..9, these input rows 3..10
    seen = sight(NET, "output", (0, 0, 1, 0))
    assert seen is not None
    assert (seen.of, seen.rows, seen.columns, seen.padding) == ("input", [3, 10], [0, 6], True)


def test_of_a_layer_it_is_the_layer_s_own_input() -> None:
    seen = sight(NET, "pool", (0, 0, 2, 3))
    assert seen is not None
    assert (seen.of, seen.rows, seen.columns, seen.padding) == ("conv1", [4, 5], [6, 7], False)


@pytest.mark.parametrize("sizes", [(3,), (4, 2, 1), (3, 2, 1, 1), ((3, 4), (2, 3), (0, 2), (1, 2)), (2, 3)], ids=str)
def test_an_element_of_a_transposed_convolution_sees_what_spreads_over_it(sizes: tuple[Any, ...]) -> None:
    layer = ConvTranspose2D(3, 4, *sizes)
    case = Case("case", layer, (2, 3, 5, 7))
    weight = np.ones(layer.parameters()["weight"].shape)
    moved = np.zeros((5, 7, *case.output.shape[2:]), bool)
    for place in np.ndindex(5, 7):
        x = np.zeros((1, 3, 5, 7))
        x[0, 0, *place] = 1
        moved[place] = reference(layer, x, weight=weight, bias=np.zeros(4))[0, 0] != 0
    for element in np.ndindex(*case.output.shape[2:]):
        seen = sight(case, "output", (0, 0, *element))
        assert seen is not None
        for found, axis in ((seen.rows, 1), (seen.columns, 0)):
            places = np.flatnonzero(moved[:, :, *element].any(axis=axis))
            if places.size:
                assert found == [places[0], places[-1]], element
            else:
                assert 0 <= found[0] <= found[1] < moved.shape[1 - axis]  # a gap: what is near stands for nothing


def test_features_have_no_rows_and_columns_to_see() -> None:
    case = Case("f", Sequential(Flatten(), Linear(60, 3)), (2, 3, 4, 5))
    assert sight(case, "output", (0, 1)) is None


def test_every_brute_force_influence_lies_in_what_is_said_to_be_seen() -> None:
    x = inputs_of(NET, "data", 0)[0]
    parameters = parameters_of(NET, "shipped", 0)

    def run(values: np.ndarray) -> np.ndarray:
        for node in NET.network.nodes:
            values = reference(node.layer, values, **parameters[node.name])
        return values

    base = run(x)
    seen = sight(NET, "output", (0, 0, 1, 1))
    assert seen is not None
    for row in range(12):
        for column in range(14):
            moved = x.copy()
            moved[:, :, row, column] += 100
            changes = run(moved)[0, :, 1, 1] != base[0, :, 1, 1]
            inside = seen.rows[0] <= row <= seen.rows[1] and seen.columns[0] <= column <= seen.columns[1]
            assert inside or not changes.any()


def test_a_tagged_case_keeps_filters_and_every_layer_s_maps_and_others_do_not() -> None:
    values = {INPUT: inputs_of(NET, "data", 0)[0]}
    parameters = parameters_of(NET, "shipped", 0)
    for node in NET.network.nodes:
        values[node.name] = reference(node.layer, values[node.inputs[0]], **parameters[node.name]).astype(np.float32)
    taps = tuple(values[node.name] for node in NET.network.nodes)
    other = inputs_of(NET, "data", 0)[1]
    for node in NET.network.nodes:
        other = reference(node.layer, other, **parameters[node.name]).astype(np.float32)
    observation = Observation({"data": [(taps[-1],), (other,)]}, taps)
    said = Judge(NET, 0).judge(observation, pictures=True)
    assert said.filters is not None
    assert decode(said.filters).shape == (12, 3, 3)
    assert [figure.maps is not None and figure.maps.tiles for figure in said.layers] == [4, 4, 5]
    assert [figure.parameters for figure in said.layers] == [3 * 4 * 9 + 4, 0, 4 * 5 * 9 + 5]
    assert [figure.field for figure in said.layers] == [[3, 3], [4, 4], [8, 8]]
    plain = Judge(NET, 0).judge(observation)
    assert plain.filters is None
    assert all(figure.maps is None for figure in plain.layers)
    assert sum(plain.histogram) == 2 * taps[-1].size


def test_a_failure_keeps_the_channel_of_its_worst_element_on_one_scale() -> None:
    case = Case("wide", Sequential(Conv2D(3, 64, 3), ReLU()), (2, 3, 6, 7))
    observation = Judge(case, 0)
    x = inputs_of(case, "data", 0)[0]
    parameters = parameters_of(case, "shipped", 0)
    values = [x]
    for node in case.network.nodes:
        values.append(reference(node.layer, values[-1], **parameters[node.name]).astype(np.float32))
    values[1][1, 37] += 5
    said = observation.judge(Observation({"data": [(values[2],)]}, tuple(values[1:])))
    assert said.failure is not None
    pictures = said.failure.pictures
    assert pictures is not None
    assert (pictures.image, 37 in pictures.channels) == (1, True)
    assert (pictures.expected.low, pictures.expected.high) == (pictures.got.low, pictures.got.high)
    assert said.failure.pattern == "a constant offset of 5"
    assert decode(pictures.error)[pictures.channels.index(37)].min() == 254
