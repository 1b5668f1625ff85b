"""What a difference looks like: named where undoing it makes it vanish, and only there."""

from __future__ import annotations

from dataclasses import replace

import numpy as np
import pytest

from parity.axes import Array
from parity.judging.looks import Look, look
from parity.judging.parting import compare_graphs
from parity.judging.twins import Side
from parity.operators.graph import Graph, Node, as_value
from tests.unit.test_parting import PLANTED, healed, named
from tests.unit.two_networks import feeds, first, folded, pair, parameters

P = parameters()

#: What must be said of what is planted (``test_parting.PLANTED``): the kind, and what stands on either side.
NAMED = {
    "an epsilon": ("epsilon", "1e-05", "0.001"),
    "an epsilon that is almost right": ("epsilon", "1e-05", "1.001e-05"),
    "an epsilon of rows": ("epsilon", "1e-06", "0.001"),
    "an epsilon of rows that is almost right": ("epsilon", "1e-06", "1.001e-06"),
    "an epsilon of rows in two branches": ("epsilon", "1e-06", "0.001"),
    "a slope": ("slope", "0.1", "0.3"),
    "padding on the other side": ("padding on the other side", "[1, 1, 1, 1]", "[0, 0, 2, 2]"),
    "padding that changes sizes": ("padding", "[1, 1, 1, 1]", "[2, 2, 2, 2]"),
    "a kernel turned": ("kernel axes", "OIHW", "OIWH"),
    "a kernel's channels swapped": ("kernel axes", "OIHW", "IOHW"),
    "one weight": ("weights", "", "1 of 96 elements differ, most at [3, 5, 0, 0]"),
    "half precision": ("half precision", "as it is", "rounded to float16"),
    "another kernel altogether": ("weights", "", "of 576 elements differ"),
    "tanh for erf": ("activation", "gelu by erf", "gelu by tanh"),
    "corners aligned": ("coordinates", "half_pixel", "align_corners"),
    "the order of a concatenation": ("order", "a:11, b:12", "b:12, a:11"),
    "channels last flattened as channels first": ("flattened", "channels first", "channels last"),
    "no bias": ("missing bias", "a bias of 12", "none"),
    "no activation": ("activation", "relu", "nothing"),
    "a scaled input": ("input scale", "as it is", "divided by 255"),
    "channels in another order": ("channel order", "as it is", "BGR for RGB"),
}


#: What is told another way round: a side that has it and one that has not, numbers in both, an order. The rest is as these are.
BACKWARDS = (
    "no bias",
    "no activation",
    "an epsilon",
    "a kernel turned",
    "the order of a concatenation",
    "corners aligned",
)


def looks(one: Side, two: Side) -> list[Look | None]:
    return [look(parting) for parting in compare_graphs(one, two).partings]


def said(found: Look | None, kind: str, one: str, two: str) -> bool:
    return found is not None and found.kind == kind and one in found.one and two in found.two


def test_everything_that_is_planted_has_a_name() -> None:
    assert set(NAMED) == set(PLANTED)


@pytest.mark.parametrize("what", NAMED)
def test_what_is_planted_is_named_at_its_place_and_once_healed_nothing_disagrees(what: str) -> None:
    kind, one, two = NAMED[what]
    other, *places = PLANTED[what]
    here, there = pair(**other)
    compared = compare_graphs(here, there)
    assert not compared.same
    assert [list(named(parting)) for parting in compared.partings] == [places]
    assert healed(compared)
    found = look(compared.partings[0])
    assert said(found, kind, one, two), found


@pytest.mark.parametrize("what", BACKWARDS)
def test_what_is_planted_is_named_from_the_other_side_too(what: str) -> None:
    other, *_ = PLANTED[what]
    here, there = pair(**other)
    (back,) = looks(there, here)
    assert said(back, NAMED[what][0], "", ""), back


def test_in_a_network_with_a_fault_in_every_layer_each_has_its_name() -> None:
    other = {"eps": 1e-3, "alpha": 0.2, "tanh": True, "ln.eps": 1e-3, "no_bias": True, "dw.pads": [0, 0, 2, 2]}
    kinds = [None if found is None else found.kind for found in looks(*pair(**other))]
    norms = ["epsilon", "slope", "epsilon", "padding on the other side", "epsilon"]
    assert kinds == [*norms, "activation", "epsilon", "missing bias"]


def two_nodes(
    one: Node, two: Node, constants: dict[str, Array], shape: tuple[int, ...] = (2, 4, 5, 6)
) -> list[Look | None]:
    """Two graphs of one operator each, with a sum behind it that both have."""
    fed = ({"x": as_value(np.random.default_rng(2).standard_normal(shape).astype(np.float32))},)
    weight = np.random.default_rng(3).standard_normal((1, shape[1], 1, 1)).astype(np.float32)
    last = Node("Conv", ("y", "last"), ("z",))
    graphs = [Graph((node, last), ("x",), ("z",), {**constants, "last": weight}) for node in (one, two)]
    return looks(*(Side(graph, fed) for graph in graphs))


@pytest.mark.parametrize(
    ("one", "two", "kind"),
    [
        (Node("Relu", ("x",), ("y",)), Node("Clip", ("x", "", "six"), ("y",)), "activation"),
        (
            Node("HardSigmoid", ("x",), ("y",), {"alpha": 0.2}),
            Node("HardSigmoid", ("x",), ("y",), {"alpha": 1 / 6}),
            "slope",
        ),
        (Node("Softmax", ("x",), ("y",), {"axis": 1}), Node("Softmax", ("x",), ("y",), {"axis": 2}), "axis"),
        (Node("Softmax", ("x",), ("y",)), Node("Softmax", ("x",), ("y",), {"axis": -3}), "axis"),
        (Node("Sigmoid", ("x",), ("y",)), Node("Erf", ("x",), ("y",)), None),
        (
            Node("LayerNormalization", ("x", "ones"), ("y",)),
            Node("Mul", ("x", "none"), ("y",)),
            None,
        ),  # as with a huge epsilon
        (Node("Elu", ("x",), ("y",)), Node("Elu", ("x",), ("y",), {"alpha": 0.7}), "slope"),
        (
            Node("AveragePool", ("x",), ("y",), {"kernel_shape": [3, 3], "pads": [1, 1, 1, 1]}),
            Node("AveragePool", ("x",), ("y",), {"kernel_shape": [3, 3], "pads": [1, 1, 1, 1], "count_include_pad": 1}),
            "setting",
        ),
    ],
)
def test_what_has_a_name_gets_it_and_what_has_none_is_passed_over_in_silence(
    one: Node, two: Node, kind: str | None
) -> None:
    (found,) = two_nodes(one, two, {"six": np.float32(6)})
    assert (None if found is None else found.kind) == kind


def test_a_guess_that_explains_most_elements_but_not_all_is_not_said() -> None:
    one, two = pair(alpha=0.3)
    (parting,) = compare_graphs(one, two).partings
    assert parting.scene is not None
    one_off = []
    for play in (parting.scene.one, parting.scene.two):
        arrays = [a.copy() for a in play.arrays]
        arrays[0][0, 0, 0, 0] += 1e-9
        one_off.append(replace(play, arrays=tuple(arrays)))
    spoiled = replace(parting, scene=replace(parting.scene, one=one_off[0], two=one_off[1]))
    assert look(parting) is not None
    assert look(spoiled) is None


def test_an_epsilon_and_one_weight_are_named_behind_a_normalisation_that_is_folded_away() -> None:
    one, fed = first(P), feeds()
    found = looks(Side(one, fed), Side(folded(first(P), 1e-3), fed, "float32"))
    assert [str(f) for f in found] == ["epsilon: 1e-05 in the first, 0.001 in the second"] * 3
    wrong = {**P, "pw": P["pw"].copy()}
    wrong["pw"][3, 5] *= np.float32(1.01)
    (found_weight,) = looks(Side(one, fed), Side(folded(first(wrong), 1e-5), fed, "float32"))
    assert said(found_weight, "weights", "", "1 of 96 elements differ, most at [3, 5, 0, 0]"), found_weight


def test_a_number_that_only_makes_a_value_vanish_is_not_named() -> None:
    fed = ({"x": as_value(np.random.default_rng(2).standard_normal((2, 4, 6)).astype(np.float32))},)
    scale = np.random.default_rng(3).uniform(0.5, 1, 6).astype(np.float32)
    norm = Graph(
        (Node("LayerNormalization", ("x", "s"), ("y",)), Node("Exp", ("y",), ("z",))), ("x",), ("z",), {"s": scale}
    )
    none = Graph(
        (Node("Mul", ("x", "none"), ("y",)), Node("Exp", ("y",), ("z",))), ("x",), ("z",), {"none": np.zeros(())}
    )
    assert looks(Side(norm, fed, "float32"), Side(none, fed, "float32")) == [None]


def test_automatic_padding_on_the_other_side_is_named() -> None:
    one, fed = first(P), feeds()
    lower = replace(one.nodes[0], attributes={"strides": [2, 2], "auto_pad": "SAME_LOWER"})
    upper = replace(one.nodes[0], inputs=("padded", one.nodes[0].inputs[1]), attributes={"strides": [2, 2]})
    pads = Node("Pad", ("x", "pads"), ("padded",))
    there = replace(
        one, nodes=(pads, upper, *one.nodes[1:]), constants={**one.constants, "pads": np.array([0] * 6 + [1, 1])}
    )
    (found,) = looks(Side(replace(one, nodes=(lower, *one.nodes[1:])), fed), Side(there, fed))
    assert said(found, "padding on the other side", "[1, 1, 0, 0]", "[0, 0, 1, 1]"), found


def test_a_padding_that_is_an_operator_of_its_own_is_named_as_one() -> None:
    one, fed = first(P), feeds()
    conv = replace(one.nodes[0], attributes={**one.nodes[0].attributes, "auto_pad": "NOTSET"})
    one = replace(one, nodes=(conv, *one.nodes[1:]))
    pads = Node("Pad", ("x", "pads"), ("padded",))
    valid = replace(conv, inputs=("padded", *conv.inputs[1:]), attributes={"strides": [2, 2], "auto_pad": "VALID"})
    constants = {**one.constants, "pads": np.array([0, 0, 0, 0, 0, 0, 2, 2])}
    (found,) = looks(Side(one, fed), Side(replace(one, nodes=(pads, valid, *one.nodes[1:]), constants=constants), fed))
    assert said(found, "padding on the other side", "[1, 1, 1, 1]", "[0, 0, 2, 2]"), found


def test_a_padding_and_an_epsilon_in_one_folded_layer_are_named_together() -> None:
    one, fed = first(P), feeds()
    wrong = folded(first(P, **{"conv1.pads": [0, 0, 2, 2], "bn1.eps": 1e-3}), 1e-3)
    found = looks(Side(one, fed), Side(wrong, fed, "float32"))
    assert found[0] is not None
    assert found[0].kind == "padding on the other side and epsilon"


def test_a_normalisation_by_the_statistics_of_the_batch_is_said_to_lack_eval() -> None:
    kept = ("scale", "bias", "mean", "variance")
    rng = np.random.default_rng(4)
    constants = {name: rng.uniform(0.5, 2, 4).astype(np.float32) for name in kept}
    stored = Node("BatchNormalization", ("x", *kept), ("y",))
    (found,) = two_nodes(stored, replace(stored, attributes={"training_mode": 1}), constants)
    assert said(found, "eval() forgotten", "by what is stored", "by the statistics of the batch"), found


@pytest.mark.parametrize("decomposed", [False, True])
def test_another_mean_and_deviation_of_the_input_are_named_however_they_are_computed(decomposed: bool) -> None:
    fed = ({"x": as_value(np.random.default_rng(2).random((2, 3, 5, 6)).astype(np.float32))},)
    mean, deviation = (np.float32(v).reshape(3, 1, 1) for v in ([0.485, 0.456, 0.406], [0.229, 0.224, 0.225]))
    last = Node("Conv", ("y", "last"), ("z",))
    weight = {"last": np.random.default_rng(3).standard_normal((1, 3, 1, 1)).astype(np.float32)}
    nodes = Node("Sub", ("x", "mean"), ("s",)), Node("Div", ("s", "deviation"), ("y",)), last
    one = Graph(nodes, ("x",), ("z",), {**weight, "mean": mean, "deviation": deviation})
    if decomposed:
        other = Node("Mul", ("x", "two"), ("s",)), Node("Sub", ("s", "one"), ("y",)), last
        two = Graph(other, ("x",), ("z",), {**weight, "two": np.float32(2), "one": np.float32(1)})
    else:
        two = replace(one, constants={**weight, "mean": mean + np.float32(0.1), "deviation": deviation / 2})
    found = looks(Side(one, fed, "float32"), Side(two, fed, "float32"))
    if decomposed:
        mine = "mean 0.485 0.456 0.406, deviation 0.229 0.224 0.225"
        assert found == [Look("mean and deviation", mine, "mean 0.5, deviation 0.5")]
    else:
        assert found[0] == Look("mean", "mean 0.485 0.456 0.406", "mean 0.585 0.556 0.506")
        assert said(found[1], "weights", "deviation", "3 of 3 elements differ")


def test_a_sum_that_is_left_out_is_named_with_what_is_left_of_it() -> None:
    fed = ({"x": as_value(np.random.default_rng(2).standard_normal((2, 4, 5, 6)).astype(np.float32))},)
    rng = np.random.default_rng(3)
    constants = {n: rng.standard_normal((4, 4, 1, 1)).astype(np.float32) for n in ("a", "b")}
    begin, last = Node("Conv", ("x", "a"), ("y",)), Node("Conv", ("r", "b"), ("z",))
    add, relu = Node("Add", ("y", "x"), ("s",)), Node("Relu", ("s",), ("r",))
    with_it = Graph((begin, add, relu, last), ("x",), ("z",), constants)
    without = Graph((begin, replace(relu, inputs=("y",)), last), ("x",), ("z",), constants)
    (found,) = looks(Side(with_it, fed), Side(without, fed))
    assert found == Look("missing operator", "Add of y, x", "y alone")
