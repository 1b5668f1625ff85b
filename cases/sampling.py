"""Images and volumes read at computed places, inside and outside, by every mode."""

from dataclasses import replace
from typing import Any

from parity.axes import Shape
from parity.cases import Case, Graph, Sweep
from parity.cases.network import Network
from parity.layers import Concatenate, Conv2D, GridSample, HardTanh, Max, MaxPool2D, MaxPool3D, Min, Tanh


def sampled(mode: Any, padding_mode: Any, align_corners: bool, shape: Shape) -> tuple[Network, Shape]:
    """An image read at places that are exact and partly outside: the smallest and largest of its own channels, clipped, in a smaller grid."""
    return Graph(
        low=(Min("c", keepdims=True), "input"),
        high=(Max("c", keepdims=True), "input"),
        both=(Concatenate(), "high", "low"),
        near=(HardTanh(-1.375, 1.25), "both"),
        grid=(MaxPool2D(2, ceil_mode=True), "near"),
        sample=(GridSample(mode, padding_mode, align_corners), "input", "grid"),
    ), shape


#: An axis that is called mode would be the case's.
IMAGES = Sweep(
    "gridsample",
    lambda how, padding_mode, align_corners, shape: sampled(how, padding_mode, align_corners, shape),
    {
        "how": {"bilinear": "bilinear", "nearest": "nearest", "bicubic": "bicubic"},
        "padding_mode": {"zeros": "zeros", "border": "border", "reflection": "reflection"},
        "align_corners": [False, True],
        "shape": {"image": (2, 3, 7, 10), "one": (1, 3, 7, 10), "c1": (2, 1, 5, 8)},
        "scale": [1.0, 1e-3, 1e3, 1e6],
        "mean": [0.0, 100.0],
    },
)

#: A volume of three channels, read at the places that it names itself, clipped, in a smaller grid.
VOLUMES = Sweep(
    "gridsample/volume",
    lambda how, padding_mode, align_corners: (
        Graph(
            near=(HardTanh(-1.375, 1.25), "input"),
            grid=(MaxPool3D(2), "near"),
            sample=(GridSample(how, padding_mode, align_corners), "input", "grid"),
        ),
        (2, 3, 5, 7, 9),
    ),
    {
        "how": {"bilinear": "bilinear", "nearest": "nearest"},
        "padding_mode": {"zeros": "zeros", "border": "border", "reflection": "reflection"},
        "align_corners": [False, True],
        "scale": [1.0, 0.3],
    },
)

CASES = [
    # An export of bicubic sampling takes ten seconds.
    *(replace(case, quick=case.quick and "bicubic" not in case.name) for case in IMAGES),
    *(replace(case, quick=False) for case in VOLUMES),
    # A spatial transformer: the places are computed, and round.
    Case(
        "gridsample/flow",
        Graph(
            flow=(Conv2D(3, 2, 3, padding=1), "input"),
            grid=(Tanh(), "flow"),
            sample=(GridSample(padding_mode="border", align_corners=True), "input", "grid"),
        ),
        (2, 3, 9, 14),
        quick=False,
    ),
]
