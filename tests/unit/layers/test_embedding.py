"""A table says how it is read, and refuses what it cannot be."""

from __future__ import annotations

from typing import Any

import pytest

from parity.axes import Tensor
from parity.errors import FieldError
from parity.layers import Embedding


@pytest.mark.parametrize(
    ("fields", "field"),
    [
        ({"num_embeddings": 0}, "num_embeddings"),
        ({"embedding_dim": 2.0}, "embedding_dim"),
        ({"padding_idx": 9}, "padding_idx"),
        ({"padding_idx": -1}, "padding_idx"),
        ({"max_norm": 0.0}, "max_norm"),
        ({"norm_type": 0.5, "max_norm": 1.0}, "norm_type"),
        ({"norm_type": 1.0}, "norm_type"),
    ],
)
def test_a_field_out_of_range_is_refused(fields: dict[str, Any], field: str) -> None:
    with pytest.raises(FieldError) as caught:
        Embedding(**{"num_embeddings": 9, "embedding_dim": 4, **fields})
    assert caught.value.field == field


def test_floats_and_images_of_indices_are_refused() -> None:
    for x in (Tensor((2, 7)), Tensor((2, 7, 5), dtype="int64")):
        with pytest.raises(FieldError, match="num_embeddings"):
            Embedding(9, 4).fits(x)
