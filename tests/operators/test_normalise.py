"""Normalisations and softmax: honest float32 kernels stay inside, slips leave, and rows share the error of their statistics."""

from __future__ import annotations

from typing import Any

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from parity.operators.base import Unsupported
from tests.operators.needs import LIMIT, Ran, onnxruntime

EPSILON = 1e-5
#: Kind, attributes, how many parameters a channel (of 6) or an element of a row (of 9) there are.
BY_CHANNEL = {
    "InstanceNormalization": (dict(epsilon=EPSILON), 21, 6),
    "GroupNormalization": (dict(epsilon=EPSILON, num_groups=3), 21, 6),
    "LayerNormalization": (dict(epsilon=EPSILON), 21, 9),
}


def _x(seed: int, scale: float, mean: float, *shape: int) -> Any:
    return ((np.random.default_rng(seed).normal(size=shape) + mean) * scale).astype(np.float32)


def _parameters(seed: int, size: int) -> tuple[Any, Any]:
    r = np.random.default_rng(seed)
    return r.uniform(0.5, 1.5, size).astype(np.float32), r.normal(size=size).astype(np.float32)


@given(st.integers(0, 999), st.sampled_from([1e-3, 1.0, 1e3, 1e6]), st.sampled_from([0.0, 1.0, 30.0]), st.booleans())
def test_onnx_runtime_stays_within_the_limit(seed: int, scale: float, mean: float, careful: bool) -> None:
    x = _x(seed, scale, mean, 2, 6, 5, 9)
    for kind, (attributes, opset, size) in BY_CHANNEL.items():
        g, b = _parameters(seed, size)
        outputs = 3 if kind == "LayerNormalization" else 1
        got = onnxruntime(kind, x, g, b, opset=opset, outputs=outputs, **attributes)
        assert Ran(kind, x, g, b, opset=opset, outputs=outputs, careful=careful, **attributes).need(*got) < LIMIT, kind
    for kind, attributes in (
        ("LRN", dict(size=3)),
        ("LRN", dict(size=3, alpha=1.0)),
        ("LpNormalization", dict(p=1, axis=1)),
        ("LpNormalization", dict(p=2, axis=-1)),
        ("MeanVarianceNormalization", {}),
    ):
        assert (
            Ran(kind, x, careful=careful, **attributes).need(*onnxruntime(kind, x, opset=13, **attributes)) < LIMIT
        ), kind
    logits = x * np.float32(min(1.0, 30 / scale))
    for kind in ("Softmax", "LogSoftmax"):
        for opset, axis in ((13, 1), (13, -1), (9, 1)):
            got = onnxruntime(kind, logits, opset=opset, axis=axis)
            assert Ran(kind, logits, opset=opset, axis=axis, careful=careful).need(*got) < LIMIT, (kind, opset, axis)


@given(st.integers(0, 999), st.sampled_from([1e-3, 1.0, 1e3]), st.sampled_from([0.0, 1.0, 30.0]))
def test_torch_stays_within_the_limit(seed: int, scale: float, mean: float) -> None:
    torch = pytest.importorskip("torch", reason="its kernels are what is measured")
    x = _x(seed, scale, mean, 4, 6, 5, 9)
    t, (g, b) = torch.from_numpy(x), _parameters(seed, 6)
    var, middle = (np.abs(b) * scale**2 + 0.1).astype(np.float32), (b * scale).astype(np.float32)
    wide = [torch.from_numpy(v) for v in (middle, var, g, b)]
    for training in (False, True):
        running = [v.clone() for v in wide[:2]]
        got = torch.nn.functional.batch_norm(t, *running, *wide[2:], training, 0.1, EPSILON).numpy()
        ran = Ran(
            "BatchNormalization",
            x,
            g,
            b,
            middle,
            var,
            epsilon=EPSILON,
            training_mode=training,
            outputs=1 + 2 * training,
        )
        assert ran.need(got, *([running[0].numpy()] if training else [])) < LIMIT, training
    scales = torch.rand(9)
    got = torch.rms_norm(t, (9,), scales, EPSILON).numpy()
    assert Ran("RMSNormalization", x, scales.numpy(), opset=23, epsilon=EPSILON).need(got) < LIMIT
    got = torch.nn.functional.local_response_norm(t, 3, 1e-2, 0.75, 1.0).numpy()
    assert Ran("LRN", x, size=3, alpha=1e-2).need(got) < LIMIT


@pytest.mark.parametrize("scale", [1e-2, 1.0, 1e3])
def test_a_wrong_epsilon_leaves_the_bound_where_it_shows(scale: float) -> None:
    x = _x(3, scale, 0.0, 2, 6, 5, 9)
    for kind, (attributes, opset, size) in BY_CHANNEL.items():
        g, b = _parameters(3, size)
        wrong = Ran(kind, x, g, b, opset=opset, **{**attributes, "epsilon": EPSILON * (1 + scale**2 * 10)})
        assert Ran(kind, x, g, b, opset=opset, **attributes).need(*wrong.y) > LIMIT, kind


def test_the_sample_variance_for_the_population_one_leaves_the_bound() -> None:
    x, (g, b) = _x(4, 1.0, 1.0, 4, 6, 5, 9), _parameters(4, 6)
    ran = Ran("BatchNormalization", x, g, b, b, g, training_mode=1, outputs=3)
    wide, n = x.astype(np.float64), x.size / 6
    by_hand = wide.var((0, 2, 3)) * 0.1 + g.astype(np.float64) * 0.9
    assert ran.need(ran.y[0], ran.y[1], by_hand) < LIMIT
    assert ran.need(ran.y[0], ran.y[1], by_hand + wide.var((0, 2, 3)) * 0.1 / (n - 1)) > LIMIT


@pytest.mark.parametrize("kind", ["Softmax", "LogSoftmax"])
def test_a_softmax_over_another_axis_or_without_one_element_leaves_the_bound(kind: str) -> None:
    x = _x(6, 3.0, 0.0, 2, 6, 5)
    ran, short = Ran(kind, x, axis=1), x.copy()
    short[:, 2] = -1e4
    assert ran.need(Ran(kind, x, axis=2).y[0]) > LIMIT
    assert ran.need(np.where(short == x, Ran(kind, short, axis=1).y[0], ran.y[0])) > LIMIT


def test_a_row_of_masks_gives_no_bound_that_is_not_a_number() -> None:
    x = _x(7, 1.0, 0.0, 3, 6)
    x[0, 2:] = -np.inf
    for kind in ("Softmax", "LogSoftmax"):
        assert Ran(kind, x).need(*onnxruntime(kind, x)) < LIMIT, kind


def test_softmax_before_opset_13_takes_all_axes_from_its_axis_on() -> None:
    x = _x(8, 1.0, 0.0, 2, 3, 4)
    assert Ran("Softmax", x, opset=12).y[0].sum((1, 2)) == pytest.approx([1.0, 1.0])
    hard = Ran("Hardmax", x, opset=11)
    assert hard.y[0].sum((1, 2)).tolist() == [1.0, 1.0]
    assert hard.noise[0].exact
    assert Ran("Hardmax", np.array([[1, 3, 3]], np.float32)).y[0].tolist() == [[0.0, 1.0, 0.0]]


def test_what_is_common_to_a_row_is_one_draw_along_it() -> None:
    x = _x(9, 1.0, 0.0, 2, 6, 5, 9)
    (g, b), axes = _parameters(9, 6), {}
    for kind, (attributes, opset, size) in BY_CHANNEL.items():
        ran = Ran(kind, x, *_parameters(9, size), opset=opset, **attributes)
        axes[kind] = {part.axes for part in ran.noise[0].shared}
    assert axes == {
        "InstanceNormalization": {(2, 3)},
        "GroupNormalization": {(1, 2, 3)},
        "LayerNormalization": {(3,)},
    }
    batch = Ran("BatchNormalization", x, g, b, b, g).noise[0]
    assert {part.axes for part in batch.shared} == {(0, 2, 3)}
    total = 2 * 2.0**-24 * (np.abs(g / np.sqrt(g + 1e-5)).reshape(-1, 1, 1) * (np.abs(x) + np.abs(b).reshape(-1, 1, 1)))
    assert batch.evaluation == pytest.approx(total + 2 * 2.0**-24 * np.abs(b).reshape(-1, 1, 1))


def test_parameters_of_a_group_norm_are_a_groups_before_opset_21() -> None:
    x, scale = _x(10, 1.0, 0.0, 2, 6, 5), np.array([1.0, 2.0, 3.0], np.float32)
    zero = np.zeros(3, np.float32)
    old = Ran("GroupNormalization", x, scale, zero, opset=18, num_groups=3)
    new = Ran("GroupNormalization", x, np.repeat(scale, 2), np.repeat(zero, 2), opset=21, num_groups=3)
    assert np.array_equal(old.y[0], new.y[0])


def test_training_is_told_by_an_attribute_since_opset_14_and_by_the_outputs_before() -> None:
    x, (g, b) = _x(11, 1.0, 0.0, 4, 6, 5), _parameters(11, 6)
    old = Ran("BatchNormalization", x, g, b, b, g, opset=9, outputs=5)
    new = Ran("BatchNormalization", x, g, b, b, g, opset=15, outputs=3, training_mode=1)
    assert all(np.array_equal(a, c) for a, c in zip(old.y, new.y, strict=False))
    assert old.y[3] == pytest.approx(x.mean((0, 2)), abs=1e-6)
    with pytest.raises(Unsupported, match="BatchNormalization: 3 outputs"):
        Ran("BatchNormalization", x, g, b, b, g, opset=15, outputs=3)


def test_statistics_are_stored_in_the_type_that_is_asked_for() -> None:
    x = _x(12, 1.0, 0.0, 2, 9).astype(np.float16)
    g = np.ones(9, np.float16)
    assert Ran("LayerNormalization", x, g, outputs=3).dtypes == ("float16", "float32", "float32")
    mean = np.zeros(9, np.float32)
    assert Ran("BatchNormalization", x, g, g, mean, mean + 1, training_mode=1, outputs=3).dtypes == (
        "float16",
        "float32",
        "float32",
    )


def test_an_empty_batch_gives_shapes() -> None:
    x, (g, b) = np.zeros((0, 6, 5, 9), np.float32), _parameters(0, 6)
    for kind, (attributes, opset, size) in BY_CHANNEL.items():
        assert Ran(kind, x, *_parameters(0, size), opset=opset, **attributes).y[0].shape == x.shape, kind
    for kind in ("Softmax", "LogSoftmax", "Hardmax", "LpNormalization", "MeanVarianceNormalization"):
        assert Ran(kind, x).y[0].shape == x.shape, kind
    assert Ran("LRN", x, size=3).y[0].shape == x.shape
    assert [v.shape for v in Ran("BatchNormalization", x, g, b, b, g, training_mode=1, outputs=3).y] == [
        x.shape,
        (6,),
        (6,),
    ]
