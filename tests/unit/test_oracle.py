"""The oracle: float64 by definition, roundings drawn where they happen, and honest computations let pass."""

from __future__ import annotations

import numpy as np
import pytest
from hypothesis import given, settings

from parity.axes import F64, Array, Tensor
from parity.cases.case import INPUT, Case
from parity.cases.network import Graph, Network, Sequential
from parity.cases.parameters import Parameters, draw_input, draw_parameters
from parity.judging.oracle import Truth, truths
from parity.layers import (
    Add,
    ArgMax,
    AvgPool2D,
    BatchNorm2D,
    Concatenate,
    Conv2D,
    Draw,
    Flatten,
    LeakyReLU,
    Linear,
    MaxPool2D,
    ReLU,
    Sigmoid,
)
from parity.layers.definition import define
from parity.operators.graph import as_value
from parity.records.verdict import LAMBDA
from tests.unit.strategies import SCALES, SEEDS, reference, truth

CHAIN = Sequential(
    Conv2D(3, 6, 3, padding=1), BatchNorm2D(6), LeakyReLU(0.3), MaxPool2D(2), Flatten(), Linear(72, 5), Sigmoid()
)
BRANCHES = Graph(
    first=(Conv2D(3, 6, 3, padding=1), "input"),
    relu=(ReLU(), "first"),
    second=(Conv2D(6, 6, 3, padding=1), "relu"),
    around=(Add(), "second", "first"),
    both=(Concatenate(), "around", "input", "relu"),
    last=(Conv2D(15, 4, 1), "both"),
)
NETWORKS = {"chain": CHAIN, "branches": BRANCHES}
SHAPE = (2, 3, 6, 8)


def drawn(network: Network, seed: int = 0, scale: float = 1.0) -> tuple[Case, Parameters, Array]:
    case = Case("oracle", network, SHAPE, scale=scale)
    return case, draw_parameters(case, seed), draw_input(case, seed)


def end_to_end(case: Case, parameters: Parameters, x: Array, key: int = 0) -> Truth:
    feeds = {INPUT: as_value(x)}
    feeds |= {f"{node}.{name}": as_value(array) for node, p in parameters.items() for name, array in p.items()}
    return truths(case.graph, feeds, key=key)[case.network.output.name]


def composed(network: Network, parameters: Parameters, x: Array, keep: type[np.float64] | type[np.float32]) -> F64:
    """Every layer's answer in turn, each value kept in ``keep``: float32 is the best a runtime could do."""
    values: dict[str, Array] = {INPUT: x}
    for node in network.nodes:
        y = reference(node.layer, *(values[name] for name in node.inputs), **parameters[node.name])
        values[node.name] = y.astype(keep)
    return values[network.output.name].astype(np.float64)


@pytest.mark.parametrize("network", NETWORKS.values(), ids=NETWORKS)
def test_the_answer_is_that_of_every_layer_in_turn(network: Network) -> None:
    case, parameters, x = drawn(network)
    said = end_to_end(case, parameters, x)
    np.testing.assert_array_equal(said.y, composed(network, parameters, x, np.float64))
    assert said.y.shape == said.evaluation.shape == said.storage.shape
    assert said.y.dtype == np.float64


@settings(max_examples=25)
@given(SEEDS, SCALES)
def test_rounding_every_value_to_float32_stays_in_the_bound_end_to_end(seed: int, scale: float) -> None:
    for network in NETWORKS.values():
        case, parameters, x = drawn(network, seed, scale)
        said = end_to_end(case, parameters, x)
        assert np.all(np.abs(composed(network, parameters, x, np.float32) - said.y) <= said.allowed())


@pytest.mark.parametrize("scale", [1e-3, 1.0, 1e3])
def test_half_precision_weights_in_one_layer_leave_the_bound_end_to_end(scale: float) -> None:
    case, parameters, x = drawn(BRANCHES, 0, scale)
    second = parameters["second"] | {"weight": parameters["second"]["weight"].astype(np.float16)}
    observed = composed(BRANCHES, {**parameters, "second": second}, x, np.float64)
    said = end_to_end(case, parameters, x)
    assert np.max(np.abs(observed - said.y) / said.allowed()) > 1


def test_a_network_of_one_layer_has_the_bound_of_that_layer_and_draws_nothing() -> None:
    case = Case("one", Conv2D(3, 4, 3), SHAPE)
    parameters, x = draw_parameters(case, 0), draw_input(case, 0)
    whole = end_to_end(case, parameters, x)
    alone = truth(Conv2D(3, 4, 3), x, careful=False, **parameters["conv2d"])
    for ours, theirs in ((whole.y, alone.y), (whole.evaluation, alone.evaluation), (whole.storage, alone.storage)):
        np.testing.assert_array_equal(ours, theirs)


def test_independent_errors_that_come_in_add_in_quadrature_to_those_made_here() -> None:
    """What the draws estimate is known here in closed form; each estimate is off by what a chi-square allows."""
    network = Sequential(("first", Linear(40, 300)), ("second", Linear(300, 20, bias=False)))
    case = Case("oracle", network, (2, 40))
    parameters, x = draw_parameters(case, 0), draw_input(case, 0)
    before = truth(network.nodes[0].layer, x, careful=False, **parameters["first"])
    here = truth(network.nodes[1].layer, before.y.astype(np.float32), careful=False, **parameters["second"])
    weight = parameters["second"]["weight"].astype(np.float64)
    incoming = (before.evaluation**2 + before.storage**2 / 3) @ (weight**2).T  # storage is drawn from -B to B
    ratio = end_to_end(case, parameters, x).evaluation ** 2 / (here.evaluation**2 + incoming)
    assert 0.8 < np.mean(ratio) < 1.25
    assert 0.3 < ratio.min() < ratio.max() < 3


def test_errors_that_two_branches_share_are_not_taken_for_independent() -> None:
    """x + relu(x): where x is positive both branches carry one error, twice, and not the square root of two of it."""
    once = Graph(conv=(Conv2D(3, 4, 3), "input"), relu=(ReLU(), "conv"), sum=(Add(), "relu", "conv"))
    case, parameters, x = drawn(once)
    said = end_to_end(case, parameters, x)
    conv = truth(Conv2D(3, 4, 3), x, careful=False, **parameters["conv"])
    positive = conv.y > 0
    incoming = np.sqrt(conv.evaluation**2 + conv.storage**2 / 3)
    assert 1.8 < np.sqrt(np.mean((said.evaluation[positive] / incoming[positive]) ** 2)) < 2.3


def test_equal_pixels_carry_equal_errors_so_an_average_does_not_lose_them() -> None:
    """A blank image: every pixel of a channel is rounded alike, which independent draws would average out."""
    network = Sequential(("bn", BatchNorm2D(3)), ("scale", LeakyReLU(0.3)), ("pool", AvgPool2D((32, 30))))
    case = Case("blank", network, (1, 3, 32, 30), draws={"bn.mean": Draw("normal", 30.0, 1.0)})
    parameters = draw_parameters(case, 0)
    x = np.full(case.shape, 30.7, np.float32)
    said = end_to_end(case, parameters, x)
    pixel = truth(BatchNorm2D(3), x, careful=False, **parameters["bn"])
    slope = np.where(pixel.y < 0, 0.3, 1.0)
    assert np.all(said.evaluation[0, :, 0, 0] > 0.2 * (slope * pixel.evaluation)[0, :, 0, 0])


def test_draws_repeat_for_one_key_and_differ_for_another() -> None:
    case, parameters, x = drawn(CHAIN)
    first, again, other = (end_to_end(case, parameters, x, key) for key in (3, 3, 4))
    np.testing.assert_array_equal(first.evaluation, again.evaluation)
    assert np.any(first.evaluation != other.evaluation)


def test_layers_that_only_move_values_add_nothing() -> None:
    case, parameters, x = drawn(Sequential(MaxPool2D(2), ReLU(), Flatten()))
    said = end_to_end(case, parameters, x)
    assert not said.evaluation.any()
    assert not said.storage.any()
    assert np.all(said.allowed() == 2 * said.form.tiny)


def test_what_may_pass_the_largest_number_on_the_way_taints_what_reads_it_and_nothing_else() -> None:
    case, parameters, x = drawn(Sequential(("pool", AvgPool2D(2)), ("relu", ReLU()), ("flatten", Flatten())))
    x[0, 0, :2, :2] = 2e38
    said = end_to_end(case, parameters, x)
    assert said.unspecified is not None
    assert np.argwhere(said.unspecified).tolist() == [[0, 0]]


def test_what_is_allowed_grows_with_lambda_by_its_evaluation_alone() -> None:
    said = Truth(np.ones((1, 1)), np.full((1, 1), 2.0), np.full((1, 1), 5.0))
    assert said.allowed(1.0)[0, 0] == 7.0
    assert said.allowed()[0, 0] == LAMBDA * 2 + 5


def test_a_whole_number_is_right_or_is_not() -> None:
    x = np.asarray([[3, 1, 2], [5, 9, 7]], np.float32)
    graph = define(ArgMax("f"), (Tensor(x.shape),)).graph
    (found,) = truths(graph, {"x0": as_value(x)}).values()
    assert (found.dtype, found.y.tolist(), found.allowed().tolist()) == ("int64", [[0], [1]], [[0.5], [0.5]])
