"""Running sums and the smallest place along an axis, and how near two inputs are."""

from math import inf
from typing import Any

from parity.axes import Shape
from parity.cases import Case, Graph, Sequential, Sweep
from parity.cases.network import Network
from parity.layers import ArgMin, CosineSimilarity, CumSum, HardTanh, Layer, PairwiseDistance, ReLU

VALUES: dict[str, Any] = {"scale": [1.0, 1e-3, 1e3, 1e6], "mean": [0.0, 100.0]}


def shape(axis: str, batch: int) -> Shape:
    return (batch, 37) if axis == "f" else (batch, 5, 7, 11)


def with_itself(layer: Layer) -> Network:
    """An input beside what a clip leaves of it, which is exact."""
    return Graph(other=(HardTanh(-0.5, 0.75), "input"), near=(layer, "input", "other"))


CASES: list[Case] = [
    # Behind a ReLU many are alike, and the first counts.
    *Sweep(
        "argmin",
        lambda axis, ties, batch: (Sequential(*[ReLU()] * ties, ArgMin(axis)), shape(axis, batch)),
        {"axis": ["c", "h", "w", "f"], "ties": [False, True], "batch": [2, 1], **VALUES},
        [
            # Of one image an axis of size 1 beside the batch's would be a pair that a swap leaves as it is.
            lambda axis, batch: batch == 1 and axis != "f",
            # Where all are positive none is 0.
            lambda ties, mean: ties and mean > 0,
        ],
    ),
    *Sweep(
        "cumsum",
        lambda axis, exclusive, reverse, batch: (CumSum(axis, exclusive, reverse), shape(axis, batch)),
        {"axis": ["w", "c", "h", "f"], "exclusive": [False, True], "reverse": [False, True], "batch": [2, 1], **VALUES},
    ),
    *Sweep(
        "cosinesimilarity",
        lambda axis, eps, batch: (with_itself(CosineSimilarity(axis, eps)), shape(axis, batch)),
        {"axis": ["c", "h", "w", "f"], "eps": [1e-8, 1e-3], "batch": [2, 1], **VALUES},
        [lambda axis, batch: batch == 1 and axis != "f"],
    ),
    *Sweep(
        "pairwisedistance",
        lambda axis, p, eps, batch: (with_itself(PairwiseDistance(axis, p, eps)), shape(axis, batch)),
        {
            "axis": ["f", "w"],
            "p": {"p2": 2.0, "p1": 1.0, "p3": 3.0, "largest": inf},
            "eps": [1e-6, 0.0, 1e-3],
            "batch": [2, 1],
            **VALUES,
        },
    ),
]
