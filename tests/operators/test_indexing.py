"""Gathering and scattering: kernels agree to the bit, sums of what falls on one place stay inside, a lost one leaves."""

from __future__ import annotations

from typing import Any

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from parity.judging.oracle import truths
from parity.operators.base import Site, Unsupported
from parity.operators.graph import Graph, Node, as_value
from parity.operators.table import OPERATORS
from tests.operators.needs import LIMIT, Ran, onnxruntime

X = np.random.default_rng(1).normal(size=(3, 4, 5)).astype(np.float32)
TIES = np.array([[2, 7, 7, 2, 7, 1], [5, 5, 5, 5, 0, 9]], np.float32)


def _whole(*rows: Any) -> Any:
    return np.array(rows, np.int64)


#: kind, opset, outputs, inputs, attributes.
EXACT: list[tuple[str, int, int, tuple[Any, ...], dict[str, Any]]] = [
    ("Gather", 13, 1, (X, _whole([0, -1], [2, -4])), {"axis": 1}),
    ("Gather", 13, 1, (X, np.array(-2)), {"axis": -1}),
    ("GatherElements", 13, 1, (X, _whole([[0, -1]], [[3, 1]])), {"axis": 1}),
    ("GatherND", 13, 1, (X, _whole([0, 3], [-1, -2])), {}),
    ("GatherND", 13, 1, (X, _whole([1], [3], [-1])), {"batch_dims": 1}),
    ("ScatterElements", 16, 1, (X, _whole([[0, -1]], [[3, 1]]), X[:2, :1, :2] + 9), {"axis": 1}),
    ("ScatterND", 16, 1, (X, _whole([2], [-3]), X[:2] + 9), {}),
    ("ScatterND", 18, 1, (X, _whole([2], [2]), X[:2] * 5), {"reduction": "max"}),
    ("TopK", 11, 2, (TIES, _whole(4)), {}),
    ("TopK", 11, 2, (TIES, _whole(4)), {"largest": 0}),
    ("OneHot", 11, 1, (_whole([0, -1], [9, 3]), np.array(4), np.array([0.5, 2], np.float32)), {"axis": 1}),
    ("NonZero", 13, 1, (TIES - 5,), {}),
    ("ArgMax", 13, 1, (TIES,), {"axis": -1}),
    ("ArgMax", 13, 1, (TIES,), {"axis": -1, "select_last_index": 1, "keepdims": 0}),
    ("ArgMin", 13, 1, (TIES,), {"axis": 0}),
    ("Unique", 11, 4, (TIES,), {"sorted": 0}),
    ("Unique", 11, 4, (TIES.T,), {"axis": 0}),
]


@pytest.mark.parametrize(("kind", "opset", "outputs", "inputs", "attributes"), EXACT)
def test_kernels_choose_as_the_rule_does_to_the_bit(
    kind: str, opset: int, outputs: int, inputs: tuple[Any, ...], attributes: dict[str, Any]
) -> None:
    ran = Ran(kind, *inputs, opset=opset, outputs=outputs, **attributes)
    got = onnxruntime(kind, *inputs, opset=opset, outputs=outputs, **attributes)
    for y, noise, dtype, kernel in zip(ran.y, ran.noise, ran.dtypes, got, strict=True):
        assert noise.exact
        assert dtype == kernel.dtype.name
        assert np.array_equal(y, kernel)


def _falling(seed: int, scale: float, mean: float) -> tuple[Any, Any, Any]:
    """What 400 updates add onto 7 places of 3 rows; a tenth of the places are counted from the end."""
    draw = np.random.default_rng(seed)
    x, updates = ((draw.normal(size=(n, 3)) + mean) * scale for n in (8, 400))
    i = draw.integers(0, 7, size=(400, 3))
    return x.astype(np.float32), np.where(draw.random((400, 3)) < 0.1, i - 8, i), updates.astype(np.float32)


@given(st.integers(0, 999), st.sampled_from([1e-3, 1.0, 1e6]), st.sampled_from([0.0, 1.0, -50.0]), st.booleans())
def test_float32_sums_of_what_falls_on_one_place_stay_within_the_limit(
    seed: int, scale: float, mean: float, careful: bool
) -> None:
    x, i, updates = _falling(seed, scale, mean)
    ran = Ran("ScatterElements", x, i, updates, careful=careful, reduction="add")
    assert ran.need(*onnxruntime("ScatterElements", x, i, updates, opset=18, reduction="add")) < LIMIT
    places = i[:, :1]
    ran = Ran("ScatterND", x, places, updates, careful=careful, reduction="add")
    assert ran.need(*onnxruntime("ScatterND", x, places, updates, opset=18, reduction="add")) < LIMIT
    near = (1 + updates / np.abs(updates).max() / 8).astype(np.float32)
    ran = Ran("ScatterND", x, places, near, careful=careful, reduction="mul")
    assert ran.need(*onnxruntime("ScatterND", x, places, near, opset=18, reduction="mul")) < LIMIT


@pytest.mark.parametrize("scale", [1e-3, 1.0, 1e6])
def test_an_update_that_is_lost_leaves_the_bound_and_a_place_that_gets_none_is_exact(scale: float) -> None:
    x, i, updates = _falling(3, scale, 0.0)
    ran = Ran("ScatterElements", x, i, updates, reduction="add")
    lost = np.where(np.arange(400)[:, None] == 17, 0, updates).astype(np.float32)
    assert ran.need(*onnxruntime("ScatterElements", x, i, lost, opset=18, reduction="add")) > LIMIT
    few = Ran("ScatterElements", x, i[:2] * 0, updates[:2], reduction="add")
    assert few.noise[0].evaluation is not None
    assert few.noise[0].storage is not None
    assert (few.noise[0].evaluation[0] > 0).all()
    assert not few.noise[0].evaluation[1:].any()
    assert not few.noise[0].storage[1:].any()


def test_an_empty_batch_tells_the_shapes() -> None:
    none = X[:0]
    assert Ran("Gather", none, _whole(0, 1), axis=2).y[0].shape == (0, 4, 2)
    assert Ran("GatherElements", none, np.zeros((0, 2, 5), np.int64), axis=1).y[0].shape == (0, 2, 5)
    assert Ran("GatherND", none, np.zeros((0, 6, 1), np.int64), batch_dims=1).y[0].shape == (0, 6, 5)
    scattered = Ran("ScatterElements", none, np.zeros((0, 2, 5), np.int64), none[:, :2], axis=1, reduction="add")
    assert scattered.y[0].shape == (0, 4, 5)
    assert not scattered.noise[0].exact  # it would round, were there anything
    assert [y.shape for y in Ran("TopK", none, _whole(3), outputs=2).y] == [(0, 4, 3)] * 2
    assert Ran("OneHot", _whole(), np.array(4), np.float32([0, 1])).y[0].shape == (0, 4)
    assert Ran("ArgMax", none, axis=1).y[0].shape == (0, 1, 5)


def test_a_large_table_that_is_only_a_view_is_not_copied() -> None:
    table = np.broadcast_to(np.float64(1), (10**7, 10**6))
    assert OPERATORS["", "Gather"].value(Site("Gather"), table, np.zeros((0, 9)))[0].shape == (0, 9, 10**6)


def test_the_largest_of_unsigned_numbers_are_the_largest_and_an_open_order_is_unsupported() -> None:
    values, places = Ran("TopK", np.array([3, 0, 255, 255], np.uint8), _whole(3), outputs=2).y
    assert values.tolist() == [255, 255, 3]
    assert places.tolist() == [2, 3, 0]
    with pytest.raises(Unsupported, match="TopK: sorted=0"):
        Ran("TopK", TIES, _whole(2), sorted=0)


def test_a_one_hot_vector_has_the_type_of_its_values() -> None:
    ran = Ran("OneHot", np.float32([1, 0]), np.float32(2), np.array([0, 1], np.float16))
    assert ran.dtypes == ("float16",)


def test_a_sequence_gives_back_what_was_put_into_it() -> None:
    def call(kind: str, *x: Any, dtypes: tuple[str, ...], **attributes: Any) -> tuple[Any, str]:
        at, rule = Site(kind, attributes, dtypes=dtypes), OPERATORS["", kind]
        y = rule.value(at, *x)
        assert all(noise.exact for noise in rule.noise(at, y, *x))
        return y[0], rule.dtypes(at, y)[0]

    x = X.astype(np.float64)
    parts, kind = call("SplitToSequence", x, np.array(3), dtypes=("float16", "int64"), axis=2)
    assert [p.shape for p in parts] == [(3, 4, 3), (3, 4, 2)]
    assert kind == "seq(float16)"
    more, kind = call("SequenceInsert", parts, x[..., :1], np.array(0), dtypes=(kind, "float16", "int64"))
    assert call("SequenceLength", more, dtypes=(kind,))[0] == 3
    last, inner = call("SequenceAt", more, np.array(-1), dtypes=(kind, "int64"))
    assert np.array_equal(last, x[..., 3:])
    assert inner == "float16"
    whole, inner = call("ConcatFromSequence", parts, dtypes=(kind,), axis=-1)
    assert np.array_equal(whole, x)
    assert inner == "float16"
    single = call("SplitToSequence", x, dtypes=("float32",), axis=1, keepdims=0)[0]
    assert np.array_equal(call("ConcatFromSequence", single, dtypes=("seq(float32)",), axis=1, new_axis=1)[0], x)
    assert call("SequenceEmpty", dtypes=(), dtype="int64") == ([], "seq(int64)")


def test_a_part_of_a_sequence_whose_parts_are_uneven_is_judged() -> None:
    nodes = (
        Node("SplitToSequence", ("x", "sizes"), ("parts",), {"axis": 1}),
        Node("SequenceAt", ("parts", "last"), ("y",)),
    )
    constants = {"sizes": _whole(1, 3), "last": np.array(1)}
    found = truths(Graph(nodes, ("x",), ("y",), constants), {"x": as_value(X)})["y"]
    np.testing.assert_array_equal(found.y, X[:, 1:])
