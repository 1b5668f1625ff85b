"""Probes: whole numbers whose every sum is exact, and impulses that show every weight."""

from __future__ import annotations

import re
from collections.abc import Mapping
from fractions import Fraction
from typing import Any

import numpy as np
import pytest
from hypothesis import assume, given, settings

from parity.axes import F64, Array
from parity.cases import Sequential
from parity.cases.case import INPUT, Case
from parity.cases.parameters import draw_integers, draw_parameters
from parity.cases.probes import (
    FEATURES_AT_ONCE,
    MOST_IMPULSES,
    inputs_of,
    parameters_of,
    variant_of,
    variants,
    why_not,
)
from parity.cases.registry import Registry
from parity.layers import (
    Add,
    AvgPool2D,
    BatchNorm2D,
    Conv2D,
    ConvTranspose2D,
    Layer,
    LeakyReLU,
    Linear,
    MaxPool2D,
    ReLU,
    Sigmoid,
)
from tests.unit.strategies import Spec, convolutions, finest_step, pair, reference, truth


def small(registry: Registry) -> list[Case]:
    """All but the cases that take seconds, which hold no other kind of layer."""
    return [case for case in registry.cases.values() if 224 not in case.shape and not case.family.startswith("vgg16")]


def largest_sum(layer: Layer, largest: list[float], parameters: Mapping[str, Array]) -> tuple[float, float]:
    """How large a running sum, and an output, of this layer can get in any order, of inputs that are at most so large."""
    if isinstance(layer, Conv2D | Linear):
        magnitudes = np.abs(parameters["weight"].astype(np.float64))
        reached = magnitudes.reshape(len(magnitudes), -1).sum(axis=1).max() * largest[0]
        reached += np.abs(parameters["bias"]).max() if "bias" in parameters else 0
        return float(reached), float(reached)
    if isinstance(layer, AvgPool2D):
        return largest[0] * pair(layer.kernel)[0] * pair(layer.kernel)[1], largest[0]
    if isinstance(layer, Add):
        return sum(largest), sum(largest)
    return max(largest), max(largest)


def test_no_running_sum_of_any_case_reaches_what_float32_counts_exactly(registry: Registry) -> None:
    checked = 0
    deep = Case("deep", Sequential(*(Conv2D(3 if i == 0 else 64, 64, 3, padding=1) for i in range(9))), (1, 3, 8, 9))
    for case in [*small(registry), registry.cases["vgg16_features"], deep]:
        if why_not(case, "integer"):
            continue
        parameters = parameters_of(case, "integer", 0)
        sizes, steps = {INPUT: 4.0}, {INPUT: Fraction(1)}
        for node in case.network.nodes:
            shrink = finest_step(node.layer, *(case.tensors[name] for name in node.inputs))
            assert shrink is not None
            steps[node.name] = min(steps[name] for name in node.inputs) * shrink
            arguments = [sizes[name] for name in node.inputs]
            reached, sizes[node.name] = largest_sum(node.layer, arguments, parameters[node.of or node.name])
            # Counted in the finest step, a running sum is a whole number; below 2^24 float32 holds all of them.
            assert reached / steps[node.name] < 2**24, (case.name, node.name)
        checked += 1
    assert checked > 250


def test_every_value_of_every_case_is_a_multiple_of_its_step_and_fits_float32(registry: Registry) -> None:
    for case in small(registry):
        if why_not(case, "integer"):
            continue
        parameters = parameters_of(case, "integer", 0)
        values: dict[str, F64] = {INPUT: inputs_of(case, "integer", 0)[0].astype(np.float64)}
        steps: dict[str, Fraction] = {INPUT: Fraction(1)}
        for node in case.network.nodes:
            inputs = [values[name] for name in node.inputs]
            y = reference(node.layer, *inputs, **parameters[node.of or node.name])
            shrink = finest_step(node.layer, *(case.tensors[name] for name in node.inputs))
            assert shrink is not None
            step = min(steps[name] for name in node.inputs) * shrink
            assert step.numerator == 1
            assert np.all(y * step.denominator == np.round(y * step.denominator)), (case.name, node.name)
            assert np.all(y == y.astype(np.float32)), (case.name, node.name)
            values[node.name], steps[node.name] = y, step
        # Places, which are whole numbers, may all be the first.
        assert np.any(values[case.network.output.name]) or case.output.dtype != "float32", case.name


def test_every_single_convolution_dense_layer_and_maximum_has_an_integer_probe(registry: Registry) -> None:
    for case in registry.cases.values():
        if case.values != "normal" or case.whole or 0 in case.shape:
            continue
        (node, *others) = case.network.nodes
        # A ReLU with a slope or an edge of its own may round.
        if (
            case.mode == "inference"
            and not others
            and (isinstance(node.layer, Conv2D | Linear | MaxPool2D) or node.layer == ReLU())
        ):
            assert not why_not(case, "integer"), case.name
    assert not why_not(registry.cases["vgg16_features"], "integer")
    assert not why_not(registry.cases["simple_cnn"], "integer")


@pytest.mark.parametrize(
    ("layer", "reason"),
    [
        (Sigmoid(), r"sigmoid \(Sigmoid\(\)\) rounds even whole numbers"),
        (BatchNorm2D(3), r"batchnorm2d \(BatchNorm2D\(3\)\) rounds even whole numbers"),
        (AvgPool2D(3), r"avgpool2d \(AvgPool2D\(3\)\) rounds even whole numbers"),
        (LeakyReLU(0.3), r"leakyrelu \(.*\) rounds even whole numbers"),
    ],
    ids=str,
)
def test_what_rounds_whole_numbers_says_so(layer: Layer, reason: str) -> None:
    case = Case("case", layer, (2, 3, 6, 7))
    assert "integer" not in variants(case)
    assert re.fullmatch(reason, why_not(case, "integer"))


@pytest.mark.parametrize("backwards", [False, True])
def test_whole_numbers_are_bit_equal_summed_in_any_order(backwards: bool) -> None:
    case = Case("exact", Linear(3000, 7), (4, 3000))
    (x,) = inputs_of(case, "integer", 0)
    parameters = parameters_of(case, "integer", 0)["linear"]
    total = np.zeros((4, 7), np.float32)
    for i in range(3000)[::-1] if backwards else range(3000):
        total = total + x[:, i : i + 1] * parameters["weight"][:, i]
    total = total + parameters["bias"]
    np.testing.assert_array_equal(total.astype(np.float64), reference(case.network.output.layer, x, **parameters))


def test_a_deep_network_keeps_a_few_weights_of_each_output_and_none_of_them_is_zero() -> None:
    deep = Case("deep", Sequential(*(Conv2D(3 if i == 0 else 64, 64, 3, padding=1) for i in range(9))), (1, 3, 8, 9))
    assert not why_not(deep, "integer")
    parameters = parameters_of(deep, "integer", 0)
    last = parameters["conv2d9"]["weight"].reshape(64, -1)
    kept = np.count_nonzero(last, axis=1)
    assert np.all(kept == kept[0])
    assert 0 < kept[0] < last.shape[1]
    assert set(np.unique(last)) == {-1.0, 0.0, 1.0}
    assert abs(last.sum()) < last.shape[0] * kept[0] / 2
    assert len({row.tobytes() for row in last}) == 64


def test_weights_are_kept_by_output_wherever_a_layer_stores_that_axis() -> None:
    # Each output sums 61 channels. By input channel there would be nothing to leave out: three weights, of one output each.
    chain = Sequential(*(ConvTranspose2D(*((1, 61) if i % 2 == 0 else (61, 1)), 1) for i in range(20)))
    case = Case("chain", chain, (2, 1, 6, 7))
    assert not why_not(case, "integer")
    reached = 4.0
    for parameters in parameters_of(case, "integer", 0).values():
        weight = np.abs(parameters["weight"]).astype(np.float64)
        reached = weight.sum(axis=(0, 2, 3)).max() * reached + np.abs(parameters["bias"]).max()
        assert reached < 2**24


def test_integer_parameters_of_a_network_are_ones_and_of_a_layer_up_to_four() -> None:
    layer = parameters_of(Case("one", Conv2D(8, 8, 3), (2, 8, 6, 7)), "integer", 0)["conv2d"]["weight"]
    assert set(np.unique(layer)) == set(range(-4, 5))
    two = Case("two", Sequential(Conv2D(8, 8, 3), Conv2D(8, 8, 3)), (2, 8, 6, 7))
    assert set(np.unique(parameters_of(two, "integer", 0)["conv2d1"]["weight"])) == {-1.0, 0.0, 1.0}


def shown(case: Case, impulses: Array) -> tuple[Array, Array]:
    """(which taps of which input channel the impulses meet, which taps any input meets), both ``I kh kw`` booleans."""
    layer: Conv2D = case.network.output.layer  # type: ignore[assignment]
    bare = Conv2D(**{**vars(layer), "bias": False})
    shape = layer.parameters()["weight"].shape
    channels = impulses.any(axis=(2, 3)).argmax(axis=1)
    lit = impulses.any(axis=(1, 2, 3))
    met, possible = np.zeros((layer.in_channels, *shape[2:]), bool), np.zeros(shape[2:], bool)
    for tap in np.ndindex(*shape[2:]):
        weight = np.zeros(shape)
        weight[:, :, tap[0], tap[1]] = 1
        seen = reference(bare, impulses, weight).any(axis=(1, 2, 3))
        for channel in range(layer.in_channels):
            met[(channel, *tap)] = bool(np.any(seen & lit & (channels == channel)))
        possible[tap] = bool(reference(bare, np.ones((1, *case.shape[1:])), weight).any())
    return met, np.broadcast_to(possible, met.shape)


def test_impulses_meet_every_weight_that_any_input_could_meet(registry: Registry) -> None:
    checked = 0
    for case in small(registry):
        if why_not(case, "impulse") or not isinstance(case.network.output.layer, Conv2D):
            continue
        met, possible = shown(case, np.concatenate(inputs_of(case, "impulse", 0)))
        np.testing.assert_array_equal(met, possible, err_msg=case.name)
        checked += 1
    assert checked > 120


@settings(max_examples=40)
@given(convolutions())
def test_impulses_of_any_convolution_meet_every_weight_that_any_input_could_meet(spec: Spec) -> None:
    case = Case("any", spec.layer, spec.shape, equal_sizes="drawn")
    assume(not why_not(case, "impulse"))
    met, possible = shown(case, np.concatenate(inputs_of(case, "impulse", 0)))
    np.testing.assert_array_equal(met, possible)


@pytest.mark.parametrize("sizes", [(3,), (4, 2, 1), (3, 2, 1, 1), ((3, 4), (2, 3), (0, 2), (1, 2)), (5, 1, 4)], ids=str)
def test_impulses_of_a_transposed_convolution_meet_every_weight(sizes: tuple[Any, ...]) -> None:
    layer = ConvTranspose2D(3, 4, *sizes)
    x = np.concatenate(inputs_of(Case("case", layer, (2, 3, 7, 10)), "impulse", 0))
    channels, outputs, *kernel = layer.parameters()["weight"].shape
    for channel, *tap in np.ndindex(channels, *kernel):
        one = np.zeros((channels, outputs, *kernel))
        one[channel, :, *tap] = 1
        assert reference(layer, x, weight=one, bias=np.zeros(4)).any(axis=(0, 2, 3)).all(), (channel, tap)


def test_a_convolution_is_lit_at_one_pixel_of_one_channel_at_a_time() -> None:
    case = Case("conv2d", Conv2D(3, 4, 3, stride=2), (2, 3, 8, 9))
    runs = inputs_of(case, "impulse", 0)
    assert all(run.shape == case.shape and run.dtype == np.float32 for run in runs)
    lit = np.concatenate(runs).reshape(-1, 3 * 8 * 9)
    assert set(np.count_nonzero(lit, axis=1)) <= {0, 1}
    assert set(np.unique(lit)) == {0.0, 1.0}


def test_a_dense_layer_is_lit_in_groups_that_share_no_feature_and_leave_none_out() -> None:
    case = Case("linear", Linear(37, 4), (2, 37))
    lit = np.concatenate(inputs_of(case, "impulse", 0))
    np.testing.assert_array_equal(lit.sum(axis=0), np.ones(37))
    assert np.max(lit.sum(axis=1)) == FEATURES_AT_ONCE


@pytest.mark.parametrize("layer", [Conv2D(64, 64, 3, padding=1), Linear(512, 10)], ids=str)
def test_a_weight_off_by_a_ten_thousandth_leaves_the_bound_on_impulses(layer: Layer) -> None:
    case = Case("impulse", layer, (4, 64, 6, 7) if isinstance(layer, Conv2D) else (8, 512))
    node = case.network.output
    right = draw_parameters(case, 0)[node.name]
    x = np.concatenate(inputs_of(case, "impulse", 0))
    said = truth(layer, x, **right)
    rng = np.random.default_rng(0)
    for _ in range(5):
        weight = right["weight"].copy()
        weight[tuple(rng.integers(0, n) for n in weight.shape)] += np.float32(1e-4)
        y = reference(layer, x, **{**right, "weight": weight})
        assert np.max(np.abs(y - said.y) / said.allowed()) > 1


@pytest.mark.parametrize(
    ("model", "reason"),
    [
        (ReLU(), "only a single convolution or dense layer shows its weights one by one"),
        (Sequential(Conv2D(3, 4, 3), ReLU()), "only a single convolution"),
        (Conv2D(3, 4, 1, stride=7, padding=1), "every window lies in the padding, so no weight shows"),
        (Conv2D(300, 4, 1), f"needs 150 forward passes, more than {MOST_IMPULSES}"),
    ],
    ids=str,
)
def test_where_impulses_do_not_apply_it_says_why(model: Layer, reason: str) -> None:
    channels = model.in_channels if isinstance(model, Conv2D) else 3
    assert reason in why_not(Case("case", model, (2, channels, 6, 7)), "impulse")


def test_variants_are_what_a_route_has_to_make() -> None:
    assert variants(Case("a", Conv2D(3, 4, 3), (2, 3, 6, 7))) == ("shipped", "integer")
    assert variants(Case("a", BatchNorm2D(3), (2, 3, 6, 7))) == ("shipped",)
    network = Sequential(Conv2D(3, 4, 3), ReLU())
    assert variants(Case("a", network, (2, 3, 6, 7))) == ("shipped", "tapped", "integer")
    assert [variant_of(probe) for probe in ("data", "integer", "impulse")] == ["shipped", "integer", "shipped"]


def test_an_integer_input_holds_no_number_above_four() -> None:
    (x,) = inputs_of(Case("a", Conv2D(3, 4, 3), (2, 3, 16, 17)), "integer", 0)
    np.testing.assert_array_equal(x, draw_integers((2, 3, 16, 17), 4, 0, "a", "integer", INPUT))
    assert set(np.unique(x)) == set(range(-4, 5))


def test_asking_for_integer_parameters_there_are_none_of_is_a_mistake() -> None:
    with pytest.raises(ValueError, match="has no integer probe: sigmoid"):
        parameters_of(Case("case", Sigmoid(), (2, 3, 6, 7)), "integer", 0)
