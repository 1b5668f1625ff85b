"""The table of a network's layers."""

from __future__ import annotations

import pytest

from parity.report.walks import both


@pytest.mark.parametrize(
    ("shape", "last"),
    [((2, 7), (2, 7)), ((2, 8, 40), (2, 40, 8)), ((2, 3, 5, 4), (2, 5, 4, 3)), ((2, 3, 7, 9, 8), (2, 7, 9, 8, 3))],
)
def test_a_shape_is_told_with_channels_first_and_last_whatever_its_rank(
    shape: tuple[int, ...], last: tuple[int, ...]
) -> None:
    assert both(shape) == (shape, last)
