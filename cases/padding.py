"""Padding and cropping: the four sides, in every mode, negative ones too."""

from dataclasses import replace
from typing import Any

from parity.cases import Case, Sweep
from parity.cases.shipped_spatial import CIRCULAR_CUT, NEGATIVE_PAD
from parity.layers import Cropping2D, Pad2D

ONE = "a single pixel: height and width are both 1"
SCALES = [1.0, 1e-3, 1e3, 1e6]
MODES = ["constant", "reflect", "replicate", "circular", "symmetric"]


def pad(padding: Any, how: str, value: float, batch: int) -> Any:
    return Pad2D(padding, how, value), (batch, 3, 7, 11)  # type: ignore[arg-type]


def crop(cropping: Any, batch: int) -> Any:
    return Cropping2D(cropping), (batch, 3, 7, 13)


CASES = [
    *Sweep(
        "pad2d",
        pad,
        {
            "padding": {
                "pad1": 1,
                "pad2x1": (2, 1),
                "four-sides": ((2, 1), (0, 3)),
                "negative": ((-1, -2), (0, -3)),
                "negative-and-positive": ((2, -1), (-3, 4)),
            },
            "how": {mode: mode for mode in MODES},
            "value": [0.0, 0.1, -3.0],
            "scale": SCALES,
            "mean": [0.0, 100.0],
            "batch": [2, 1],
        },
        unless=[lambda how, value: how != "constant" and value != 0],
    ),
    Case("pad2d/nothing", Pad2D(0), (2, 3, 7, 11)),
    Case("pad2d/reflect-most", Pad2D((6, 10), "reflect"), (2, 3, 7, 11)),
    Case("pad2d/symmetric-most", Pad2D((7, 11), "symmetric"), (2, 3, 7, 11)),
    Case("pad2d/circular-most", Pad2D((7, 11), "circular"), (2, 3, 7, 11), quick=False),
    Case("pad2d/replicate-wider-than-input", Pad2D((9, 13), "replicate"), (2, 3, 7, 11)),
    Case("pad2d/one-pixel", Pad2D(2, "replicate"), (2, 3, 1, 1), equal_sizes=ONE),
    *Sweep(
        "cropping2d",
        crop,
        {
            "cropping": {
                "crop1": 1,
                "crop0x2": (0, 2),
                "four-sides": ((2, 1), (0, 3)),
                "one-side": ((0, 0), (4, 0)),
                "to-one-pixel": (3, 6),
            },
            "scale": SCALES,
            "mean": [0.0, 100.0],
            "batch": [2, 1],
        },
    ),
    Case("cropping2d/nothing", Cropping2D(0), (2, 3, 7, 11)),
]


def crops(*modes: str) -> tuple[str, ...]:
    """The cases of a pad that crops, in one of these modes."""
    pads = [(case.name, case.model) for case in CASES if isinstance(case.model, Pad2D)]
    return tuple(name for name, layer in pads if "-" in str(layer.padding) and layer.mode in modes)


KNOWN = [
    replace(
        NEGATIVE_PAD,
        cases=crops("constant", "reflect", "replicate", "circular"),
        routes=("torch>reference", "definition>reference"),
    ),
    # TorchScript writes circular padding as slices.
    replace(NEGATIVE_PAD, cases=crops("constant", "reflect", "replicate"), routes="torchscript>reference"),
    replace(CIRCULAR_CUT, cases="pad2d/negative-and-positive-circular*"),
]
