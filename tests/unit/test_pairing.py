"""Values of two graphs that are the same numbers: what is found, what is not, how near is near enough, and how fast."""

from __future__ import annotations

import time
from dataclasses import replace

import numpy as np
import pytest

from parity.axes import Array
from parity.judging.holding import equal_weights, layers
from parity.judging.matching import Matching
from parity.judging.nearness import spreads
from parity.judging.pairing import Index, Partner, allowed, apart, carried, fitting
from parity.judging.twins import Side, Twin, turned
from parity.operators.graph import Graph, Node, as_value
from tests.unit.two_networks import CHANNELS_LAST, feeds, first, folded, pair, parameters

RNG = np.random.default_rng(4)


def chain(count: int) -> Graph:
    """A chain in which every value is another."""
    nodes = [Node("Add", (f"v{i}", "c"), (f"v{i + 1}",)) for i in range(count)]
    return Graph(tuple(nodes), ("v0",), (f"v{count}",), {"c": np.asarray(0.37)})


def index(*arrays: Array) -> Index:
    """The index of graph inputs that are these arrays."""
    fed = {f"x{i}": as_value(a) for i, a in enumerate(arrays)}
    return Index(Twin(Side(Graph((), tuple(fed), ()), (fed,))), {})


def test_a_value_is_found_by_the_axes_that_carry_it() -> None:
    x = RNG.standard_normal((2, 3, 4, 5))
    assert index(x).partners([x.transpose(0, 2, 3, 1)], None) == (Partner("x0", (0, 2, 3, 1)),)
    assert index(x).partners([x.transpose(3, 1, 0, 2)], None) == (Partner("x0", (3, 1, 0, 2)),)


def test_axes_of_length_one_may_be_anywhere() -> None:
    x = RNG.standard_normal((2, 3, 1, 1))
    assert index(x).partners([x[:, :, 0, 0]], None) == (Partner("x0", (0, 1)),)
    (moved,) = carried([x], (1, 0), [np.zeros((1, 3, 1, 2))]) or [None]
    assert moved is not None
    assert moved.shape == (1, 3, 1, 2)


def test_the_same_numbers_in_another_order_are_no_match() -> None:
    x = RNG.standard_normal((2, 3, 4, 5))
    flat = x.reshape(2, -1)
    other = x.transpose(0, 2, 3, 1).reshape(2, -1)
    assert index(flat).partners([other], None) == ()
    assert index(flat).partners([flat], None) != ()


def test_equal_sizes_are_told_apart_by_the_numbers_and_one_number_off_is_no_match() -> None:
    x = RNG.standard_normal((4, 4, 4, 4))
    assert index(x).partners([x.transpose(0, 3, 2, 1)], None) == (Partner("x0", (0, 3, 2, 1)),)
    wrong = x.copy()
    wrong[3, 2, 1, 0] += 1e-12
    assert index(x).partners([wrong], None) == ()


def test_infinities_and_nan_must_stand_at_the_same_places() -> None:
    x = RNG.standard_normal((3, 5))
    x[1, 2], x[0, 0] = -np.inf, np.nan
    assert index(x).partners([x.T.copy()], None) == (Partner("x0", (1, 0)),)
    moved = x.copy()
    moved[1, 2], moved[1, 3] = moved[1, 3], moved[1, 2]
    assert index(x).partners([moved], None) == ()


def test_hints_come_first_among_the_axes_that_fit() -> None:
    x = np.zeros((2, 4, 4, 3))
    assert next(fitting([x], [x], [(0, 2, 1, 3)])) == (0, 2, 1, 3)
    assert list(fitting([x], [np.zeros((2, 5, 4, 3))])) == []


def test_thousands_of_values_pair_in_seconds() -> None:
    graph = chain(3000)
    fed = ({"v0": as_value(RNG.standard_normal((2, 3, 8, 7)))},)
    one, two = Twin(Side(graph, fed)), Twin(Side(graph, turned(fed, {"v0": ("v0", CHANNELS_LAST)})))
    found = Index(one, {})
    start = time.process_time()
    for name in two.values:
        if name in two.data:
            assert found.partners(two.numbers(name) or [], None) == (Partner(name, (0, 2, 3, 1)),)
    assert time.process_time() - start < 10


def test_only_a_constant_that_the_other_side_lacks_may_have_been_folded() -> None:
    fed = ({"x": as_value(RNG.standard_normal((3, 4)))},)
    graph = Graph((Node("MatMul", ("x", "w"), ("y",)),), ("x",), ("y",), {"w": RNG.standard_normal((4, 5))})
    twin = Twin(Side(graph, fed, "float32"))
    exact = spreads(twin, frozenset())["y"][0]
    rounded = spreads(twin, frozenset({"w"}))["y"][0]
    assert exact.max() < 1e-14 < 1e-8 < rounded.min()
    halves = replace(graph, constants={"w": graph.constants["w"].astype(np.float16)})
    assert spreads(Twin(Side(halves, fed, "float32")), frozenset({"w"}))["y"][0].max() < 1e-14


def largest_share(one: Side, two: Side) -> float:
    """Of what is allowed, how much the matched values of two sides differ at most."""
    state, largest = Matching(one, two), 0.0
    for name, partners in state.found.items():
        mine, theirs = state.one.numbers(partners[0].name), state.two.numbers(name)
        assert mine is not None
        assert theirs is not None
        off_one, off_two = state.index.spread.get(partners[0].name), state.spread.get(name)
        moved = carried(mine, partners[0].axes, theirs)
        if moved is None or off_one is None or off_two is None:
            continue
        off = carried(off_one, partners[0].axes, theirs)
        assert off is not None
        shares = (apart(a, b) / allowed(p, q) for a, b, p, q in zip(moved, theirs, off, off_two, strict=True))
        largest = max(largest, *(float(share.max()) for share in shares))
    return largest


@pytest.mark.parametrize("seed", range(4))
def test_honest_pairs_stay_well_within_what_is_allowed(seed: int) -> None:
    one, two = pair(seed)
    assert 0 < largest_share(one, two) < 0.5
    assert 0 < largest_share(one, Side(folded(one.graph, 1e-5), one.feeds, "float32")) < 0.5


def test_layers_are_paired_by_their_weights_in_any_axes_and_by_one_factor_a_channel() -> None:
    one, two = (Twin(side) for side in pair())
    found = layers(one, two, equal_weights(one, two))
    places = {(one.nodes[p.one].scope, two.nodes[p.two].scope) for p in found if one.nodes[p.one].kind == "Conv"}
    assert places == {(n, n) for n in ("conv1", "conv2", "dw", "pw", "a", "b")}
    p = parameters()
    factor = RNG.uniform(0.5, 2, 8).astype(np.float32)
    scaled = Twin(Side(first({**p, "conv2": p["conv2"] * factor[:, None, None, None]}), feeds()))
    pairs = layers(one, scaled, equal_weights(one, scaled))
    assert [(one.nodes[x.one].scope, scaled.nodes[x.two].scope) for x in pairs if x.scaled] == [("conv2", "conv2")]


def test_a_replaced_value_is_kept_and_what_follows_is_gone_until_it_is_computed() -> None:
    graph = chain(4)
    twin = Twin(Side(graph, ({"v0": as_value(np.zeros((2, 2)))},)))
    gone = twin.replace("v2", [np.full((2, 2), 10.0)])
    assert gone == ["v3", "v4"]
    assert twin.numbers("v4") is None
    assert twin.compute(2) == ["v3"]
    assert twin.compute(9) == ["v4"]
    (last,) = twin.numbers("v4") or [np.zeros(0)]
    np.testing.assert_array_equal(last, np.full((2, 2), 10 + 0.37 + 0.37))


def test_what_hangs_on_an_input_by_its_shape_or_type_alone_is_no_data() -> None:
    nodes = (
        Node("Shape", ("x",), ("shape",)),
        Node("CastLike", ("c", "x"), ("cast",)),
        Node("Expand", ("cast", "shape"), ("wide",)),
        Node("Add", ("x", "wide"), ("y",)),
    )
    twin = Twin(Side(Graph(nodes, ("x",), ("y",), {"c": np.asarray(0.5)}), ({"x": as_value(np.zeros((2, 3)))},)))
    assert twin.data == {"x", "y"}
    assert twin.reads("y") == ["x"]


def test_feeds_are_turned_by_the_axes_of_each_input() -> None:
    x = RNG.standard_normal((2, 3, 4, 5))
    (fed,) = turned(
        ({"a": as_value(x), "b": as_value(np.arange(3))},), {"image": ("a", CHANNELS_LAST), "n": ("b", None)}
    )
    assert fed["image"].y.shape == (2, 4, 5, 3)
    np.testing.assert_array_equal(fed["n"].y, [0, 1, 2])
