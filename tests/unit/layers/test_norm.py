"""BatchNorm2D: its float64 answer, its epsilon, and its parameters in each framework's order."""

from __future__ import annotations

from typing import Any

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from parity.axes import Tensor
from parity.cases import output_shape
from parity.errors import FieldError
from parity.layers import BatchNorm2D
from tests.unit.strategies import MEANS, SCALES, SEEDS, Spec, arrays, reference, truth


@st.composite
def norms(draw: st.DrawFn) -> Spec:
    channels = draw(st.integers(1, 5))
    layer = BatchNorm2D(channels, eps=draw(st.sampled_from([1e-7, 1e-5, 1e-3, 0.5])), affine=draw(st.booleans()))
    shape = (draw(st.integers(1, 3)), channels, draw(st.integers(1, 5)), draw(st.integers(1, 5)))
    return Spec(layer, shape, draw(SEEDS), draw(SCALES), draw(MEANS))


@given(norms())
def test_torch_in_float64_gives_the_same_answer(spec: Spec) -> None:
    torch = pytest.importorskip("torch", reason="torch's own normalisation is the third opinion")
    x, parameters = spec.x(), spec.parameters()
    wide = {name: torch.from_numpy(value).double() for name, value in parameters.items()}
    image = torch.from_numpy(x).double()
    theirs = torch.nn.functional.batch_norm(
        image, wide["mean"], wide["var"], wide.get("gamma"), wide.get("beta"), False, 0.0, spec.layer.eps
    ).numpy()
    ours = reference(spec.layer, x, **parameters)
    assert ours.dtype == np.float64
    assert ours.shape == theirs.shape == output_shape(spec.layer, spec.shape)
    # The float32 form of the bound at float64's roundoff: both are honest.
    allowed = truth(spec.layer, x, **parameters).evaluation * 2.0**24 * 2.0**-52
    assert np.all(np.abs(ours - theirs) <= 2 * allowed)


@pytest.mark.parametrize("variance", [1e-3, 1.0, 100.0])
def test_a_thousandth_for_a_hundred_thousandth_leaves_the_bound(variance: float) -> None:
    x = arrays((2, 3, 5, 7), 0)
    parameters = {"mean": arrays((3,), 1), "var": np.full(3, variance, np.float32)}
    right, wrong = BatchNorm2D(3, eps=1e-5, affine=False), BatchNorm2D(3, eps=1e-3, affine=False)
    y = reference(right, x, **parameters)
    error = truth(right, x, **parameters)
    apart = np.abs(reference(wrong, x, **parameters) - y)
    assert np.max(apart / (3 * error.evaluation + error.storage)) > 1


def test_torch_and_keras_get_each_parameter_in_its_place() -> None:
    stored = {name: arrays((3,), i) for i, name in enumerate(("gamma", "beta", "mean", "var"))}
    tensor = Tensor((2, 3, 5, 7))
    state = BatchNorm2D(3).torch_state(tensor, **stored)
    assert state["weight"] is stored["gamma"]
    assert state["bias"] is stored["beta"]
    assert state["running_mean"] is stored["mean"]
    assert state["running_var"] is stored["var"]
    listed = BatchNorm2D(3).keras_weights(tensor, **dict(reversed(stored.items())))
    assert [a is b for a, b in zip(listed, stored.values(), strict=True)] == [True] * 4
    bare = {"mean": stored["mean"], "var": stored["var"]}
    assert len(BatchNorm2D(3, affine=False).keras_weights(tensor, **bare)) == 2


def test_a_variance_is_drawn_positive_and_one_of_them_small() -> None:
    draw = BatchNorm2D(3).parameters()["var"].draw
    assert draw.kind == "uniform"
    assert draw.centre - draw.spread * np.sqrt(3) > 0
    assert draw.first is not None
    assert 0 < draw.first < 0.01


@pytest.mark.parametrize(
    ("fields", "field", "mend"),
    [
        ({"channels": 0}, "channels", "at least 1"),
        ({"eps": 0.0}, "eps", "between 0 and 1"),
        ({"eps": 1.0}, "eps", "between 0 and 1"),
        ({"eps": float("nan")}, "eps", "between 0 and 1"),
        ({"eps": "1e-5"}, "eps", "between 0 and 1"),
        ({"affine": 1}, "affine", "True or False"),
    ],
)
def test_a_field_out_of_range_names_the_field_the_value_and_the_mend(
    fields: dict[str, Any], field: str, mend: str
) -> None:
    with pytest.raises(FieldError) as caught:
        BatchNorm2D(**{"channels": 3, **fields})
    assert str(caught.value).startswith(f"BatchNorm2D: {field}={fields[field]!r} ")
    assert mend in str(caught.value)


@pytest.mark.parametrize("shape", [(2, 4, 5, 6), (2, 3)])
def test_an_input_with_other_channels_is_refused(shape: tuple[int, ...]) -> None:
    with pytest.raises(FieldError, match="BatchNorm2D: channels=3 does not fit the input"):
        output_shape(BatchNorm2D(3), shape)
