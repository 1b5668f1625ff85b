"""Where the maxima of windows stand, and values put back there: one to three places, strides, pads, sizes that leave a rest."""

from collections.abc import Iterator
from dataclasses import replace
from typing import Any

from parity.axes import Shape
from parity.cases import Case, Graph, KnownDivergence, Sweep
from parity.cases.network import Network
from parity.layers import (
    MaxPool1D,
    MaxPool2D,
    MaxPool3D,
    MaxPoolIndices1D,
    MaxPoolIndices2D,
    MaxPoolIndices3D,
    MaxUnpool1D,
    MaxUnpool2D,
    MaxUnpool3D,
)

POOLS: dict[int, Any] = {1: MaxPool1D, 2: MaxPool2D, 3: MaxPool3D}
INDICES: dict[int, Any] = {1: MaxPoolIndices1D, 2: MaxPoolIndices2D, 3: MaxPoolIndices3D}
UNPOOLS: dict[int, Any] = {1: MaxUnpool1D, 2: MaxUnpool2D, 3: MaxUnpool3D}
SHAPES: dict[int, dict[str, Shape]] = {
    1: {"even": (2, 3, 12), "rest": (2, 3, 37), "one": (1, 3, 12)},
    2: {"even": (2, 3, 12, 10), "rest": (2, 3, 11, 14), "one": (1, 3, 12, 10)},
    3: {"even": (2, 3, 6, 4, 8), "rest": (2, 3, 5, 7, 9), "one": (1, 3, 6, 4, 8)},
}
GEOMETRY: dict[str, Any] = {"kernel": [2, 3], "stride": [None, 1, 2], "padding": [0, 1]}
VALUES: dict[str, Any] = {"scale": [1.0, 1e-3, 1e3, 1e6], "mean": [0.0, 100.0]}


def unpooled(n: int, kernel: int, stride: int | None, padding: int, shape: Shape) -> tuple[Network, Shape]:
    """A pool, where its maxima stood, and both put together in the size of the input."""
    return Graph(
        pool=(POOLS[n](kernel, stride, padding), "input"),
        where=(INDICES[n](kernel, stride, padding), "input"),
        unpool=(UNPOOLS[n](kernel, stride, padding, shape[2:]), "pool", "where"),
    ), shape


def few(n: int, case: Case) -> Case:
    """For the quick set those of signals: Keras composes them of so many operators that each export takes seconds."""
    return replace(case, quick=case.quick and (n == 1 or case.name.endswith("/base")))


def sweeps(n: int) -> Iterator[Case]:
    for case in Sweep(
        f"maxpoolindices{n}d",
        lambda kernel, stride, padding, ceil_mode, shape: (INDICES[n](kernel, stride, padding, ceil_mode), shape),
        {**GEOMETRY, "ceil_mode": [False, True], "shape": SHAPES[n], **VALUES},
        [lambda ceil_mode, stride: ceil_mode and stride == 1],
    ):
        yield few(n, case)
    for case in Sweep(
        f"maxunpool{n}d",
        lambda kernel, stride, padding, shape: unpooled(n, kernel, stride, padding, shape),
        {**GEOMETRY, "shape": SHAPES[n], **VALUES},
    ):
        yield few(n, case)
    plain = Graph(pool=(POOLS[n](2), "input"), where=(INDICES[n](2), "input"), unpool=(UNPOOLS[n](2), "pool", "where"))
    yield Case(f"maxunpool{n}d/no-size", plain, SHAPES[n]["even"], quick=n == 1)


CASES = [
    *(case for n in POOLS for case in sweeps(n)),
    Case("maxpoolindices1d/as-many-windows-as-channels", MaxPoolIndices1D(2), (2, 6, 12), quick=False),
]

KNOWN = [
    # The Keras spelling adds where each window begins.
    KnownDivergence(
        cases="maxpoolindices1d/as-many-windows-as-channels",
        routes=("tensorflow", "tensorflow>*"),
        kind="value",
        script="keras_add_as_bias.py",
        reason="Keras adds an array with one axis longer than 1 along the channels in TensorFlow, where the channels are as many, whichever axis it is",
        evidence=(
            "keras.ops.add of zeros of 2x4x4 and of 1x4x1, Keras 3.15.1: the numbers of the second vary along the last axis of the sum, where numpy's "
            "vary along the middle one. Its add takes what squeezes to a vector for a bias (keras/src/backend/tensorflow/numpy.py)"
        ),
        link="https://github.com/keras-team/keras/pull/20386",
        versions={"keras": "<=3.15.1"},
    ),
]
