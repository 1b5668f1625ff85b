"""Pools: which windows there are, what each sees and what a mean divides by, against a loop and against torch."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any

import numpy as np
import pytest
from hypothesis import assume, given, settings

from parity.axes import F64, Tensor
from parity.cases import output_shape
from parity.errors import FieldError
from parity.layers import AvgPool2D, MaxPool2D
from parity.layers.definition import define
from parity.layers.windows import is_symmetric
from parity.operators.base import Site
from parity.operators.table import OPERATORS
from tests.unit.strategies import Spec, finest_step, pair, pools, reference, sides


def starts(length: int, kernel: int, stride: int, before: int, after: int, ceil_mode: bool) -> list[int]:
    """Where the windows start along one axis, by walking: on until one would reach past what there is.

    With ceil_mode one more may reach past it, as long as it starts inside the input or the padding before it.
    """
    found: list[int] = []
    start = -before
    while start + kernel <= length + after:
        found.append(start)
        start += stride
    reached = found[-1] + kernel
    if ceil_mode and reached < length + after and start < length:
        found.append(start)
    return found


def windows(spec: Spec) -> tuple[list[int], list[int], Any]:
    """Starts of the windows by row and by column, and the pads."""
    layer = spec.layer
    size = spec.shape[2:]
    stride = layer.kernel if layer.stride is None else layer.stride
    pads = sides(layer.padding, size, layer.kernel, stride)
    rows, columns = (
        starts(n, k, s, before, after, layer.ceil_mode)
        for n, k, s, (before, after) in zip(size, pair(layer.kernel), pair(stride), pads, strict=True)
    )
    return rows, columns, pads


def seen(spec: Spec) -> Iterator[tuple[int, int, list[tuple[int, int]], int]]:
    """For each window (i, j): the input positions it covers, and how many padded positions it covers besides."""
    rows, columns, ((top, bottom), (left, right)) = windows(spec)
    (kh, kw), (height, width) = pair(spec.layer.kernel), spec.shape[2:]
    for i, row in enumerate(rows):
        for j, column in enumerate(columns):
            places = [(row + a, column + b) for a in range(kh) for b in range(kw)]
            inside = [(r, c) for r, c in places if 0 <= r < height and 0 <= c < width]
            padded = [(r, c) for r, c in places if -top <= r < height + bottom and -left <= c < width + right]
            yield i, j, inside, len(padded) - len(inside)


def divisors(layer: AvgPool2D, size: tuple[int, int]) -> F64:
    """What each window divides by: the sum of ones that it sees over their mean."""
    tensor = Tensor((1, 1, *size))
    (node,) = define(layer, (tensor,)).graph.nodes
    at = Site(node.kind, node.attributes)
    rule = OPERATORS["", node.kind]
    count = define(layer, (tensor,)).output.shape[2:]
    terms = [[rule.terms(at, (0, 0, i, j), np.ones(tensor.shape)) for j in range(count[1])] for i in range(count[0])]
    return np.asarray([[t.divisor for t in row if t is not None] for row in terms])[None, None]


@given(pools(MaxPool2D))
def test_a_maximum_is_over_the_input_positions_of_its_window(spec: Spec) -> None:
    x = spec.x()
    rows, columns, _ = windows(spec)
    expected = np.empty((*spec.shape[:2], len(rows), len(columns)))
    for i, j, inside, _ in seen(spec):
        expected[:, :, i, j] = np.max([x[:, :, r, c] for r, c in inside], axis=0)
    assert output_shape(spec.layer, spec.shape) == expected.shape
    np.testing.assert_array_equal(reference(spec.layer, x), expected)


@given(pools(AvgPool2D))
def test_a_mean_divides_by_what_it_counts(spec: Spec) -> None:
    x = spec.x().astype(np.float64)
    rows, columns, _ = windows(spec)
    expected = np.empty((*spec.shape[:2], len(rows), len(columns)))
    magnitude = np.empty_like(expected)
    for i, j, inside, padded in seen(spec):
        counted = len(inside) + (padded if spec.layer.count_include_pad else 0)
        expected[:, :, i, j] = np.sum([x[:, :, r, c] for r, c in inside], axis=0) / counted
        magnitude[:, :, i, j] = np.sum([np.abs(x[:, :, r, c]) for r, c in inside], axis=0) / counted
    ours = reference(spec.layer, spec.x())
    assert ours.shape == output_shape(spec.layer, spec.shape) == expected.shape
    assert np.all(np.abs(ours - expected) <= 2.0**-52 * 27 * magnitude)


@settings(max_examples=100)
@given(pools(MaxPool2D) | pools(AvgPool2D))
def test_the_torch_spelling_says_the_same_pool(spec: Spec) -> None:
    torch = pytest.importorskip("torch", reason="the spelling is torch's")
    pieces = spec.layer.to_torch(torch, Tensor(spec.shape))
    pieces = pieces if isinstance(pieces, list) else [pieces]
    x = spec.x()
    with torch.no_grad():
        y = torch.nn.Sequential(*pieces)(torch.from_numpy(x)).numpy()
    ours = reference(spec.layer, x)
    assert y.shape == ours.shape
    assert np.all(np.abs(y - ours) <= 2.0**-24 * 60 * np.max(np.abs(x)))


@given(pools(MaxPool2D) | pools(AvgPool2D))
def test_torch_in_float64_gives_the_same_answer_where_it_can_be_asked(spec: Spec) -> None:
    torch = pytest.importorskip("torch", reason="torch's own pools are the third opinion")
    layer = spec.layer
    pads = sides(layer.padding, spec.shape[2:], layer.kernel, layer.kernel if layer.stride is None else layer.stride)
    assume(is_symmetric(pads))  # torch pads both sides alike
    x = torch.from_numpy(spec.x()).double()
    fields = {"stride": layer.stride, "padding": (pads[0][0], pads[1][0]), "ceil_mode": layer.ceil_mode}
    if isinstance(layer, MaxPool2D):
        y = torch.nn.functional.max_pool2d(x, layer.kernel, **fields).numpy()
    else:
        fields["count_include_pad"] = layer.count_include_pad
        y = torch.nn.functional.avg_pool2d(x, layer.kernel, **fields).numpy()
    ours = reference(layer, spec.x())
    assert ours.shape == y.shape
    assert np.all(np.abs(ours - y) <= 2.0**-52 * 27 * np.max(np.abs(spec.x())))


def test_padding_never_wins_a_maximum() -> None:
    x = np.full((1, 1, 3, 3), -5.0, np.float32)
    for layer in (MaxPool2D(3, 2, 1), MaxPool2D(2, 2, "same"), MaxPool2D(2, 2, ((1, 0), (0, 1)), ceil_mode=True)):
        assert np.all(reference(layer, x) == -5.0), layer


@pytest.mark.parametrize(
    "layer",
    [
        MaxPool2D(3, 2, "same"),
        MaxPool2D(3, 1, ((1, 0), (0, 1))),
        MaxPool2D(3, 2, ((0, 1), (1, 1)), ceil_mode=True),
        MaxPool2D(3, 2, 1, ceil_mode=True),
    ],
    ids=str,
)
def test_padding_never_wins_a_maximum_in_the_torch_spelling(layer: MaxPool2D) -> None:
    torch = pytest.importorskip("torch", reason="the spelling is torch's")
    pieces = layer.to_torch(torch, Tensor((1, 1, 6, 8)))
    y = torch.nn.Sequential(*(pieces if isinstance(pieces, list) else [pieces]))(torch.full((1, 1, 6, 8), -5.0))
    assert torch.all(y == -5.0)


def test_a_maximum_of_a_window_with_nan_is_nan() -> None:
    x = np.asarray([[[[np.nan, 1.0], [2.0, 3.0]]]], np.float32)
    assert np.isnan(reference(MaxPool2D(2), x)).all()


def test_what_ceil_mode_hangs_over_is_never_counted_and_padding_is_when_asked() -> None:
    x = np.ones((1, 1, 4, 4), np.float32)
    counted = divisors(AvgPool2D(3, 2, 1, ceil_mode=True), (4, 4))[0, 0]
    assert counted.tolist() == [[9.0, 9.0, 6.0], [9.0, 9.0, 6.0], [6.0, 6.0, 4.0]]
    assert reference(AvgPool2D(3, 2, 1, ceil_mode=True), x)[0, 0, 2, 2] == 0.25
    excluded = AvgPool2D(3, 2, 1, ceil_mode=True, count_include_pad=False)
    assert divisors(excluded, (4, 4))[0, 0].tolist() == [[4.0, 6.0, 2.0], [6.0, 9.0, 3.0], [2.0, 3.0, 1.0]]


def test_ceil_mode_drops_a_last_window_that_would_start_in_the_padding() -> None:
    assert output_shape(MaxPool2D(2, 3, 1, ceil_mode=True), (1, 1, 4, 7)) == (1, 1, 2, 3)
    assert output_shape(MaxPool2D(2, 2, ((0, 1), (0, 1)), ceil_mode=True), (1, 1, 4, 5)) == (1, 1, 2, 3)


@given(pools(AvgPool2D))
def test_whole_numbers_stay_exact_in_float32_where_the_pool_says_so(spec: Spec) -> None:
    step = finest_step(spec.layer, Tensor(spec.shape))
    kh, kw = pair(spec.layer.kernel)
    assume(step is not None)
    counts = divisors(spec.layer, spec.shape[2:])
    x = np.random.default_rng(spec.seed).integers(-4, 5, spec.shape).astype(np.float32)
    y = reference(spec.layer, x)
    assert np.all(y / float(step) == np.round(y / float(step)))
    # Directly, and as a mean over whole windows whose share is then undone.
    total = (y * counts).astype(np.float32)
    direct = total / counts.astype(np.float32)
    undone = total / np.float32(kh * kw) * (kh * kw / counts).astype(np.float32)
    np.testing.assert_array_equal(direct.astype(np.float64), y)
    np.testing.assert_array_equal(undone.astype(np.float64), y)


def test_a_window_of_nine_never_promises_exactness_even_where_it_counts_four() -> None:
    layer = AvgPool2D(3, 1, 1, count_include_pad=False)
    assert set(divisors(layer, (2, 2)).flat) == {4.0}
    assert finest_step(layer, Tensor((1, 1, 2, 2))) is None


@pytest.mark.parametrize("cls", [MaxPool2D, AvgPool2D])
@pytest.mark.parametrize(
    ("fields", "field", "mend"),
    [
        ({"kernel": 0}, "kernel", "at least 1"),
        ({"stride": 0}, "stride", "None (the kernel)"),
        ({"stride": (1, 2, 3)}, "stride", "pair"),
        ({"padding": 2}, "padding", "at most half of kernel=3"),
        ({"padding": ((0, 0), (0, 2))}, "padding", "at most half of kernel=3"),
        ({"padding": "full"}, "padding", '"same", "valid"'),
        ({"padding": -1}, "padding", "at least 0"),
        ({"ceil_mode": 1}, "ceil_mode", "True or False"),
        ({"ceil_mode": True, "padding": "same"}, "ceil_mode", 'no meaning with padding="same"'),
    ],
)
def test_a_field_out_of_range_names_the_field_the_value_and_the_mend(
    cls: Any, fields: dict[str, Any], field: str, mend: str
) -> None:
    with pytest.raises(FieldError) as caught:
        cls(**{"kernel": 3, **fields})
    assert str(caught.value).startswith(f"{cls.__name__}: {field}={fields[field]!r} ")
    assert mend in str(caught.value)


def test_count_include_pad_must_be_a_truth_value() -> None:
    with pytest.raises(FieldError, match="AvgPool2D: count_include_pad=0 must be True or False"):
        AvgPool2D(2, count_include_pad=0)  # type: ignore[arg-type]


def test_torch_and_parity_refuse_the_same_padding() -> None:
    torch = pytest.importorskip("torch", reason="torch's refusal is the third opinion")
    for kernel in range(1, 6):
        for padding in range(4):
            x = torch.zeros((1, 1, 9, 9))
            try:
                torch.nn.functional.max_pool2d(x, kernel, padding=padding)
                taken = True
            except RuntimeError:
                taken = False
            try:
                MaxPool2D(kernel, padding=padding)
                ours = True
            except FieldError:
                ours = False
            assert ours == taken, (kernel, padding)
