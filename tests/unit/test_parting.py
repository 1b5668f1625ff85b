"""Are two graphs the same function: one small network in two layouts, with what a port gets wrong planted into it."""

from __future__ import annotations

from dataclasses import replace
from typing import Any

import numpy as np
import pytest

from parity.judging.parting import Compared, Parting, compare_graphs
from parity.judging.twins import Side, turned
from parity.operators.graph import Graph, Node, as_value
from tests.unit.two_networks import CHANNELS_LAST, feeds, first, folded, pair, parameters, second

P = parameters()


def named(parting: Parting) -> tuple[str, str]:
    """The layers that a parting names on both sides."""
    return tuple("" if at is None else f"{at.kind} {at.scope}".strip() for at in (parting.one, parting.two))  # type: ignore[return-value]


def off_by_one_percent() -> Any:
    wrong = P["pw"].copy()
    wrong[3, 5] *= 1.01
    return wrong


#: What is planted in the second network, and what must be named on either side; an empty name: no part there. Compared in
#: ``test_looks.py``, which says what each looks like too.
PLANTED: dict[str, tuple[dict[str, Any], str, str]] = {
    "an epsilon": ({"bn2.eps": 1e-3}, "BatchNormalization bn2", "Add bn2"),
    "an epsilon that is almost right": ({"bn2.eps": 1.001e-5}, "BatchNormalization bn2", "Add bn2"),
    "an epsilon of rows": ({"ln.eps": 1e-3}, "LayerNormalization ln", "Add ln"),
    "an epsilon of rows that is almost right": ({"ln.eps": 1.001e-6}, "LayerNormalization ln", "Add ln"),
    "an epsilon of rows in two branches": ({"ln.eps": 1e-3, "ln.branches": True}, "LayerNormalization ln", "Add ln"),
    "a slope": ({"alpha": 0.3}, "LeakyRelu act1", "LeakyRelu act1"),
    "padding on the other side": ({"conv1.pads": [0, 0, 2, 2]}, "Conv conv1", "Conv conv1"),
    "padding that changes sizes": ({"conv1.pads": [2, 2, 2, 2]}, "Conv conv1", "Conv conv1"),
    "a kernel turned": ({"conv2": P["conv2"].transpose(0, 1, 3, 2)}, "Conv conv2", "Conv conv2"),
    "a kernel's channels swapped": ({"conv2": P["conv2"].transpose(1, 0, 2, 3)}, "Conv conv2", "Conv conv2"),
    "one weight": ({"pw": off_by_one_percent()}, "Conv pw", "Conv pw"),
    "half precision": ({"pw": P["pw"].astype(np.float16).astype(np.float32)}, "Conv pw", "Conv pw"),
    "another kernel altogether": ({"conv2": P["conv2"][::-1] * 2 + 1}, "Conv conv2", "Conv conv2"),
    "tanh for erf": ({"tanh": True}, "Gelu act3", "Mul act3"),
    "corners aligned": ({"resize": "align_corners"}, "Resize up", "Resize up"),
    "the order of a concatenation": ({"swapped": True}, "Concat cat", "Concat cat"),
    "channels last flattened as channels first": ({"flatten": True}, "Flatten flatten", "Reshape flatten"),
    "no bias": ({"no_bias": True}, "Add fc1", ""),
    "no activation": ({"no_relu": True}, "Relu act2", ""),
    "a scaled input": ({"before": lambda w, x: w("Div", x, np.float64(255))}, "", "Div"),
    "channels in another order": ({"conv1": P["conv1"][:, ::-1]}, "Conv conv1", "Conv conv1"),
}


def healed(found: Compared) -> bool:
    return found.left == 0 and not found.failed and all(parting.how != "not" for parting in found.partings)


def test_the_same_function_in_two_layouts_is_the_same_and_nothing_is_said() -> None:
    found = compare_graphs(*pair())
    assert found.same
    assert found.partings == ()
    assert found.left == 0
    assert not (found.failed)
    assert not (found.vague)
    assert not (found.unpaired)


def test_two_faults_at_once_are_both_named() -> None:
    found = compare_graphs(*pair(alpha=0.2, resize="asymmetric"))
    assert [named(parting)[0] for parting in found.partings] == ["LeakyRelu act1", "Resize up"]
    assert healed(found)


def test_a_fault_in_every_layer_ends_with_every_one_named() -> None:
    pads = {f"{name}.pads": [0, 0, 2, 2] for name in ("conv1", "conv2", "dw")}
    other = {"eps": 1e-3, "alpha": 0.2, "tanh": True, "ln.eps": 1e-3, "no_bias": True, "swapped": True, **pads}
    found = compare_graphs(*pair(**other))
    kinds = "conv1 bn1 act1 conv2 bn2 dw bn3 act3 cat ln fc1"
    assert [parting.one.scope for parting in found.partings if parting.one is not None] == kinds.split()
    assert healed(found)


def test_a_parting_gives_the_worst_place_of_both_sides_with_what_stands_there() -> None:
    one, two = pair(alpha=0.3)
    (parting,) = compare_graphs(one, two).partings
    worst = parting.worst
    assert worst is not None
    n, c, h, w = worst.index_one
    assert worst.index_two == (n, h, w, c)
    assert worst.two == pytest.approx(3 * worst.one)  # a slope of 0.3 for 0.1
    assert parting.distance > 1
    assert parting.ratio > 1e6
    assert parting.shapes == ((2, 8, 8, 6), (2, 8, 6, 8))


def test_sizes_that_differ_are_said_and_what_lies_behind_is_compared() -> None:
    (parting,) = compare_graphs(*pair(**{"conv1.pads": [2, 2, 2, 2]})).partings
    assert parting.kind == "shape"
    assert parting.shapes[0] != parting.shapes[1]


def test_what_cannot_be_healed_is_said_and_is_never_the_same() -> None:
    one, two = pair()
    nodes = tuple(
        n if n.kind != "Concat" else Node("Nonsense", n.inputs, n.outputs, {}, n.name) for n in two.graph.nodes
    )
    broken = Graph(nodes, two.graph.inputs, two.graph.outputs, two.graph.constants, two.graph.opset)
    found = compare_graphs(one, Side(broken, two.feeds))
    assert not found.same
    assert found.left > 0
    assert found.failed
    assert [parting.how for parting in found.partings] == ["not"]
    assert "Nonsense" in found.partings[0].why


def test_outputs_that_only_one_side_has_or_that_say_nothing_are_never_the_same() -> None:
    one, two = pair()
    more = Graph(one.graph.nodes, one.graph.inputs, (*one.graph.outputs, "x"), one.graph.constants, one.graph.opset)
    assert compare_graphs(Side(more, one.feeds), two).unpaired == ("x",)
    assert not compare_graphs(Side(more, one.feeds), two).same
    dead = Graph((Node("Relu", ("x",), ("y",)),), ("x",), ("y",))
    fed = ({"x": as_value(-np.ones((2, 3), np.float32))},)
    found = compare_graphs(Side(dead, fed), Side(dead, fed))
    assert found.vague == ("y",)
    assert not found.same


def test_weights_of_a_folded_normalisation_are_paired_and_the_pair_is_the_same_as_far_as_float32_folds() -> None:
    one, _ = pair()
    graph = folded(one.graph, 1e-5)
    found = compare_graphs(one, Side(graph, one.feeds, "float32"))
    assert found.same
    assert sum(layer.scaled for layer in found.layers) == 3
    strict = compare_graphs(one, Side(graph, one.feeds))
    assert {parting.one.scope for parting in strict.partings if parting.one is not None} == {"bn1", "bn2", "bn3"}
    assert all(parting.distance < 1e-5 for parting in strict.partings)


def test_constants_that_are_computed_of_each_other_many_times_over_cost_nothing() -> None:
    doubled = [Node("Add", (f"c{i}", f"c{i}"), (f"c{i + 1}",)) for i in range(60)]
    doubled.append(Node("Mul", ("c60", "small"), ("c",)))
    last = (Node("Mul", ("y", "c"), ("s",)), Node("Exp", ("s",), ("z",)))
    constants = {"c0": P["fc1.b"], "small": np.array(2.0**-60)}
    graphs = [
        Graph((*doubled, Node(kind, ("x",), ("y",)), *last), ("x",), ("z",), constants) for kind in ("Relu", "Abs")
    ]
    fed = ({"x": as_value(np.random.default_rng(1).standard_normal((4, 12)))},)
    (parting,) = compare_graphs(*(Side(graph, fed) for graph in graphs)).partings
    assert parting.one is not None
    assert parting.one.kind == "Relu"


def test_a_small_fault_behind_one_that_drowns_it_in_noise_is_found_once_that_is_healed() -> None:
    bias = P["a.b"].astype(np.float64) + 1e-8
    found = compare_graphs(*pair(**{"pw": P["pw"] * np.float32(2**30), "a.b": bias}))
    assert {parting.one.scope for parting in found.partings if parting.one is not None} == {"bn3", "a"}
    assert healed(found)


def test_outputs_in_another_order_are_not_the_same() -> None:
    one, two = pair()
    inner = next(node.outputs[0] for node in two.graph.nodes if node.kind == "MatMul")
    other = next(node.outputs[0] for node in one.graph.nodes if node.kind == "MatMul")
    ordered = [Side(replace(s.graph, outputs=(*s.graph.outputs, n)), s.feeds) for s, n in ((one, other), (two, inner))]
    assert compare_graphs(*ordered).same
    swapped = Side(replace(ordered[1].graph, outputs=ordered[1].graph.outputs[::-1]), two.feeds)
    found = compare_graphs(ordered[0], swapped)
    assert not found.same
    assert [agreed for _, _, agreed in found.outputs] == [False, False]
    assert found.partings


def test_both_sides_are_fed_the_same_number_of_inputs() -> None:
    fed = feeds()
    there = turned(fed[:1], {"x": ("x", CHANNELS_LAST)})
    with pytest.raises(ValueError, match="2 inputs of one side and 1 of the other"):
        compare_graphs(Side(first(P), fed), Side(second(P), there))
