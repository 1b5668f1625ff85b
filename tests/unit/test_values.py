"""What words for an input's elements stand for."""

from __future__ import annotations

import numpy as np
import pytest

from parity.axes import Array, Shape
from parity.cases import Case
from parity.cases.parameters import draw_input
from parity.cases.probes import why_not
from parity.cases.values import EVERY, SPECIAL, VALUES
from parity.errors import FieldError
from parity.layers import Conv2D, ReLU

IMAGE = (1, 3, 8, 37)


def drawn(values: str, shape: Shape = IMAGE, seed: int = 0) -> Array:
    return draw_input(Case("values", ReLU(), shape, values=values), seed)  # type: ignore[arg-type]


@pytest.mark.parametrize("values", VALUES)
@pytest.mark.parametrize("shape", [IMAGE, (2, 37), (1, 16, 8), (2, 1), (0, 3, 8, 37)])
def test_every_word_fills_every_shape_the_same_each_time(values: str, shape: Shape) -> None:
    x = drawn(values, shape)
    assert (x.shape, x.dtype, x.flags.c_contiguous) == (shape, np.float32, True)
    assert x.tobytes() == drawn(values, shape).tobytes()
    assert np.isfinite(x).all() or values in ("special", "sparse")


def bits(x: Array) -> Array:
    return np.ascontiguousarray(x, np.float32).view(np.uint32)


@pytest.mark.parametrize("lanes", [4, 8, 16, 32])
def test_every_special_value_meets_every_lane_of_a_vector(lanes: int) -> None:
    x = bits(drawn("special").ravel())
    for value in bits(np.array(SPECIAL)):
        assert set(np.flatnonzero(x == value) % lanes) == set(range(lanes))


def test_few_special_values_stand_among_drawn_ones_so_that_rows_have_none() -> None:
    x = drawn("sparse", (11, 37))
    assert 0 < np.isfinite(x).all(axis=1).sum() < 11
    ordinary = np.delete(x.ravel(), np.s_[EVERY - 1 :: EVERY])
    assert np.abs(ordinary).max() < 4
    assert {*bits(np.array(SPECIAL))} <= {*bits(drawn("sparse").ravel())}


def test_a_grid_reaches_both_tails_and_skips_no_unit() -> None:
    x = np.sort(drawn("grid").ravel())
    assert (x[0], x[-1]) == (-1e4, 1e4)
    assert np.diff(x[(x >= -30) & (x <= 30)]).max() < 0.1


def test_patches_are_large_equal_and_apart_by_channel() -> None:
    x = drawn("blocky")
    assert (x[..., 4:8, 4:8] == x[..., 4:5, 4:5]).all()
    assert len(np.unique(x)) == 3 * 2 * 10


def test_ties_and_whole_numbers() -> None:
    assert set(drawn("ties").ravel()) == {-1.0, -0.5, 0.0, 0.5, 1.0}
    assert set(drawn("whole").ravel()) == set(range(-8, 9))
    assert drawn("ties").tobytes() != drawn("ties", seed=1).tobytes()


def test_what_is_not_drawn_has_no_scale_and_no_unknown_word() -> None:
    for fields, mend in (
        ({"values": "odd"}, "must be one of normal, special"),
        ({"values": "grid", "scale": 2.0}, "must be alone"),
        ({"values": "grid", "mean": 2.0}, "must be alone"),
    ):
        with pytest.raises(FieldError, match=mend):
            Case("values", ReLU(), IMAGE, **fields)  # type: ignore[arg-type]


def test_only_the_data_of_such_a_case_are_asked() -> None:
    case = Case("values", Conv2D(3, 4, 3), (2, 3, 8, 9), values="sparse")
    assert [bool(why_not(case, probe)) for probe in ("data", "integer", "impulse")] == [False, True, True]  # type: ignore[arg-type]
    assert case.spec()["values"] == "sparse"
