"""Weights copied into a graph that has none of its own: which is which, and what nothing decides."""

from __future__ import annotations

from dataclasses import replace

import numpy as np

from parity.axes import Array
from parity.judging.copying import copied
from parity.judging.parting import compare_graphs
from parity.judging.slots import slots
from parity.operators.graph import Graph, Node
from tests.unit.two_networks import CHANNELS_FIRST, CHANNELS_LAST, first, pair, parameters


def drawn_anew(graph: Graph) -> Graph:
    """The graph with other numbers in every weight."""
    rng = np.random.default_rng(9)
    weights = {slot.name for slot in slots(graph)}
    return replace(
        graph,
        constants={
            n: rng.uniform(0.5, 1, np.shape(a)).astype(np.asarray(a).dtype) if n in weights else a
            for n, a in graph.constants.items()
        },
    )


def test_a_network_gets_its_weights_back_whatever_they_are_called() -> None:
    there = first(parameters())
    new = {name: f"w{i}" for i, name in enumerate(there.constants)}
    renamed = replace(
        there,
        nodes=tuple(replace(node, inputs=tuple(new.get(n, n) for n in node.inputs)) for node in there.nodes),
        constants={new[n]: a for n, a in there.constants.items()},
    )
    found = copied(there, drawn_anew(renamed))
    assert found.refused == ()
    assert all(np.array_equal(found.graph.constants[new[n]], a) for n, a in there.constants.items())


def test_kernels_that_the_other_stores_in_another_order_of_axes_are_turned() -> None:
    rng = np.random.default_rng(1)
    kernel, matrix = (
        rng.standard_normal((4, 3, 3, 2)).astype(np.float32),
        rng.standard_normal((4, 5)).astype(np.float32),
    )
    one = Graph(
        (Node("Conv", ("x", "k"), ("a",)), Node("GlobalAveragePool", ("a",), ("p",)), Node("Flatten", ("p",), ("f",)),
         Node("Gemm", ("f", "m", "b"), ("y",), {"transB": 1})),
        ("x",), ("y",), {"k": kernel, "m": matrix.T, "b": np.arange(5, dtype=np.float32)},
    )  # fmt: skip
    two = Graph(
        (Node("Transpose", ("x",), ("t",), {"perm": CHANNELS_FIRST}), Node("Transpose", ("hwio",), ("o",), {"perm": [3, 2, 0, 1]}),
         Node("Conv", ("t", "o"), ("a",)), Node("Transpose", ("a",), ("u",), {"perm": CHANNELS_LAST}),
         Node("ReduceMean", ("u", "axes"), ("f",), {"keepdims": 0}), Node("MatMul", ("f", "io"), ("s",)),
         Node("Add", ("s", "bias"), ("y",))),
        ("x",), ("y",),
        {"hwio": np.zeros((3, 2, 3, 4), np.float32), "io": np.zeros((4, 5), np.float32), "bias": np.zeros(5, np.float32),
         "axes": np.array([1, 2])},
    )  # fmt: skip
    found = copied(one, two)
    assert found.refused == ()
    held = found.graph.constants
    assert np.array_equal(held["hwio"].transpose(3, 2, 0, 1), kernel)
    assert np.array_equal(held["io"], matrix)
    assert np.array_equal(held["bias"], np.arange(5))


def branches(weights: dict[str, Array], order: tuple[str, str], extra: bool = False) -> Graph:
    """Two convolutions of one shape on one input, in this order, and their difference."""
    nodes = [Node("Conv", ("x", f"{name}.weight"), (name,)) for name in order]
    nodes += [Node("Conv", ("x", "c.weight"), ("c",))] * extra
    last = Node("Sub", ("a", "c" if extra else "b"), ("y",))
    return Graph((*nodes, last), ("x",), ("y",), weights)


def test_weights_that_nothing_tells_apart_go_by_name_then_by_order_which_is_said() -> None:
    rng = np.random.default_rng(1)
    weights = {f"{name}.weight": rng.standard_normal((2, 3, 1, 1)).astype(np.float32) for name in "abc"}
    two = {n: np.zeros_like(a) for n, a in weights.items()}
    found = copied(branches(weights, ("a", "b")), branches(two, ("b", "a")))
    assert [np.array_equal(found.graph.constants[f"{n}.weight"], weights[f"{n}.weight"]) for n in "ab"] == [True, True]
    assert all(said.endswith("by name") for said in found.said)
    one = branches({"a.weight": weights["a.weight"], "d.weight": weights["b.weight"]}, ("a", "d"))
    found = copied(replace(one, nodes=(*one.nodes[:2], Node("Sub", ("a", "d"), ("y",)))), branches(two, ("a", "b")))
    assert found.said[1] == "b.weight is d.weight, by order alone"


def two_ways(names: tuple[str, str], turned: bool, weights: dict[str, Array]) -> Graph:
    """A normalised convolution of 3 x 3 beside one of 1 x 1, in one order or the other, and their sum."""
    made = []
    for name, pad in zip(names, (1, 0), strict=True):
        norm = (f"{name}.n{i}" for i in range(4))
        conv = Node("Conv", ("x", f"{name}.k"), (f"{name}.c",), {"pads": [pad] * 4})
        made.append((conv, Node("BatchNormalization", (f"{name}.c", *norm), (f"{name}.y",))))
    nodes = [node for pair in (made[::-1] if turned else made) for node in pair]
    return Graph((*nodes, Node("Add", tuple(f"{n}.y" for n in names), ("y",))), ("x",), ("y",), weights)


def test_weights_of_one_shape_are_told_apart_by_what_they_stand_behind_in_whatever_order_branches_are_computed() -> (
    None
):
    rng = np.random.default_rng(1)

    def weights(names: tuple[str, str]) -> dict[str, Array]:
        kernels = {f"{n}.k": rng.random((4, 3, k, k)).astype(np.float32) for n, k in zip(names, (3, 1), strict=True)}
        return kernels | {f"{n}.n{i}": rng.random(4).astype(np.float32) for n in names for i in range(4)}

    here, there = ("a", "b"), ("p", "q")
    one = two_ways(here, False, weights(here))
    found = copied(one, two_ways(there, True, weights(there)))
    assert found.refused == ()
    new = dict(zip(there, here, strict=True))
    assert all(np.array_equal(a, one.constants[new[n[0]] + n[1:]]) for n, a in found.graph.constants.items())


def test_what_the_first_has_not_as_many_of_is_refused_by_name_and_keeps_its_numbers() -> None:
    rng = np.random.default_rng(1)
    weights = {f"{name}.weight": rng.standard_normal((2, 3, 1, 1)).astype(np.float32) for name in "abc"}
    two = {n: np.ones_like(a) for n, a in weights.items()}
    found = copied(branches(weights, ("a", "b")), branches(two, ("a", "b"), extra=True))
    assert found.said == ()
    assert len(found.refused) == 3
    assert found.refused[0].startswith(
        "a.weight, kernel of a convolution of 2x3, keeps its own weights: the first has a.weight"
    )
    assert all((found.graph.constants[f"{n}.weight"] == 1).all() for n in "abc")


def test_a_port_that_normalises_by_hand_gets_what_is_certain_and_the_rest_is_refused_by_name() -> None:
    here, there = pair()
    found = copied(here.graph, drawn_anew(there.graph))
    right = {n for n, a in there.graph.constants.items() if np.array_equal(found.graph.constants[n], a)}
    taken = {said.partition(" is ")[0].partition(".")[0] for said in found.said}
    assert taken == {"conv1", "conv2", "dw", "pw", "a", "b", "fc1", "fc2"}
    wrong = {name for said in found.said if (name := said.partition(" is ")[0]) not in right}
    assert {name.partition(".")[0] for name in wrong} == {"fc2"}  # its rows stand as the port flattens the image
    kept = {refused.partition(", ")[0].partition(".")[0] for refused in found.refused}
    assert kept == {"dw", "pw", "a", "b", "ln", "fc1"}
    assert not compare_graphs(here, replace(there, graph=found.graph)).same
