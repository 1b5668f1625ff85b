"""What no input decides is worked out once, and sizes are those of the first walk: noise moves neither."""

from __future__ import annotations

import numpy as np

from parity.judging.oracle import truths
from parity.operators.graph import Graph, Node, as_value
from parity.operators.places import with_known_places

X = np.asarray([1.0, 20.0, 300.0], np.float32)


def gathers() -> Graph:
    """Elements 1 and 2 of x, by places that are floored products of floats: 0.1 * 10 and 0.1 * 20."""
    nodes = (
        Node("Mul", ("tenth", "tens"), ("places",)),
        Node("Floor", ("places",), ("floored",)),
        Node("Cast", ("floored",), ("whole",), {"to": "int64"}),
        Node("Gather", ("x", "whole"), ("y",)),
    )
    constants = {"tenth": np.asarray(0.1), "tens": np.asarray([10.0, 20.0])}
    return Graph(nodes, ("x",), ("y",), constants)


def test_places_that_were_floored_of_floats_do_not_jump_with_drawn_noise() -> None:
    fed = {"x": as_value(X)}
    loose, known = truths(gathers(), fed)["y"], truths(with_known_places(gathers()), fed)["y"]
    np.testing.assert_array_equal(known.y, loose.y)
    assert loose.allowed().max() > 1  # as wide as a jump to the next element
    assert known.allowed().max() < 1e-30
    assert [node.kind for node in with_known_places(gathers()).nodes] == ["Gather"]


def test_floats_that_were_floored_do_not_jump_either() -> None:
    """A positional encoding scales by ``10 ** floor(i / 2)``: an i of 2, computed, may be a hair less."""
    nodes = (
        Node("Mul", ("tenth", "tens"), ("places",)),
        Node("Floor", ("places",), ("floored",)),
        Node("Pow", ("ten", "floored"), ("scale",)),
        Node("Mul", ("x", "scale"), ("y",)),
    )
    constants = {"tenth": np.asarray(0.1), "tens": np.asarray([10.0, 20.0, 30.0]), "ten": np.asarray(10.0)}
    graph = Graph(nodes, ("x",), ("y",), constants)
    fed = {"x": as_value(X)}
    assert truths(graph, fed)["y"].allowed().max() > 1
    assert truths(with_known_places(graph), fed)["y"].allowed().max() < 0.1


def test_what_an_input_decides_and_what_cannot_be_computed_stays() -> None:
    nodes = (
        Node("Cast", ("x",), ("whole",), {"to": "int64"}),
        Node("RandomNormal", (), ("drawn",), {"shape": [3]}),
        Node("Add", ("x", "drawn"), ("y",)),
    )
    graph = Graph(nodes, ("x",), ("y", "whole"), {})
    assert with_known_places(graph) == graph


def test_a_size_that_was_divided_and_cast_does_not_jump_with_drawn_noise() -> None:
    """A tracing exporter writes ``x.reshape(h // 2, 2)`` with h taken from x: a Shape, a division in float, a Cast."""
    nodes = (
        Node("Relu", ("x",), ("kept",)),
        Node("Shape", ("kept",), ("sizes",)),
        Node("Cast", ("sizes",), ("wide",), {"to": "float32"}),
        Node("Div", ("wide", "three"), ("thirds",)),
        Node("Cast", ("thirds",), ("rows",), {"to": "int64"}),
        Node("Concat", ("rows", "columns"), ("wanted",), {"axis": 0}),
        Node("Reshape", ("kept", "wanted"), ("y",)),
    )
    constants = {"three": np.asarray(3.0), "columns": np.asarray([3])}
    graph = Graph(nodes, ("x",), ("y",), constants)
    found = truths(graph, {"x": as_value(np.arange(9, dtype=np.float32))})["y"]
    np.testing.assert_array_equal(found.y, np.arange(9.0).reshape(3, 3))
    assert found.allowed().max() < 1e-30
