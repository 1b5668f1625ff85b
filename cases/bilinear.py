"""Two rows of features multiplied through a table of weights."""

from parity.cases import Case, Graph, Sweep
from parity.layers import Bilinear, Linear, Tanh

CASES = [
    *Sweep(
        "bilinear",
        lambda in1, in2, out, bias, batch: (
            Graph(
                left=(Linear(13, in1), "input"),
                right=(Linear(13, in2), "input"),
                bilinear=(Bilinear(in1, in2, out, bias), "left", "right"),
            ),
            (batch, 13),
        ),
        {
            "in1": [5, 1, 37],
            "in2": [7, 1, 16],
            "out": [4, 1, 11],
            "bias": [True, False],
            "batch": [3, 1],
            "scale": [1.0, 1e-3, 1e3, 1e6],
            "mean": [0.0, 100.0],
        },
    ),
    Case("bilinear/of-itself", Graph(bilinear=(Bilinear(7, 7, 4), "input", "input")), (3, 7)),
    Case(
        "bilinear/between",
        Graph(
            left=(Linear(13, 6), "input"),
            bend=(Tanh(), "left"),
            bilinear=(Bilinear(6, 13, 8), "bend", "input"),
            head=(Linear(8, 5), "bilinear"),
        ),
        (3, 13),
    ),
]
