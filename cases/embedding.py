"""Tables looked up by whole numbers, alone and under what convolves along them."""

from math import inf

from parity.cases import Case, Sequential, Sweep
from parity.layers import Conv1D, Embedding, Flatten, Linear, ReLU

DTYPES = {"int64": "int64", "int32": "int32"}

CASES = [
    *Sweep(
        "embedding",
        lambda dim, length, batch, padding_idx, below: (Embedding(below, dim, padding_idx), (batch, length)),
        {
            "dtype": DTYPES,
            "dim": [8, 1, 37],
            "length": [11, 5, 130],
            "batch": [2, 1],
            "padding_idx": [None, 0, 3],
            "below": {"rows23": 23, "rows4": 4, "rows1000": 1000},
        },
    ),
    *Sweep(
        "embedding/max-norm",
        lambda max_norm, norm_type, dim, below: (Embedding(below, dim, None, max_norm, norm_type), (2, 11)),
        {
            "dtype": DTYPES,
            "max_norm": {"1": 1.0, "0.5": 0.5},
            "norm_type": {"l2": 2.0, "l1": 1.0, "l3": 3.0, "largest": inf},
            "dim": [8, 5],
            "below": {"rows23": 23, "rows4": 4},
        },
    ),
    Case("embedding/never-shortened", Embedding(23, 8, max_norm=100.0), (2, 11), dtype="int64", below=23),
    Case(
        "embedding/text-network",
        Sequential(Embedding(50, 12), Conv1D(12, 8, 3, padding=1), ReLU(), Flatten(), Linear(8 * 19, 4)),
        (2, 19),
        dtype="int64",
        below=50,
    ),
]
