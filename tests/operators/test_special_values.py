"""Operators on NaN, infinities and the tails: the values, what is never infinite, and laws that hold without a bound."""

from __future__ import annotations

from typing import Any

import numpy as np
import pytest

from parity.cases.values import SPECIAL
from parity.operators.activation import LeakyRelu, PRelu, Shrink
from parity.operators.arithmetic import Elementwise
from parity.operators.base import Operator, Site
from parity.operators.table import OPERATORS

X = np.array(SPECIAL, np.float32).astype(np.float64)
GRID = np.concatenate([np.linspace(-30, 30, 241), [50.0, -50.0, 100.0, -100.0, 1e4, -1e4]])
NAN, INF = float("nan"), float("inf")

#: Those that read one number and have no attribute that must be given.
UNARY = sorted(
    kind
    for (domain, kind), rule in OPERATORS.items()
    if not domain and isinstance(rule, Elementwise | LeakyRelu | PRelu | Shrink)
)
TWO = {"Add", "Sub", "Mul", "Div", "Pow", "Mod", "PRelu"}


def rule(kind: str) -> Operator:
    return OPERATORS["", kind]


def value(kind: str, x: Any, **attributes: Any) -> Any:
    with np.errstate(all="ignore"):
        return rule(kind).value(Site(kind, attributes), np.asarray(x, np.float64))[0]


def read(kind: str) -> tuple[Any, ...]:
    """Each special value alone, or each with each."""
    if kind not in TWO:
        return (X,)
    return tuple(part.ravel() for part in np.meshgrid(X, X))


@pytest.mark.parametrize("kind", [k for k in UNARY if k not in {"Not", "BitwiseNot", "BitShift"}])
def test_where_the_answer_is_a_number_so_is_its_bound(kind: str) -> None:
    x, at = read(kind), Site(kind, dtypes=("float32",) * 2)
    try:
        with np.errstate(all="ignore"):
            y = rule(kind).value(at, *x)
            noise = rule(kind).noise(at, y, *x)[0]
    except (TypeError, IndexError):
        pytest.skip(f"{kind} reads no floats")
    if y[0].dtype != np.float64 or noise.evaluation is None:
        return
    free = np.zeros(y[0].shape, bool)
    for mask in (noise.overflow, noise.open):
        free = free if mask is None else free | mask
    assert np.isfinite(np.broadcast_to(noise.evaluation, y[0].shape)[np.isfinite(y[0]) & ~free]).all()


@pytest.mark.parametrize(
    "kind",
    [
        "Relu",
        "Clip",
        "LeakyRelu",
        "Elu",
        "Selu",
        "Celu",
        "Sigmoid",
        "HardSigmoid",
        "HardSwish",
        "Softplus",
        "Tanh",
        "Gelu",
        "Mish",
    ],
)
def test_nan_goes_through_an_activation_and_nothing_else_becomes_nan_but_at_the_infinities(kind: str) -> None:
    y = value(kind, X)
    assert np.isnan(y[np.isnan(X)]).all()
    assert np.isfinite(y[np.isfinite(X)]).all()


@pytest.mark.parametrize(
    ("kind", "low", "high"),
    [
        ("Sigmoid", 0, 1),
        ("HardSigmoid", 0, 1),
        ("Tanh", -1, 1),
        ("Softsign", -1, 1),
        ("Softplus", 0, INF),
        ("Relu", 0, INF),
        ("Elu", -1, INF),
        ("Selu", -1.7581, INF),
        ("Gelu", -0.17, INF),
        ("Mish", -0.3089, INF),
        ("HardSwish", -0.375, INF),
    ],
)
def test_bounded_functions_stay_in_their_range(kind: str, low: float, high: float) -> None:
    y = value(kind, GRID)
    assert (y >= low).all()
    assert (y <= high).all()


def test_a_softmax_adds_up_to_one_and_is_nan_throughout_beside_infinity() -> None:
    rows = np.stack([GRID, np.roll(GRID, 7), np.full(GRID.shape, 0.7)])
    off = np.abs(value("Softmax", rows, axis=-1).sum(axis=1) - 1)
    assert off.max() <= GRID.size * 2.0**-52
    for kind in ("Softmax", "LogSoftmax"):
        for odd in (NAN, INF):
            assert np.isnan(value(kind, [[1.0, odd, 2.0]], axis=-1)).all()
        assert np.isnan(value(kind, [[-INF, -INF]], axis=-1)).all()
    assert value("Softmax", [[1.0, -INF, 1.0]], axis=-1).tolist() == [[0.5, 0.0, 0.5]]


def test_a_constant_goes_to_zero_through_a_normalisation() -> None:
    x = np.full((2, 3, 4, 5), 0.75)
    ones, zeros = np.ones(3), np.zeros(3)
    for kind, more in (("InstanceNormalization", (ones, zeros)), ("GroupNormalization", (ones, zeros))):
        at = Site(kind, {"num_groups": 3}, dtypes=("float32",) * 3)
        assert not rule(kind).value(at, x, *more)[0].any()
    assert not rule("LayerNormalization").value(Site("LayerNormalization", {"axis": -1}), x, np.ones(5))[0].any()


@pytest.mark.parametrize("kind", ["MaxPool", "AveragePool", "LpPool", "GlobalAveragePool", "InstanceNormalization"])
def test_permuted_images_and_channels_permute_the_answer(kind: str) -> None:
    x = np.random.default_rng(0).standard_normal((3, 4, 6, 6))
    more = (np.ones(4), np.zeros(4)) if kind == "InstanceNormalization" else ()
    at = Site(kind, {"kernel_shape": [2, 2]}, dtypes=("float32",) * 3)
    images, channels = [2, 0, 1], [1, 3, 0, 2]
    moved = rule(kind).value(at, x[images][:, channels], *more)[0]
    assert np.array_equal(moved, rule(kind).value(at, x, *more)[0][images][:, channels])


def test_the_smallest_window_that_may_overflow_is_open_and_its_neighbour_with_an_infinity_is_not() -> None:
    big = float(np.finfo(np.float32).max)
    x = np.array([big, big, INF, 1.0, NAN, big, 1.0, 1.0]).reshape(1, 1, 1, 8)
    at = Site("AveragePool", {"kernel_shape": [1, 2], "strides": [1, 2]})
    with np.errstate(all="ignore"):
        y = rule("AveragePool").value(at, x)
        noise = rule("AveragePool").noise(at, y, x)[0]
    assert noise.overflow is not None
    assert noise.overflow.ravel().tolist() == [True, False, True, False]
    assert np.isnan(y[0].ravel()[2])
    assert y[0].ravel()[1] == INF


def test_what_an_interpolation_leaves_open_is_near_what_is_not_finite() -> None:
    x = np.array([1.0, 2.0, INF, 3.0, 4.0, 5.0, 6.0, NAN]).reshape(1, 1, 1, 8)
    scales = np.array([1, 1, 1, 2.0])
    at = Site("Resize", {"mode": "linear"}, dtypes=("float32", "", "float32"))
    with np.errstate(all="ignore"):
        y = rule("Resize").value(at, x, None, scales)
        noise = rule("Resize").noise(at, y, x, None, scales)[0]
    assert noise.open is not None
    free = noise.open.ravel()
    assert np.flatnonzero(free).tolist() == [3, 4, 5, 6]
    assert np.isnan(y[0].ravel()[13:]).all()


def test_an_index_beside_nan_is_open_and_the_mean_of_nothing() -> None:
    x = np.array([[1.0, NAN], [2.0, 3.0]])
    at = Site("ArgMax", {"axis": 1})
    found = rule("ArgMax").noise(at, rule("ArgMax").value(at, x), x)[0]
    assert found.open is not None
    assert found.open.ravel().tolist() == [True, False]
    at = Site("ReduceMean", {"axes": [1]}, opset=13)
    with np.errstate(all="ignore"):
        nothing = np.zeros((2, 0))
        mean = rule("ReduceMean").noise(at, rule("ReduceMean").value(at, nothing), nothing)[0]
    assert mean.open is not None
    assert mean.open.all()
