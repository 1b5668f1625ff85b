"""Winograd's convolution: that of plain sums but for the last digits, and only of what drawn noise moves."""

from __future__ import annotations

from typing import Any

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from parity.axes import F64
from parity.judging.oracle import truths
from parity.operators import winograd
from parity.operators.base import Site
from parity.operators.contraction import Conv, convolve
from parity.operators.graph import Graph, Node, as_value
from parity.operators.windows import geometry

EPS = np.finfo(np.float64).eps


def data(*shapes: tuple[int, ...], seed: int = 0) -> list[F64]:
    random = np.random.default_rng(seed)
    return [random.normal(size=shape) for shape in shapes]


@given(
    n=st.integers(1, 3),
    channels=st.integers(1, 5),
    size=st.tuples(st.integers(3, 19), st.integers(3, 19)),
    pads=st.tuples(*[st.integers(0, 2)] * 4),
    chunk=st.sampled_from([1, 3000, winograd.CHUNK]),
)
def test_tiles_give_what_plain_sums_give(
    n: int, channels: int, size: tuple[int, int], pads: tuple[int, ...], chunk: int
) -> None:
    x, w = data((n, channels, *size), (4, channels, 3, 3))
    g = geometry(Site("Conv", {"pads": pads}), size, (3, 3))
    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(winograd, "CHUNK", chunk)
        made = winograd.convolve(x, w, g)
    largest = convolve(np.abs(x), np.abs(w), g, 1).max()
    assert np.abs(made - convolve(x, w, g, 1)).max() <= 2**8 * EPS * largest  # turning multiplies by up to 10 a side


SHAPE, WEIGHTS = (2, 16, 21, 23), (16, 16, 3, 3)
AROUND = {"pads": (1, 1, 1, 1)}


def two_convolutions() -> tuple[Graph, dict[str, Any]]:
    first = Node("Conv", ("x", "v"), ("y",), AROUND)
    second = Node("Conv", ("y", "w"), ("z",), AROUND)
    arrays = dict(zip("xvw", data(SHAPE, WEIGHTS, WEIGHTS), strict=True))
    feeds = {name: as_value(array.astype(np.float32)) for name, array in arrays.items()}
    return Graph((first, second), ("x", "v", "w"), ("z",)), feeds


def test_drawn_noise_is_the_same_by_tiles_and_the_value_is_so_to_the_bit(monkeypatch: pytest.MonkeyPatch) -> None:
    graph, feeds = two_convolutions()
    by_tiles = truths(graph, feeds)["z"]
    monkeypatch.setattr(winograd, "saves", lambda *shapes: False)
    plain = truths(graph, feeds)["z"]
    assert by_tiles.y.tobytes() == plain.y.tobytes()
    assert by_tiles.evaluation.tobytes() != plain.evaluation.tobytes()  # so tiles were used
    # Noise of some 2^-24 of a value is known to the last digits of that value.
    assert np.abs(by_tiles.evaluation / plain.evaluation - 1).max() <= 2**24 * 8 * EPS


@pytest.mark.parametrize("what", ["weights", "infinity"])
def test_where_weights_move_or_something_is_infinite_the_value_is_computed_anew(what: str) -> None:
    x, w = data(SHAPE, WEIGHTS)
    at, rule = Site("Conv", AROUND), Conv()
    near = rule.near(at, rule.value(at, x, w), x, w)
    assert near is not None
    moved = x + 1e-7
    if what == "infinity":
        moved[0, 0, 5, 5] = np.inf
    else:
        w = w * 1.5
    with np.errstate(invalid="ignore"):
        assert near(moved, w)[0].tobytes() == rule.value(at, moved, w)[0].tobytes()


@pytest.mark.parametrize(
    ("shape", "weights", "attributes"),
    [
        (SHAPE, (16, 16, 3, 5), {}),
        (SHAPE, WEIGHTS, {"strides": (2, 1)}),
        (SHAPE, WEIGHTS, {"dilations": (1, 2)}),
        ((2, 32, 21, 23), WEIGHTS, {"group": 2}),
        ((2, 16, 300), (16, 16, 3), {}),
        ((1, 16, 9, 9), WEIGHTS, {}),
    ],
)
def test_other_windows_and_few_tiles_are_left_to_plain_sums(
    shape: tuple[int, ...], weights: tuple[int, ...], attributes: dict[str, Any]
) -> None:
    x, w = data(shape, weights)
    at, rule = Site("Conv", attributes), Conv()
    assert rule.near(at, rule.value(at, x, w), x, w) is None
