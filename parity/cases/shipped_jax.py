"""Divergences of Keras on JAX that parity knows of; :mod:`parity.cases.shipped` has the others."""

from __future__ import annotations

import numpy as np

from parity.axes import Shape
from parity.cases.known import KnownDivergence
from parity.operators.graph import Node


def _says_places(node: Node, shapes: tuple[Shape, ...]) -> bool:
    """Whether an operator gives places, which are int64."""
    return node.kind in ("ArgMax", "ArgMin") or (node.kind == "MaxPool" and len(node.outputs) > 1)


def _norm(node: Node, shapes: tuple[Shape, ...]) -> bool:
    """Whether an operator may end a norm: one of another order than 1 and 2 is a sum or a maximum of something."""
    return node.kind in ("ReduceL1", "ReduceL2", "ReduceSum", "ReduceMax")


def _ends_off(node: Node, shapes: tuple[Shape, ...]) -> bool:
    """Whether an adaptive pool has windows side by side whose ends, in float32 and by the inverse of their number, are no whole numbers."""
    return any(off.any() for off in _off(node, shapes))


def _ends_beyond(node: Node, shapes: tuple[Shape, ...]) -> bool:
    """Whether the last of such windows ends beyond its axis."""
    return any(off[-1] for off in _off(node, shapes))


def _off(node: Node, shapes: tuple[Shape, ...]) -> list[np.ndarray[tuple[int], np.dtype[np.bool_]]]:
    """For each axis that an adaptive pool cuts into windows side by side, which of their ends come out too large.

    A pool that is not adaptive says more: its pads, or what it counts.
    """
    if node.kind not in ("AveragePool", "MaxPool") or set(node.attributes) != {"kernel_shape", "strides"}:
        return []
    axes = zip(shapes[0][2:], node.attributes["kernel_shape"], node.attributes["strides"], strict=False)
    found = []
    for length, windows in ((n, n // kernel) for n, kernel, stride in axes if kernel == stride and not n % kernel):
        ends = np.arange(windows + 1) * length
        found.append(ends.astype(np.float32) * (np.float32(1) / np.float32(windows)) > ends // windows)
    return found


NO_INT64 = KnownDivergence(
    routes="keras-jax*",
    operator=_says_places,
    kind="dtype",
    says="dtype int32, expected int64",
    script="jax_no_int64.py",
    reason="JAX has no 64-bit types unless it is told to, so that Keras' int64 comes as int32",
    evidence=(
        "keras.ops.cast(x, 'int64') with the backend jax, Keras 3.15.1 and JAX 0.10.2: int32, with a warning that it is truncated unless "
        "jax_enable_x64 is set"
    ),
    link="https://docs.jax.dev/en/latest/notebooks/Common_Gotchas_in_JAX.html#double-64bit-precision",
    versions={"jax": "<=0.10.2"},
)

NORM_OF_A_LIST = KnownDivergence(
    routes="keras-jax*",
    operator=_norm,
    kind="error",
    says="Norm.call(). Non-hashable static arguments",
    script="keras_jax_norm.py",
    reason="Keras keeps the axis of a norm as a list, which JAX takes for none",
    evidence=(
        "keras.ops.norm(x, axis=1) in a functional model with the backend jax, Keras 3.15.1: ValueError, a static argument [1] that cannot be "
        "hashed, since Norm.__init__ makes axis = [axis]; called with an array it is right"
    ),
    versions={"keras": "<=3.15.1"},
)

ENDS_IN_FLOAT32 = KnownDivergence(
    routes="keras-jax*",
    operator=_ends_off,
    kind="value",
    script="keras_jax_adaptive_windows.py",
    reason="Keras on JAX finds where windows of an adaptive pool end in float32, and rounds up what is a little too much",
    evidence=(
        "keras.layers.AdaptiveAveragePooling1D(7) of 21 places with the backend jax, Keras 3.15.1 and JAX 0.10.2: ceil(21 / 7) is 4, of 3.0000002, in "
        "_compute_adaptive_pooling_gather_indices, and four of seven windows are off by up to 0.43; of 20 into 5 all are right"
    ),
    link="https://github.com/keras-team/keras/pull/21820",
    versions={"keras": "<=3.15.1"},
)

ENDS_BEYOND = KnownDivergence(
    routes="keras-jax*",
    operator=_ends_beyond,
    kind="nan",
    script="keras_jax_adaptive_windows.py",
    reason="Keras on JAX reads beyond the last place where the last window of an adaptive pool is rounded up, which JAX fills with NaN",
    evidence=(
        "keras.layers.AdaptiveAveragePooling1D(7) of 14 places with the backend jax, Keras 3.15.1 and JAX 0.10.2: 14 * 7 / 7 is 14.000001 in float32, "
        "so that the last window reads a place 14 that is not there, and the last average and the last maximum of each channel are NaN"
    ),
    link="https://github.com/keras-team/keras/pull/21820",
    versions={"keras": "<=3.15.1"},
)

JAX = (NO_INT64, NORM_OF_A_LIST, ENDS_IN_FLOAT32, ENDS_BEYOND)
