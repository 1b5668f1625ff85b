"""Resizing by factor and by size in every mode, and channels that move into space, back, and among their groups."""

from typing import Any

from parity.cases import Case, Sweep
from parity.layers import ChannelShuffle, PixelShuffle, PixelUnshuffle, Upsample

ONE = "a single pixel: height and width are both 1"
SCALES = [1.0, 1e-3, 1e3, 1e6]
MEANS = [0.0, 100.0]


def resize(to: dict[str, Any], how: dict[str, Any], batch: int) -> Any:
    return Upsample(**to, **how), (batch, 3, 10, 14)


CASES = [
    *Sweep(
        "upsample",
        resize,
        {
            "to": {
                "by2": {"scale_factor": 2.0},
                "by1.75": {"scale_factor": 1.75},
                "by1.75-recomputed": {"scale_factor": 1.75, "recompute_scale_factor": True},
                "by0.5": {"scale_factor": 0.5},
                "size17x23": {"size": (17, 23)},
                "size7x9": {"size": (7, 9)},
            },
            "how": {
                "nearest": {"mode": "nearest"},
                "nearest-exact": {"mode": "nearest-exact"},
                "bilinear": {"mode": "bilinear"},
                "bilinear-corners": {"mode": "bilinear", "align_corners": True},
                "bilinear-antialias": {"mode": "bilinear", "antialias": True},
                "bicubic": {"mode": "bicubic"},
                "bicubic-corners": {"mode": "bicubic", "align_corners": True},
                "bicubic-antialias": {"mode": "bicubic", "antialias": True},
            },
            "scale": SCALES,
            "mean": MEANS,
            "batch": [2, 1],
        },
        # Keras' Resizing has no antialias by a factor.
        unless=[lambda to, how: to == {"scale_factor": 1.75} and bool(how.get("antialias"))],
    ),
    Case("upsample/by2x3", Upsample(scale_factor=(2.0, 3.0)), (2, 3, 10, 14)),
    Case("upsample/bilinear-by2x3", Upsample(scale_factor=(2.0, 3.0), mode="bilinear"), (2, 3, 10, 14)),
    Case("upsample/bilinear-one-row", Upsample(size=(1, 9), mode="bilinear"), (2, 3, 10, 14)),
    Case("upsample/corners-one-row", Upsample(size=(1, 9), mode="bilinear", align_corners=True), (2, 3, 10, 14)),
    Case("upsample/bilinear-of-one-pixel", Upsample(size=(4, 5), mode="bilinear"), (2, 3, 1, 1), equal_sizes=ONE),
    Case("upsample/bilinear-same-size", Upsample(size=(10, 14), mode="bilinear"), (2, 3, 10, 14)),
    Case("upsample/nearest-one-axis", Upsample(size=(10, 21)), (2, 3, 10, 14)),
    Case("upsample/area", Upsample(size=(5, 2), mode="area"), (2, 3, 10, 14)),
    Case("upsample/area-by0.5", Upsample(scale_factor=0.5, mode="area"), (2, 3, 10, 14)),
    *Sweep(
        "pixelshuffle",
        lambda factor, batch: (PixelShuffle(factor), (batch, 3 * factor**2, 5, 7)),
        {"factor": [2, 3, 1], "scale": SCALES, "mean": MEANS, "batch": [2, 1]},
    ),
    *Sweep(
        "pixelunshuffle",
        lambda factor, batch: (PixelUnshuffle(factor), (batch, 3, 4 * factor, 5 * factor)),
        {"factor": [2, 3, 1], "scale": SCALES, "mean": MEANS, "batch": [2, 1]},
    ),
    *Sweep(
        "channelshuffle",
        lambda groups, batch: (ChannelShuffle(groups), (batch, 12, 5, 7)),
        {"groups": [2, 3, 6, 1, 12], "scale": SCALES, "mean": MEANS, "batch": [2, 1]},
    ),
]
