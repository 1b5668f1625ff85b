"""The bound: an honest float32 computation stays inside, in any order; a wrong one leaves; and it knows no scale."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import replace

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from parity.axes import F64, Array
from parity.layers import AvgPool2D, BatchNorm2D, Conv2D, Layer, Linear
from parity.operators.base import Site
from parity.operators.formats import FLOAT32, TF32, TRANSFORMS, Format
from parity.operators.reduction import summed
from parity.operators.sums import rounded_sum
from parity.records.verdict import LAMBDA
from tests.unit.strategies import MEANS, SCALES, SEEDS, arrays, parameters_of, reference, truth

WIDE = st.sampled_from([(1, 1), (3, 3), (16, 5), (32, 3)])


def allowed(layer: Layer, x: Array, **parameters: Array) -> tuple[F64, F64]:
    """The float64 answer and how far float32 may be from it."""
    said = truth(layer, x, **parameters)
    return said.y, said.allowed()


def evaluation(form: Format, n: int, squares: F64, y: F64, bias: float, prefix: F64) -> F64:
    """A of a sum of n products, running sums counted."""
    at = Site("Conv", careful=True, override=form)
    found = rounded_sum(at, n, squares, y, bias, lambda: prefix, transforms=True).evaluation
    assert found is not None
    return found


def added_one_by_one(products: Iterator[Array], bias: Array | None, shape: tuple[int, ...]) -> Array:
    """The naive sum: one float32 accumulator, one product after the other, the bias last."""
    total = np.zeros(shape, np.float32)
    for product in products:
        total = total + product
    if bias is not None:
        total = total + bias
    assert total.dtype == np.float32
    return total


@settings(max_examples=100)
@given(st.integers(1, 600), st.booleans(), st.booleans(), SEEDS, SCALES, MEANS)
def test_a_dense_layer_summed_one_by_one_stays_in_its_bound(
    n: int, bias: bool, backwards: bool, seed: int, scale: float, mean: float
) -> None:
    layer = Linear(n, 4, bias=bias)
    x, parameters = arrays((3, n), seed, scale, mean), parameters_of(layer, seed)
    y, limit = allowed(layer, x, **parameters)
    order = range(n)[::-1] if backwards else range(n)
    products = (x[:, i : i + 1] * parameters["weight"][:, i] for i in order)
    observed = added_one_by_one(products, parameters.get("bias"), y.shape)
    assert np.all(np.abs(observed - y) <= limit)


@settings(max_examples=60)
@given(WIDE, st.sampled_from([1, 2, 3]), st.booleans(), st.booleans(), SEEDS, SCALES, MEANS)
def test_a_convolution_summed_one_by_one_stays_in_its_bound(
    channels: tuple[int, int], kernel: int, bias: bool, taps_first: bool, seed: int, scale: float, mean: float
) -> None:
    layer = Conv2D(channels[0], channels[1], kernel, bias=bias)
    x, parameters = arrays((2, channels[0], 5, 6), seed, scale, mean), parameters_of(layer, seed)
    y, limit = allowed(layer, x, **parameters)
    rows, columns = y.shape[2:]
    taps = [(i, j) for i in range(kernel) for j in range(kernel)]
    places = [(c, i, j) for i, j in taps for c in range(channels[0])]
    if not taps_first:
        places = [(c, i, j) for c in range(channels[0]) for i, j in taps]
    products = (
        x[:, c : c + 1, i : i + rows, j : j + columns] * parameters["weight"][:, c, i, j][None, :, None, None]
        for c, i, j in places
    )
    vector = parameters["bias"][None, :, None, None] if bias else None
    assert np.all(np.abs(added_one_by_one(products, vector, y.shape) - y) <= limit)


def halves(shape: tuple[int, ...], seed: int) -> Array:
    """Numbers near 30 in the first half of the channels or features and near -30 in the other: sums that cancel late."""
    x = arrays(shape, seed)
    first = shape[1] // 2
    x[:, :first] += 30
    x[:, first:] -= 30
    return x


@pytest.mark.parametrize("seed", range(10))
@pytest.mark.parametrize("n", [64, 1000, 20_000])
def test_a_dense_sum_that_cancels_late_stays_in_its_bound_by_its_running_sums(n: int, seed: int) -> None:
    layer, x = Linear(n, 4), halves((2, n), seed)
    parameters = {name: np.abs(value) for name, value in parameters_of(layer, seed).items()}
    y, limit = allowed(layer, x, **parameters)
    products = (x[:, i : i + 1] * parameters["weight"][:, i] for i in range(n))
    observed = added_one_by_one(products, parameters["bias"], y.shape)
    assert np.all(np.abs(observed - y) <= limit)


def test_a_bound_without_running_sums_would_not_hold_a_sum_that_cancels_late() -> None:
    """What the prefix term is for: M of squares, value and bias alone is too small by an order of magnitude."""
    worst = 0.0
    for seed in range(10):
        layer, x = Linear(20_000, 4, bias=False), halves((2, 20_000), seed)
        weight = np.abs(parameters_of(layer, seed)["weight"])
        y = reference(layer, x, weight)
        observed = added_one_by_one((x[:, i : i + 1] * weight[:, i] for i in range(20_000)), None, y.shape)
        squares = reference(layer, x.astype(np.float64) ** 2, weight.astype(np.float64) ** 2)
        short = evaluation(FLOAT32, 20_000, squares, y, 0.0, np.zeros_like(y))
        worst = max(worst, float(np.max(np.abs(observed - y) / (LAMBDA * short))))
    assert worst > 1


@pytest.mark.parametrize("seed", range(10))
def test_a_convolution_that_cancels_late_stays_in_its_bound_by_its_running_sums(seed: int) -> None:
    layer, x = Conv2D(256, 4, 3, bias=False), halves((1, 256, 5, 6), seed)
    weight = np.abs(parameters_of(layer, seed)["weight"])
    y, limit = allowed(layer, x, weight=weight)
    products = (
        x[:, c : c + 1, i : i + 3, j : j + 4] * weight[:, c, i, j][None, :, None, None]
        for c in range(256)
        for i in range(3)
        for j in range(3)
    )
    observed = added_one_by_one(products, None, y.shape)
    assert np.all(np.abs(observed - y) <= limit)
    # Channels first, the running sums reach half of all magnitudes before they cancel; M has to know.
    least = 2.0**-24 * np.sqrt(256 * 9 + 1) * 0.4 * reference(layer, np.abs(x), weight)
    assert np.all(truth(layer, x, weight).evaluation >= least)


@given(st.integers(1, 7), SEEDS, SCALES, MEANS)
def test_a_mean_summed_one_by_one_stays_in_its_bound(kernel: int, seed: int, scale: float, mean: float) -> None:
    layer, x = AvgPool2D(kernel), arrays((2, 3, kernel, 2 * kernel), seed, scale, mean)
    y, limit = allowed(layer, x)
    seen = (x[:, :, i : i + 1, j::kernel] for i in range(kernel) for j in range(kernel))
    total = added_one_by_one(seen, None, y.shape)
    count = np.float32(kernel * kernel)
    assert np.all(np.abs(total / count - y) <= limit)
    assert np.all(np.abs(total * (np.float32(1) / count) - y) <= limit)


@given(SEEDS, SCALES, MEANS, st.sampled_from([1e-3, 1.0, 100.0]))
def test_a_normalisation_folded_either_way_stays_in_its_bound(
    seed: int, scale: float, mean: float, variance: float
) -> None:
    layer, x = BatchNorm2D(4), arrays((2, 4, 3, 5), seed, scale, mean)
    parameters = parameters_of(layer, seed) | {"var": np.full(4, variance, np.float32)}
    y, limit = allowed(layer, x, **parameters)
    gamma, beta, centre, var = (parameters[k][None, :, None, None] for k in ("gamma", "beta", "mean", "var"))
    root = np.sqrt(var + np.float32(layer.eps))
    for observed in (
        (x - centre) / root * gamma + beta,
        (x - centre) * (gamma / root) + beta,
        x * (gamma / root) + (beta - centre * (gamma / root)),
    ):
        assert observed.dtype == np.float32
        assert np.all(np.abs(observed - y) <= limit)


@pytest.mark.parametrize("scale", [1e-3, 1.0, 1e3, 1e6])
@pytest.mark.parametrize("layer", [Conv2D(64, 16, 3, bias=False), Linear(4096, 8, bias=False)], ids=str)
def test_weights_through_half_precision_leave_the_bound_at_every_scale(layer: Layer, scale: float) -> None:
    shape = (2, 64, 5, 6) if isinstance(layer, Conv2D) else (2, 4096)
    x, parameters = arrays(shape, 0, scale), parameters_of(layer, 1)
    y, limit = allowed(layer, x, **parameters)
    halved = reference(layer, x, weight=parameters["weight"].astype(np.float16))
    assert np.max(np.abs(halved - y) / limit) > 3


@given(st.integers(1, 200), SEEDS, MEANS)
def test_the_bound_is_never_wider_than_certainty_by_more_than_its_lambda(n: int, seed: int, mean: float) -> None:
    layer = Linear(n, 4)
    x, parameters = arrays((3, n), seed, 1.0, mean), parameters_of(layer, seed)
    magnitudes = reference(layer, np.abs(x), **{name: np.abs(value) for name, value in parameters.items()})
    evaluation = truth(layer, x, **parameters).evaluation
    # M is at most twice the sum of magnitudes, and certainty is (n + 1) u of it.
    assert np.all(evaluation <= 2 * 2.0**-24 * np.sqrt(n + 1) * magnitudes)


@given(SEEDS, MEANS, st.integers(-20, 20))
def test_the_bound_knows_no_scale(seed: int, mean: float, power: int) -> None:
    layer = Conv2D(5, 3, 3, bias=False)
    x, parameters = arrays((2, 5, 6, 7), seed, 1.0, mean), parameters_of(layer, seed)
    times = np.float32(2.0**power)
    once = truth(layer, x, **parameters)
    scaled = truth(layer, x * times, **parameters)
    np.testing.assert_array_equal(scaled.evaluation, once.evaluation * times)
    np.testing.assert_array_equal(scaled.storage, once.storage * times)


def test_a_sum_of_products_is_the_formula_of_the_documentation() -> None:
    squares, y, prefix = np.asarray([[4.0]]), np.asarray([[3.0]]), np.asarray([[16.0]])
    magnitude = np.sqrt(4.0 + 9.0 + 1.0 + 16.0)
    direct = evaluation(FLOAT32, 8, squares, y, 1.0, prefix)
    assert direct[0, 0] == 2.0**-24 * 3.0 * magnitude
    shortened = evaluation(TF32, 8, squares, y, 1.0, prefix)
    assert shortened[0, 0] == direct[0, 0] + 2 * 2.0**-11 * 2.0


@pytest.mark.parametrize(("algorithm", "reach"), [("winograd4", 4), ("winograd6", 6)])
def test_winograd_spreads_the_magnitude_over_its_tile(algorithm: str, reach: int) -> None:
    y = np.zeros((1, 1, 20, 23))
    y[0, 0, 9, 11] = 1.0
    spread = evaluation(replace(FLOAT32, algorithm=algorithm), 9, y, y, 0.0, y)[0, 0] > 0  # type: ignore[arg-type]
    rows, columns = np.nonzero(spread)
    assert (rows.min(), rows.max()) == (9 - reach, 9 + reach)
    assert (columns.min(), columns.max()) == (11 - reach, 11 + reach)
    assert spread[rows.min() : rows.max() + 1, columns.min() : columns.max() + 1].all()


def test_fft_spreads_the_magnitude_over_the_image_and_no_further() -> None:
    y = np.zeros((2, 2, 5, 6))
    y[0, 1, 2, 3] = 1.0
    spread = evaluation(replace(FLOAT32, algorithm="fft"), 9, y, y, 0.0, y) > 0
    assert spread[0, 1].all()
    assert spread.sum() == 30


def test_every_explanation_allows_more_than_the_gate() -> None:
    layer = Conv2D(5, 3, 3)
    x, parameters = arrays((2, 5, 6, 7), 0), parameters_of(layer, 1)
    gate = truth(layer, x, **parameters).evaluation
    for rounding in (*TRANSFORMS, TF32):
        allowed_by_it = truth(layer, x, **parameters, form=rounding).evaluation
        assert np.all(allowed_by_it >= gate), rounding.name
        assert np.mean(allowed_by_it > gate) > 0.9, rounding.name  # the largest of an image is its own maximum


def test_a_sum_along_axes_is_allowed_nothing_for_shortened_operands_or_tiles() -> None:
    x = np.random.default_rng(0).standard_normal((3, 37))
    plain, shortened = (summed(Site("ReduceSumSquare", override=form), x * x, (1,)) for form in (None, TF32))
    np.testing.assert_array_equal(np.asarray(plain.own), np.asarray(shortened.own))
