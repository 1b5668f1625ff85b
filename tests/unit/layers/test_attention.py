"""What attention of tokens is, where only some see each other."""

from __future__ import annotations

import numpy as np
import pytest

from parity.axes import Array, Shape
from parity.cases import Case
from parity.cases.parameters import draw_parameters
from parity.errors import FieldError
from parity.layers import MultiHeadAttention
from parity.operators.graph import as_value, walk

REGIONS = ((0, 2, 0, 0, 2), (1, 1, 1, 0, 0))


def attended(layer: MultiHeadAttention, x: Array) -> Array:
    shape: Shape = x.shape
    case = Case("case", layer, shape, equal_sizes="tokens are taken out")
    stored = draw_parameters(case, 0)["multiheadattention"]
    feeds = {"input": as_value(x), **{f"multiheadattention.{name}": as_value(array) for name, array in stored.items()}}
    return walk(case.graph, feeds)["multiheadattention"].y


def test_tokens_of_a_region_attend_as_if_the_others_were_not_there() -> None:
    x = np.random.default_rng(0).standard_normal((3, 8, 2, 5)).astype(np.float32)
    found = attended(MultiHeadAttention(8, 4, axes="w", regions=REGIONS), x)
    for row, regions in enumerate(np.asarray(REGIONS)):
        for region in set(regions):
            there = regions == region
            alone = attended(MultiHeadAttention(8, 4), x[:, :, row][:, :, there])
            assert np.abs(found[:, :, row][:, :, there] - alone).max() < 1e-12


@pytest.mark.parametrize(
    ("axes", "regions", "said"),
    [
        ("l", REGIONS, "needs rows of tokens"),
        ("w", ((0, -1),), "must be a tuple of whole numbers for each row"),
        ("w", (0, 1), "must be a tuple of whole numbers for each row"),
        ("w", REGIONS[:1], "does not fit the 2 rows of 5 tokens"),
        ("w", ((0, 1), (0, 1)), "does not fit the 2 rows of 5 tokens"),
    ],
)
def test_regions_that_are_no_row_of_the_image_each_are_refused(axes: str, regions: object, said: str) -> None:
    with pytest.raises(FieldError, match=said):
        Case("case", MultiHeadAttention(8, 4, axes=axes, regions=regions), (3, 8, 2, 5))  # type: ignore[arg-type]
