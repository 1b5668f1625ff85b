"""What moves values: ONNX Runtime's kernels agree to the bit, an empty batch keeps its shapes, a slip is seen."""

from __future__ import annotations

from typing import Any

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from parity.operators.base import Site, Unsupported, Window
from parity.operators.table import OPERATORS
from tests.operators.needs import Ran, onnxruntime

X = np.random.default_rng(0).normal(size=(2, 8, 6, 4)).astype(np.float32)
BIG = 2**63 - 1


def _whole(*numbers: int) -> Any:
    return np.array(numbers, np.int64)


#: kind, opset, further inputs, attributes; the first input is X, whose first axis is the batch.
MOVES: list[tuple[str, int, tuple[Any, ...], dict[str, Any]]] = [
    ("Identity", 19, (), {}),
    ("Reshape", 13, (_whole(0, -1),), {}),
    ("Reshape", 13, (_whole(0, 4, -1, 3),), {}),
    ("Reshape", 13, (_whole(-1, 8, 24),), {}),
    ("Flatten", 13, (), {"axis": -3}),
    ("Squeeze", 13, (), {}),
    ("Unsqueeze", 11, (), {"axes": [1, -1]}),
    ("Unsqueeze", 13, (_whole(5, -5),), {}),
    ("Transpose", 13, (), {"perm": [0, 2, 3, 1]}),
    ("Concat", 13, (X[:, :3],), {"axis": -3}),
    ("Split", 11, (), {"axis": 1, "split": [3, 5]}),
    ("Split", 13, (_whole(1, 7),), {"axis": -3}),
    ("Split", 18, (), {"axis": 1, "num_outputs": 3}),
    ("Slice", 9, (), {"axes": [1, -2], "starts": [2, -BIG], "ends": [-1, BIG]}),
    ("Slice", 13, (_whole(BIG, -1), _whole(-BIG, -5), _whole(1, 2), _whole(-2, -1)), {}),
    ("Expand", 13, (_whole(3, 1, 1, 1, 4),), {}),
    ("Tile", 13, (_whole(1, 2, 1, 3),), {}),
    ("Pad", 10, (), {"pads": [0, 0, 1, 2, 0, 0, 3, 0], "mode": "edge"}),
    ("Pad", 13, (_whole(0, 1, 2, 3, 0, 0, 1, 2), np.array(-7, np.float32)), {}),
    ("Pad", 13, (_whole(0, 0, 3, 2, 0, 0, 1, 3),), {"mode": "reflect"}),
    ("Pad", 13, (_whole(0, -1, 2, -3, 0, 0, -1, 2),), {}),
    ("Pad", 19, (_whole(1, 2, 3, 0), None, _whole(-1, 2)), {"mode": "wrap"}),
    ("DepthToSpace", 13, (), {"blocksize": 2}),
    ("DepthToSpace", 13, (), {"blocksize": 2, "mode": "CRD"}),
    ("SpaceToDepth", 13, (), {"blocksize": 2}),
    ("Trilu", 14, (np.array(-1),), {"upper": 0}),
    ("Compress", 11, (np.array([True, False, True]),), {"axis": 1}),
    ("ReverseSequence", 10, (_whole(3, 8),), {"batch_axis": 0, "time_axis": 1}),
    ("CenterCropPad", 18, (_whole(3, 9),), {"axes": [1, -1]}),
    ("Dropout", 13, (np.array(0.5, np.float32),), {}),
]


def _outputs(kind: str, attributes: dict[str, Any], more: tuple[Any, ...]) -> int:
    if kind != "Split":
        return 2 if kind == "Dropout" else 1
    return int(attributes.get("num_outputs", len(attributes.get("split", more[0] if more else ()))))


@pytest.mark.parametrize(("kind", "opset", "more", "attributes"), MOVES)
def test_kernels_move_as_the_rule_does_to_the_bit_and_an_empty_batch_tells_the_shape(
    kind: str, opset: int, more: tuple[Any, ...], attributes: dict[str, Any]
) -> None:
    given = {"opset": opset, "outputs": _outputs(kind, attributes, more), **attributes}
    ran, got = Ran(kind, X, *more, **given), onnxruntime(kind, X, *more, **given)
    empty = Ran(kind, X[:0], *(m[:0] if np.ndim(m) == 4 else m for m in more), **given)
    for y, noise, dtype, kernel, none in zip(ran.y, ran.noise, ran.dtypes, got, empty.y, strict=True):
        assert noise.exact
        assert dtype == kernel.dtype.name
        assert np.array_equal(y, kernel)
        batch = 1 if kind == "Expand" else 0  # it puts an axis in front
        assert none.shape == tuple(0 if axis == batch else n for axis, n in enumerate(y.shape))


ENDS = st.sampled_from([-99, -7, -6, -3, -1, 0, 1, 4, 5, 6, 99])


@given(ENDS, ENDS, st.sampled_from([-9, -2, -1, 1, 2, 7]))
def test_a_slice_is_held_within_its_axis_as_the_standard_says(start: int, end: int, step: int) -> None:
    x = np.arange(6, dtype=np.float32)
    cut = (_whole(start), _whole(end), _whole(0), _whole(step))
    assert np.array_equal(Ran("Slice", x, *cut).y[0], *onnxruntime("Slice", x, *cut, opset=13))


def test_one_place_further_is_another_value() -> None:
    right = Ran("Slice", X, _whole(1), _whole(5), _whole(1)).y[0]
    assert not np.array_equal(right, *onnxruntime("Slice", X, _whole(2), _whole(6), _whole(1), opset=13))
    pads = _whole(0, 0, 1, 1, 0, 0, 1, 1)
    assert not np.array_equal(Ran("Pad", X, pads, mode="edge").y[0], Ran("Pad", X, pads, mode="reflect").y[0])


def test_squeeze_takes_axes_from_the_attribute_or_the_input_or_all() -> None:
    x = np.zeros((1, 3, 1, 2), np.float32)
    assert Ran("Squeeze", x).y[0].shape == (3, 2)
    assert Ran("Squeeze", x, opset=11, axes=[-2]).y[0].shape == (1, 3, 2)
    assert Ran("Squeeze", x, _whole(0)).y[0].shape == (3, 1, 2)


def test_a_reshape_reads_zero_as_it_is_where_asked_to() -> None:
    assert Ran("Reshape", X[:0], _whole(3, 0), allowzero=1).y[0].shape == (3, 0)


def test_where_chooses_element_by_element_and_broadcasts() -> None:
    condition = np.array([True, False, True, False])
    ran = Ran("Where", condition, X, np.array(2, np.float32))
    assert np.array_equal(ran.y[0], *onnxruntime("Where", condition, X, np.array(2, np.float32), opset=16))
    assert ran.dtypes == ("float32",)


def test_a_large_weight_that_is_only_a_view_is_not_copied() -> None:
    at, weight = Site("Expand"), np.broadcast_to(np.float64(1), (1, 10**7, 10**6))
    (y,) = OPERATORS["", "Expand"].value(at, weight, _whole(5, 10**7, 10**6))
    (turned,) = OPERATORS["", "Transpose"].value(Site("Transpose"), y)
    assert turned.shape == (10**6, 10**7, 5)


def test_padding_of_the_image_alone_is_a_window_of_one() -> None:
    def window(pads: list[int]) -> Window | None:
        return OPERATORS["", "Pad"].window(Site("Pad", {"pads": pads}, 10), (2, 3, 5, 7))

    assert window([0, 0, 1, 2, 0, 0, 3, 4]) == Window((1, 1), (1, 1), (1, 1), ((1, 3), (2, 4)))
    assert window([0, 1, 1, 2, 0, 0, 3, 4]) is None


def test_dropout_that_draws_is_unsupported_and_its_mask_was_a_float_once() -> None:
    with pytest.raises(Unsupported, match="Dropout: training_mode draws random numbers"):
        Ran("Dropout", X, np.array(0.5, np.float32), np.array(True), opset=13)
    assert Ran("Dropout", X, np.array(0, np.float32), np.array(True), opset=13).noise[0].exact
    assert Ran("Dropout", X, opset=7, outputs=2).dtypes == ("float32", "float32")
    assert Ran("Dropout", X, opset=10, outputs=2).dtypes == ("float32", "bool")
