"""Running sums and the smallest place along an axis, and how near two inputs are."""

from math import inf
from typing import Any

from parity.axes import Shape
from parity.cases import Case, Graph, Sequential, Sweep
from parity.cases.network import Network
from parity.layers import ArgMin, CosineSimilarity, CumSum, HardTanh, Layer, PairwiseDistance, ReLU, Sigmoid

VALUES: dict[str, Any] = {"scale": [1.0, 1e-3, 1e3, 1e6], "mean": [0.0, 100.0]}


def shape(axis: str, batch: int) -> Shape:
    return (batch, 37) if axis == "f" else (batch, 5, 7, 11)


def with_another(layer: Layer) -> Network:
    """An input beside what a sigmoid makes of it, which is far from it on every scale."""
    return Graph(other=(Sigmoid(), "input"), near=(layer, "input", "other"))


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
        lambda axis, eps, batch: (with_another(CosineSimilarity(axis, eps)), shape(axis, batch)),
        {"axis": ["c", "h", "w", "f"], "eps": [1e-8, 10.0], "batch": [2, 1], **VALUES},
        [lambda axis, batch: batch == 1 and axis != "f"],
    ),
    *Sweep(
        "pairwisedistance",
        lambda axis, p, eps, batch: (with_another(PairwiseDistance(axis, p, eps)), shape(axis, batch)),
        {
            "axis": ["f", "w"],
            "p": {"p2": 2.0, "p1": 1.0, "p3": 3.0, "largest": inf},
            "eps": [0.0, 1e-3],
            "batch": [2, 1],
            **VALUES,
        },
        # Where all are positive a norm without the modulus is the same.
        [lambda p, mean: p in (1.0, 3.0) and mean > 0, lambda axis, batch: batch == 1 and axis != "f"],
    ),
    # Nothing is left but eps, the default of both.
    *(
        Case(
            f"{layer.kind}/of-equals",
            Graph(other=(HardTanh(-9.0, 9.0), "input"), near=(layer, "input", "other")),
            (2, 37),
        )
        for layer in (CosineSimilarity("f"), PairwiseDistance("f"))
    ),
]
