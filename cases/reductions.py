"""Reductions over places, channels, columns, whole images and features, with and without keeping the axes."""

from collections.abc import Callable, Iterator, Sequence
from math import inf
from typing import Any

from parity.axes import Shape
from parity.cases import Case, Sequential, Sweep
from parity.layers import ArgMax, Conv2D, Layer, LogSumExp, Max, Mean, Min, Prod, ReLU, Std, Sum, Var, VectorNorm

#: What is usual first. Without keepdims an image has to become features.
AXES: dict[str, Sequence[Any]] = {"axes": ["hw", "c", "w", "chw", "f"], "keepdims": [False, True], "batch": [2, 1]}
VALUES: dict[str, Sequence[Any]] = {"scale": [1.0, 1e-3, 1e3, 1e6], "mean": [0.0, 100.0]}
UNLESS: list[Callable[..., bool]] = [
    lambda axes, keepdims: axes != "hw" and not keepdims,
    # Of one image an axis of size 1 beside the batch's would be a pair that a swap leaves as it is.
    lambda axes, batch: batch == 1 and axes != "hw",
]


def shape(axes: str, batch: int) -> Shape:
    return (batch, 37) if axes == "f" else (batch, 5, 7, 11)


def cases(layer: type[Mean | Sum | Max | Min | LogSumExp]) -> Iterator[Case]:
    """The sweep of a reduction that has no further fields."""
    yield from Sweep(
        layer.kind,
        lambda axes, keepdims, batch: (layer(axes, keepdims), shape(axes, batch)),
        {**AXES, **VALUES},
        UNLESS,
    )


def spreads(layer: type[Var | Std]) -> Iterator[Case]:
    yield from Sweep(
        layer.kind,
        lambda axes, keepdims, batch, correction: (layer(axes, keepdims, correction), shape(axes, batch)),
        {**AXES, "correction": [1, 0, 2], **VALUES},
        [*UNLESS, lambda correction, axes: correction == 2 and axes in ("w", "chw")],
    )


NORMS = Sweep(
    "vectornorm",
    lambda axes, keepdims, batch, ord: (VectorNorm(axes, keepdims, ord), shape(axes, batch)),
    {**AXES, "ord": [2, 1, 3, inf, -inf], **VALUES},
    [
        *UNLESS,
        lambda ord, axes: ord in (3, inf) and axes in ("w", "chw"),
        # The smallest of many whole numbers is 0.
        lambda ord, axes: ord == -inf and axes != "c",
    ],
)

# Few numbers, whose product stays a float32: of 15 near 1e6 it would be 1e90.
PRODUCTS = Sweep(
    "prod",
    lambda axes, keepdims, batch: (Prod(axes, keepdims), (batch, 5) if axes == "f" else (batch, 4, 3, 5)),
    {**AXES, "axes": ["hw", "c", "w", "f"], **VALUES},
    [
        *UNLESS,
        lambda axes, scale: axes == "hw" and scale != 1,
        lambda scale, mean: scale == 1e6 and mean != 0,
    ],
)


# What ends a segmentation: the class of each place. Behind a ReLU many are alike, and the first counts.
INDICES = Sweep(
    "argmax",
    lambda axis, ties, batch: (
        Sequential(*[ReLU()] * ties, ArgMax(axis)),
        (batch, 37) if axis == "f" else (batch, 5, 7, 11),
    ),
    {"axis": ["c", "h", "w", "f"], "ties": [False, True], "batch": [2, 1], **VALUES},
    [
        # Of one image an axis of size 1 beside the batch's would be a pair that a swap leaves as it is.
        lambda axis, batch: batch == 1 and axis != "f",
        # Where all are positive none is 0.
        lambda ties, mean: ties and mean > 0,
    ],
)


def behind_conv(layer: Layer) -> Case:
    return Case(f"{layer.kind}/behind-conv", Sequential(Conv2D(3, 5, 3), layer), (2, 3, 9, 13))


CASES = [
    *cases(Mean),
    *cases(Sum),
    *cases(Max),
    *cases(Min),
    *spreads(Var),
    *spreads(Std),
    *NORMS,
    *cases(LogSumExp),
    *PRODUCTS,
    *INDICES,
    *map(behind_conv, [Mean("hw"), Sum("hw"), Max("hw"), Var("hw"), VectorNorm("c", keepdims=True), LogSumExp("hw")]),
]
