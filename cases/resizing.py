"""Resizing by factor and by size in every mode, and channels that move into space, back, and among their groups."""

from collections.abc import Callable
from dataclasses import replace
from typing import Any

from parity.cases import Case, Sweep
from parity.cases.shipped_spatial import (
    ANTIALIAS,
    BROKEN_CORNERS,
    REMOVED_MODE,
    ROUNDED_SCALES,
    ROUNDED_SCALES_RUN,
)
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
    Case("upsample/by2x3", Upsample(scale_factor=(2.0, 3.0)), (2, 3, 10, 14), quick=False),
    Case("upsample/bilinear-by2x3", Upsample(scale_factor=(2.0, 3.0), mode="bilinear"), (2, 3, 10, 14)),
    Case("upsample/bilinear-one-row", Upsample(size=(1, 9), mode="bilinear"), (2, 3, 10, 14), quick=False),
    Case("upsample/corners-one-row", Upsample(size=(1, 9), mode="bilinear", align_corners=True), (2, 3, 10, 14)),
    Case("upsample/bilinear-of-one-pixel", Upsample(size=(4, 5), mode="bilinear"), (2, 3, 1, 1), equal_sizes=ONE),
    Case("upsample/bilinear-same-size", Upsample(size=(10, 14), mode="bilinear"), (2, 3, 10, 14)),
    Case("upsample/nearest-one-axis", Upsample(size=(10, 21)), (2, 3, 10, 14)),
    Case("upsample/area", Upsample(size=(5, 14), mode="area"), (2, 3, 10, 14)),
    Case("upsample/area-by0.5", Upsample(scale_factor=0.5, mode="area"), (2, 3, 10, 14), quick=False),
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


def where(holds: Callable[[Upsample], bool]) -> tuple[str, ...]:
    """The cases of a resize that is so."""
    return tuple(case.name for case in CASES if isinstance(case.model, Upsample) and holds(case.model))


def by_resizing(layer: Upsample, mode: str) -> bool:
    """Whether Keras' Resizing spells it, in this mode and without antialias."""
    by_size = layer.size not in (None, (10, 21)) or layer.recompute_scale_factor or layer.scale_factor == 0.5
    return layer.mode == mode and by_size and not layer.align_corners and not layer.antialias


def rounded_down(layer: Upsample) -> bool:
    """Whether the scales in float32 give less than the size: 7 of 10 and 9 of 14."""
    return layer.size in ((7, 9), (1, 9))


KNOWN = [
    replace(ANTIALIAS, cases=where(lambda layer: layer.antialias)),
    replace(
        ROUNDED_SCALES,
        cases=where(lambda r: rounded_down(r) and (by_resizing(r, "bilinear") or by_resizing(r, "nearest-exact"))),
    ),
    replace(ROUNDED_SCALES_RUN, cases=where(lambda r: rounded_down(r) and by_resizing(r, "bilinear"))),
    replace(REMOVED_MODE, cases=where(lambda r: not rounded_down(r) and by_resizing(r, "nearest-exact"))),
    replace(
        BROKEN_CORNERS,
        cases=where(lambda r: r.align_corners and r.scale_factor == 1.75 and not r.recompute_scale_factor),
    ),
]
