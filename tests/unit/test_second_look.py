"""The second look: equal terms round alike, plain loops say by how much, and a wrong sum is no loop."""

from __future__ import annotations

import numpy as np
import pytest

from parity.axes import Array, Tensor
from parity.judging.second_look import loops
from parity.judging.settle import LOOP, settle_anchored
from parity.layers import AvgPool2D, Layer, Linear
from parity.operators.base import Terms
from parity.operators.graph import Graph, Node, as_value
from tests.unit.strategies import fed, output


def running_mean(x: Array) -> Array:
    """A mean as one float32 accumulator makes it."""
    return (np.cumsum(x.ravel(), dtype=np.float32)[-1] / np.float32(x.size)).reshape(1, 1, 1, 1)


def settled(layer: Layer, observed: Array, x: Array, **parameters: Array) -> tuple[str | None, str]:
    graph, feeds = fed(layer, (x,), parameters)
    comparison, _, _ = settle_anchored(observed, graph, feeds, output(layer, Tensor(x.shape)))
    return comparison.kind, comparison.message


@pytest.mark.parametrize("value", [0.1, 0.7, 100.3])
@pytest.mark.parametrize("size", [28, 56, 112])
def test_the_mean_of_a_constant_image_is_rounding_when_it_is_a_running_sum(size: int, value: float) -> None:
    x = np.full((1, 1, size, size), value, np.float32)
    observed = running_mean(x)
    kind, message = settled(AvgPool2D(size), observed, x)
    assert kind is None
    if value < 1 and size > 28:
        assert message == LOOP.format("float32")  # the bound alone refuses it
        # Four times what the loop is off is more than a loop.
        off = np.float32(value) + np.float32(4) * (observed - np.float32(value))
        assert settled(AvgPool2D(size), off, x)[0] == "value"


def test_a_wrong_weight_among_equal_products_is_no_loop() -> None:
    n = 100_352
    x, weight = np.full((1, n), 1 / 3, np.float32), np.full((1, n), 0.01, np.float32)
    honest = np.cumsum((x * weight).ravel(), dtype=np.float32)[-1].reshape(1, 1)
    assert settled(Linear(n, 1, bias=False), honest, x, weight=weight) == (None, LOOP.format("float32"))
    exact = np.float64(x[0, 0]) * np.float64(weight[0, 0]) * n
    far = np.float32(exact + 4 * abs(honest.item() - exact)).reshape(1, 1)
    assert settled(Linear(n, 1, bias=False), far, x, weight=weight)[0] == "value"


def test_loops_are_plain_float32_sums_in_every_order_that_is_named() -> None:
    terms = Terms(np.full((4, 256), np.float64(np.float32(0.1))), bias=3.0, divisor=2.0)
    exact = terms.products.sum() + 3.0
    plain = float(np.cumsum(terms.products.ravel().astype(np.float32), dtype=np.float32)[-1] + np.float32(3.0))
    assert loops(terms) >= abs(plain - exact) / 2 > 0
    assert loops(Terms(np.asarray([1.0, 2.0, 4.0]))) == 0.0


def normalised(x: Array, epsilon: float = 1e-5) -> Array:
    """InstanceNormalization of one plane as one float32 accumulator makes it, in two passes."""
    n = np.float32(x.size)
    data = x.ravel()
    centred = data - np.cumsum(data, dtype=np.float32)[-1] / n
    variance = np.cumsum(np.square(centred), dtype=np.float32)[-1] / n
    return (centred / np.sqrt(variance + np.float32(epsilon))).astype(np.float32).reshape(x.shape)


def test_a_plane_that_is_nearly_constant_is_normalised_as_plain_loops_do_it() -> None:
    x = np.full((1, 1, 224, 224), 0.7, np.float32)
    x[..., 0, :] = 0.6  # as a padded convolution leaves an edge
    node = Node("InstanceNormalization", ("x", "scale", "bias"), ("y",), {"epsilon": 1e-5})
    feeds = {"x": as_value(x), "scale": as_value(np.ones(1, np.float32)), "bias": as_value(np.zeros(1, np.float32))}
    graph = Graph((node,), tuple(feeds), ("y",))

    def judged(observed: Array) -> tuple[str | None, str]:
        comparison, _, _ = settle_anchored(observed, graph, feeds, None)
        return comparison.kind, comparison.message

    assert judged(normalised(x)) == (None, LOOP.format("float32"))
    assert judged(normalised(x, epsilon=1e-3))[0] == "value"
