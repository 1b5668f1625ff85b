"""Grids hold what they were made of, to a byte; a histogram loses no element."""

from __future__ import annotations

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from parity.judging.pictures import EDGES, channels_shown, decode, errors_grid, histogram, values_grid


def test_values_run_from_low_to_high_and_what_is_not_finite_has_its_own_byte() -> None:
    tile = np.array([[-1.0, 0.0, 1.0], [np.nan, np.inf, -np.inf]])
    grid = values_grid([tile], 8)
    assert (grid.low, grid.high, grid.tiles, grid.rows, grid.columns) == (-1.0, 1.0, 1, 2, 3)
    assert decode(grid)[0].tolist() == [[0, 127, 254], [255, 255, 255]]


def test_two_grids_on_one_scale_clip_what_lies_beyond_it() -> None:
    grid = values_grid([np.array([[-9.0, 0.5, 9.0]])], 8, 0.0, 1.0)
    assert decode(grid)[0].tolist() == [[0, 127, 254]]


@pytest.mark.parametrize("place", [(0, 0), (17, 40), (99, 63), (50, 1)])
def test_a_single_wrong_element_never_falls_between_two_samples(place: tuple[int, int]) -> None:
    tile = np.zeros((100, 64))
    tile[place] = -1.0
    assert 0 in decode(errors_grid([tile], 14))
    tile[place] = np.nan
    assert 255 in decode(errors_grid([tile], 14))


@given(st.integers(1, 300), st.integers(1, 30), st.integers(1, 60))
def test_a_grid_is_never_larger_than_asked(rows: int, size: int, columns: int) -> None:
    for grid in (values_grid([np.ones((rows, columns))], size), errors_grid([np.ones((rows, columns))], size)):
        assert 1 <= grid.rows <= size
        assert 1 <= grid.columns <= size


@given(st.integers(1, 600), st.integers(2, 20), st.data())
def test_the_worst_channel_is_always_shown(count: int, most: int, data: st.DataObject) -> None:
    worst = data.draw(st.integers(0, count - 1))
    shown = channels_shown(count, most, worst)
    assert worst in shown
    assert len(shown) == len(set(shown)) <= most
    assert all(0 <= c < count for c in shown)


@given(st.lists(st.one_of(st.floats(0), st.just(float("nan"))), max_size=200))
def test_every_element_is_in_one_bin(ratios: list[float]) -> None:
    bins = histogram(np.array(ratios))
    assert len(bins) == len(EDGES) + 2
    assert sum(bins) == len(ratios)


def test_the_limit_is_an_edge_and_belongs_to_what_passes() -> None:
    limit = EDGES.index(1.0)
    assert histogram(np.array([1.0]))[1 + limit] == 1
    assert histogram(np.array([np.nextafter(1.0, 2.0)]))[2 + limit] == 1
    assert histogram(np.array([0.0]))[0] == 1
    assert histogram(np.array([np.nan, np.inf]))[-1] == 2
