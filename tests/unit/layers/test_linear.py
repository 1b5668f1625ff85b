"""Linear: its float64 answer, and the order of its features after Flatten."""

from __future__ import annotations

from typing import Any

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from parity.axes import Tensor, to_layout
from parity.cases import output_shape
from parity.errors import FieldError
from parity.layers import Flatten, Linear
from tests.unit.strategies import MEANS, SCALES, SEEDS, Spec, arrays, output, reference


@st.composite
def dense(draw: st.DrawFn) -> Spec:
    features = draw(st.integers(1, 70))
    layer = Linear(features, draw(st.integers(1, 5)), bias=draw(st.booleans()))
    return Spec(layer, (draw(st.integers(1, 4)), features), draw(SEEDS), draw(SCALES), draw(MEANS))


@given(dense())
def test_torch_in_float64_gives_the_same_answer(spec: Spec) -> None:
    torch = pytest.importorskip("torch", reason="torch's own dense layer is the third opinion")
    x, parameters = spec.x(), spec.parameters()
    wide = {name: torch.from_numpy(value).double() for name, value in parameters.items()}
    theirs = torch.nn.functional.linear(torch.from_numpy(x).double(), wide["weight"], wide.get("bias")).numpy()
    ours = reference(spec.layer, x, **parameters)
    assert ours.dtype == np.float64
    assert ours.shape == theirs.shape == output_shape(spec.layer, spec.shape)
    magnitudes = reference(spec.layer, np.abs(x), **{name: np.abs(value) for name, value in parameters.items()})
    assert np.all(np.abs(ours - theirs) <= 2.0**-52 * (spec.layer.in_features + 2) * magnitudes)


@given(st.integers(1, 4), st.integers(1, 4), st.integers(1, 4), SEEDS)
def test_after_flatten_a_channels_last_kernel_gives_the_same_answer(c: int, h: int, w: int, seed: int) -> None:
    image, weight = Tensor((2, c, h, w)), arrays((3, c * h * w), seed)
    x = arrays(image.shape, seed + 1)
    folded = output(Flatten(), image)
    canonical = reference(Linear(c * h * w, 3, bias=False), reference(Flatten(), x), weight)
    (kernel,) = Linear(c * h * w, 3, bias=False).keras_weights(folded, weight=weight)
    channels_last = to_layout(x, image, "NHWC").reshape(2, -1).astype(np.float64) @ kernel.astype(np.float64)
    magnitudes = np.abs(reference(Flatten(), x)) @ np.abs(weight.astype(np.float64)).T
    assert np.all(np.abs(canonical - channels_last) <= 2.0**-52 * (c * h * w + 1) * magnitudes)


def test_without_flatten_a_channels_last_kernel_is_only_transposed() -> None:
    weight = arrays((3, 12), 0)
    (kernel,) = Linear(12, 3, bias=False).keras_weights(Tensor((2, 12)), weight=weight)
    np.testing.assert_array_equal(kernel, weight.T)


def test_what_a_dense_layer_gives_is_no_folded_image_any_more() -> None:
    folded = output(Flatten(), Tensor((2, 3, 4, 5)))
    assert folded.folded == (3, 4, 5)
    assert output(Linear(60, 60), folded).folded is None


@pytest.mark.parametrize(
    ("fields", "field", "mend"),
    [
        ({"in_features": 0}, "in_features", "at least 1"),
        ({"out_features": 1.5}, "out_features", "whole number"),
        ({"bias": "yes"}, "bias", "True or False"),
    ],
)
def test_a_field_out_of_range_names_the_field_the_value_and_the_mend(
    fields: dict[str, Any], field: str, mend: str
) -> None:
    with pytest.raises(FieldError) as caught:
        Linear(**{"in_features": 3, "out_features": 4, **fields})
    assert str(caught.value).startswith(f"Linear: {field}={fields[field]!r} ")
    assert mend in str(caught.value)


@pytest.mark.parametrize("shape", [(2, 4), (2, 5, 4, 3)])
def test_an_input_with_other_features_is_refused(shape: tuple[int, ...]) -> None:
    with pytest.raises(FieldError, match=r"Linear: in_features=3 does not fit the input .* it takes \(N, 3\)"):
        output_shape(Linear(3, 4), shape)
