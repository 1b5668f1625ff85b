"""What a model of one's own is fed: shapes from the file and from the person, and values drawn by name."""

from __future__ import annotations

from typing import Any

import numpy as np
import pytest

from parity.cases.asked import Asked, asked, shapes
from parity.cases.feeds import below, feeds, image_axes
from parity.errors import UsageError
from parity.operators.file import Declared
from parity.operators.graph import Graph, Node

EMPTY = Graph((), (), ())
IMAGE = Declared("x", (1, 3, 16, 20), "float32")
WORDS = Declared("ids", ("n", "t"), "int64")


@pytest.mark.parametrize(
    ("text", "made"),
    [
        ("1x3x8x9", Asked("", (1, 3, 8, 9))),
        ("7", Asked("", (7,))),
        ("x=2x3:int64", Asked("x", (2, 3), "int64")),
        ("tower/x:0=2x3", Asked("tower/x:0", (2, 3))),
        ("a=b=4", Asked("a=b", (4,))),
        ("x=scalar:bool", Asked("x", (), "bool")),
    ],
)
def test_an_input_is_read_as_it_is_typed(text: str, made: Asked) -> None:
    assert asked(text) == made


def test_an_axis_with_a_name_has_one_size_in_every_input() -> None:
    mask = Declared("mask", ("n", "t", 4), "bool")
    assert shapes([mask, WORDS], [Asked("ids", (2, 7))], {}) == {"mask": (2, 7, 4), "ids": (2, 7)}
    with pytest.raises(UsageError, match="'ids' is 3x7, the model wants nxt"):
        shapes([mask, WORDS], [Asked("mask", (2, 7, 4)), Asked("ids", (3, 7))], {})


def test_axes_without_a_name_are_not_one_axis() -> None:
    two = [Declared("a", ("", ""), "float32")]
    assert shapes(two, [Asked("", (2, 3))], {}) == {"a": (2, 3)}
    with pytest.raises(UsageError, match=r"input 'a' is \?x\?"):
        shapes(two, [], {})


def test_a_rank_that_the_file_does_not_say_has_to_be_given() -> None:
    with pytest.raises(UsageError, match="does not say its shape; give it, for example by --input x=1x3x224x224"):
        shapes([Declared("x", None, "float32")], [], {})
    assert shapes([Declared("x", None, "float32")], [Asked("x", (3,))], {}) == {"x": (3,)}


def test_where_data_is_given_every_input_is_in_it_or_asked_for() -> None:
    arrays = {"ids": np.zeros((2, 3), np.int64)}
    with pytest.raises(UsageError, match="--inputs has no array 'x'; it has ids"):
        shapes([WORDS, IMAGE], [], arrays)
    assert shapes([WORDS, IMAGE], [Asked("x", (1, 3, 16, 20))], arrays)["x"] == (1, 3, 16, 20)
    with pytest.raises(UsageError, match="given by --inputs and by --input"):
        shapes([WORDS], [Asked("ids", (2, 3))], arrays)


@pytest.mark.parametrize(
    ("shape", "dtype", "axes"),
    [
        ((1, 3, 8, 8), "float32", "N C H W"),
        ((1, 1, 28, 28), "float16", "N C H W"),
        ((2, 30, 20, 3), "float32", "N H W C"),
        ((1, 64, 8, 8), "float32", ""),
        ((1, 3, 7, 8), "float32", ""),
        ((1, 3, 8, 8), "uint8", ""),
        ((3, 8, 8), "float32", ""),
    ],
)
def test_what_looks_like_an_image(shape: Any, dtype: str, axes: str) -> None:
    assert image_axes(shape, dtype) == axes


def test_an_image_is_tried_three_ways_and_says_so_and_the_rest_is_drawn_once() -> None:
    flat = Declared("f", (2, 5), "float64")
    described, tried = feeds(EMPTY, [IMAGE, flat], [], {}, 0)
    assert [each.name for each in tried] == ["0 to 1", "about 0", "constant"]
    unit, normal, constant = (each.arrays["x"] for each in tried)
    assert unit.dtype == normal.dtype == constant.dtype == np.float32
    assert 0 <= unit.min() < 0.01 < 0.99 < unit.max() <= 1
    assert abs(normal.mean()) < 0.1
    assert abs(normal.std() - 1) < 0.05
    assert len(np.unique(constant)) == 1
    assert 0 < constant.flat[0] < 1
    assert len({each.arrays["f"].tobytes() for each in tried}) == 1
    assert tried[0].arrays["f"].dtype == np.float64
    assert [each.how for each in described] == [
        "an image N C H W: values 0 to 1, normalised about 0, and constant",
        "normal, mean 0 and variance 1",
    ]


def test_values_are_drawn_by_name_and_seed_whatever_else_there_is() -> None:
    other = Declared("other", (4,), "float32")
    alone = feeds(EMPTY, [IMAGE], [], {}, 0)[1][0].arrays["x"]
    assert np.array_equal(alone, feeds(EMPTY, [other, IMAGE], [], {}, 0)[1][0].arrays["x"])
    assert not np.array_equal(alone, feeds(EMPTY, [IMAGE], [], {}, 1)[1][0].arrays["x"])


def lookup(rows: int) -> Graph:
    nodes = (
        Node("Cast", ("ids",), ("wide",), {"to": "int64"}),
        Node("Gather", ("table", "wide"), ("found",), {"axis": 0}),
    )
    return Graph(nodes, ("ids",), ("found",), {"table": np.zeros((rows, 2), np.float32)})


@pytest.mark.parametrize(
    ("name", "shape", "dtype", "graph", "most"),
    [
        ("ids", (2, 3), "int32", lookup(37), 37),
        ("ids", (2, 3), "int8", lookup(1000), 127),
        ("other", (2, 3), "int64", lookup(37), 10),
        ("attention_mask", (2, 3), "int64", EMPTY, 2),
        ("x", (1, 3, 8, 8), "uint8", EMPTY, 256),
        ("switch", (1,), "bool", EMPTY, 2),
    ],
)
def test_whole_numbers_stay_where_they_mean_something(
    name: str, shape: Any, dtype: str, graph: Graph, most: int
) -> None:
    assert below(name, shape, dtype, graph) == most
    (tried,) = feeds(graph, [Declared(name, shape, dtype)], [], {}, 0)[1]
    assert tried.arrays[name].dtype == np.dtype(dtype)
    assert 0 <= int(tried.arrays[name].min()) <= int(tried.arrays[name].max()) < most


@pytest.mark.parametrize(("dtype", "said"), [("object", "text"), ("bfloat16", "bfloat16"), ("", "of a type that the")])
def test_a_type_that_cannot_be_fed_is_named(dtype: str, said: str) -> None:
    with pytest.raises(UsageError, match=f"input 't' is {said}.*; cast it in the file from one of float16, float32"):
        feeds(EMPTY, [Declared("t", (3,), dtype)], [], {}, 0)


def test_given_data_is_one_set_and_is_not_changed() -> None:
    x = np.ones((1, 3, 16, 20), np.float32)
    described, (tried,) = feeds(EMPTY, [IMAGE], [], {"x": x}, 0)
    assert tried.name == "given"
    assert tried.arrays["x"] is x
    assert described[0].how == "given"
