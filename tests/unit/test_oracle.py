"""The oracle composes references, keeps errors that come in apart from errors made here, and lets honest rounding pass."""

from __future__ import annotations

import numpy as np
import pytest
from hypothesis import given, settings

from parity.axes import F64, Array
from parity.bounds import FLOAT32, LAMBDA
from parity.cases.case import INPUT, Case
from parity.cases.network import Graph, Network, Sequential, as_network
from parity.cases.parameters import Parameters, draw_input, draw_parameters
from parity.judging.oracle import Truth, layer_truth, network_truth
from parity.layers import Add, BatchNorm2D, Concatenate, Conv2D, Flatten, LeakyReLU, Linear, MaxPool2D, ReLU, Sigmoid
from tests.unit.strategies import SCALES, SEEDS

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


def drawn(network: Network, seed: int = 0, scale: float = 1.0) -> tuple[Parameters, Array]:
    case = Case("oracle", network, SHAPE, scale=scale)
    return draw_parameters(case, seed), draw_input(case, seed)


def composed(network: Network, parameters: Parameters, x: Array, keep: type[np.float64] | type[np.float32]) -> F64:
    """Every layer's reference in turn, each value kept in ``keep``: float32 is the best a runtime could do."""
    values: dict[str, Array] = {INPUT: x}
    for node in network.nodes:
        y = node.layer.reference(*(values[name] for name in node.inputs), **parameters[node.name])
        values[node.name] = y.astype(keep)
    return values[network.output.name].astype(np.float64)


@pytest.mark.parametrize("network", NETWORKS.values(), ids=NETWORKS)
def test_the_answer_is_every_reference_in_turn(network: Network) -> None:
    parameters, x = drawn(network)
    truth = network_truth(network, parameters, x, FLOAT32)
    np.testing.assert_array_equal(truth.y, composed(network, parameters, x, np.float64))
    assert truth.y.shape == truth.evaluation.shape == truth.storage.shape
    assert truth.y.dtype == np.float64


@settings(max_examples=25)
@given(SEEDS, SCALES)
def test_rounding_every_value_to_float32_stays_in_the_bound_end_to_end(seed: int, scale: float) -> None:
    for network in NETWORKS.values():
        parameters, x = drawn(network, seed, scale)
        truth = network_truth(network, parameters, x, FLOAT32)
        observed = composed(network, parameters, x, np.float32)
        assert np.all(np.abs(observed - truth.y) <= truth.allowed(FLOAT32))


@pytest.mark.parametrize("scale", [1e-3, 1.0, 1e3])
def test_one_layer_through_half_precision_leaves_the_bound_end_to_end(scale: float) -> None:
    network = BRANCHES
    parameters, x = drawn(network, 0, scale)
    truth = network_truth(network, parameters, x, FLOAT32)
    second = parameters["second"] | {"weight": parameters["second"]["weight"].astype(np.float16)}
    observed = composed(network, {**parameters, "second": second}, x, np.float64)
    assert np.max(np.abs(observed - truth.y) / truth.allowed(FLOAT32)) > 1


@pytest.mark.parametrize("network", NETWORKS.values(), ids=NETWORKS)
def test_a_layer_on_the_input_it_got_has_its_own_error_only(network: Network) -> None:
    parameters, x = drawn(network)
    values: dict[str, F64] = {INPUT: x.astype(np.float64)}
    for node in network.nodes:
        inputs = tuple(values[name] for name in node.inputs)
        truth = layer_truth(node, inputs, parameters[node.name], FLOAT32)
        own = node.layer.error(FLOAT32, truth.y, *inputs, **parameters[node.name])
        np.testing.assert_array_equal(truth.evaluation, own.evaluation)
        np.testing.assert_array_equal(truth.storage, own.storage)
        values[node.name] = truth.y


def test_a_network_of_one_layer_has_the_error_of_that_layer() -> None:
    network = as_network(Conv2D(3, 4, 3))
    parameters, x = drawn(network)
    whole = network_truth(network, parameters, x, FLOAT32)
    alone = layer_truth(network.output, (x,), parameters["conv2d"], FLOAT32)
    np.testing.assert_array_equal(whole.y, alone.y)
    np.testing.assert_array_equal(whole.evaluation, alone.evaluation)
    np.testing.assert_array_equal(whole.storage, alone.storage)


def test_errors_that_come_in_add_in_quadrature_to_those_made_here() -> None:
    network = Sequential(("first", Linear(4, 3)), ("second", Linear(3, 2, bias=False)))
    case = Case("oracle", network, (2, 4))
    parameters, x = draw_parameters(case, 0), draw_input(case, 0)
    first, second = network.nodes
    before = layer_truth(first, (x,), parameters["first"], FLOAT32)
    here = layer_truth(second, (before.y,), parameters["second"], FLOAT32)
    weight = parameters["second"]["weight"].astype(np.float64)
    incoming = np.sqrt((before.evaluation**2 + before.storage**2) @ (weight**2).T)
    whole = network_truth(network, parameters, x, FLOAT32)
    expected = np.sqrt(here.evaluation**2 + incoming**2)
    assert np.max(np.abs(whole.evaluation / expected - 1)) < 1e-12
    np.testing.assert_array_equal(whole.storage, here.storage)


def test_layers_that_only_move_values_add_nothing() -> None:
    network = Sequential(MaxPool2D(2), ReLU(), Flatten())
    parameters, x = drawn(network)
    truth = network_truth(network, parameters, x, FLOAT32)
    assert not truth.evaluation.any()
    assert not truth.storage.any()
    assert np.all(truth.allowed(FLOAT32) == 2 * FLOAT32.tiny)


def test_what_is_allowed_grows_with_lambda_by_its_evaluation_alone() -> None:
    truth = Truth(np.ones((1, 1)), np.full((1, 1), 2.0), np.full((1, 1), 5.0))
    assert truth.allowed(FLOAT32, 1.0)[0, 0] == 7.0
    assert truth.allowed(FLOAT32)[0, 0] == LAMBDA * 2 + 5
