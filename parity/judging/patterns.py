"""What the wrong elements of a failure have in common: the shape of a bug is often its name. Pure."""

from __future__ import annotations

import numpy as np
import numpy.typing as npt

from parity.axes import F64, Array

Mask = npt.NDArray[np.bool_]


def wrong_elements(observed: Array, expected: F64, allowed: F64) -> Mask:
    """Which elements left their bound, or are finite on one side only; canonical axes, one shape."""
    got = observed.astype(np.float64)
    with np.errstate(invalid="ignore"):
        within = np.abs(got - expected) <= allowed
    same_special = (np.isnan(got) & np.isnan(expected)) | (np.isinf(got) & (got == expected))
    wrong: Mask = ~(within | same_special)
    return wrong


def pattern(observed: Array, expected: F64, allowed: F64) -> str:
    """The name of the pattern, most telling first; empty where there is none.

    For images ``N C H W``, signals, volumes and features ``N F``.
    """
    wrong = wrong_elements(observed, expected, allowed)
    if not wrong.any():
        return ""
    got = observed.astype(np.float64)
    if not np.isfinite(got[wrong]).any():
        return "non-finite only"
    offset = _constant_offset(got, expected, wrong, allowed)
    if offset is not None:
        return f"a constant offset of {offset:.6g}"
    factor = _constant_factor(got, expected, wrong, allowed)
    if factor is not None:
        return f"a constant factor of {factor:.6g}"
    if wrong.sum() == 1:
        return "one element"
    channels = np.flatnonzero(wrong.any(axis=(0, *range(2, wrong.ndim))))
    if len(channels) == 1 and wrong.shape[1] > 1:
        return f"one {'channel' if wrong.ndim > 2 else 'feature'}, {channels[0]}"
    if wrong.ndim == 4 and (edge := _border(wrong)):
        return edge
    images = np.flatnonzero(wrong.any(axis=tuple(range(1, wrong.ndim))))
    if len(images) == 1 and wrong.shape[0] > 1:
        return f"one of {wrong.shape[0]} images, {images[0]}"
    # A wrong layer leaves some elements right by chance, mostly those near zero.
    return "all elements" if wrong.mean() > 0.9 else ""


def _border(wrong: Mask) -> str:
    """Which outer rows and columns hold every wrong element, where they do not hold them all by being everything."""
    height, width = wrong.shape[2:]
    if height < 3 or width < 3 or wrong[:, :, 1:-1, 1:-1].any():
        return ""
    inner = wrong[:, :, 1:-1, :].any() or wrong[:, :, :, 1:-1].any()
    if not inner and wrong.any():
        return "corners only"
    sides = [
        name
        for name, hit in (
            ("top", wrong[:, :, 0, 1:-1].any()),
            ("bottom", wrong[:, :, -1, 1:-1].any()),
            ("left", wrong[:, :, 1:-1, 0].any()),
            ("right", wrong[:, :, 1:-1, -1].any()),
        )
        if hit
    ]
    return "border only" if len(sides) == 4 else f"border only: {' and '.join(sides)}"


def _constant_offset(got: F64, expected: F64, wrong: Mask, allowed: F64) -> float | None:
    """The one number that, taken off every wrong element, puts it within its bound."""
    if wrong.sum() < 2:
        return None
    with np.errstate(invalid="ignore"):  # infinities are among them
        offset = float(np.median(got[wrong] - expected[wrong]))
        return offset if offset and np.all(np.abs(got - offset - expected)[wrong] <= allowed[wrong]) else None


def _constant_factor(got: F64, expected: F64, wrong: Mask, allowed: F64) -> float | None:
    """The one number that, divided out of every wrong element, puts it within its bound."""
    if wrong.sum() < 2 or not np.all(expected[wrong]):
        return None
    with np.errstate(invalid="ignore"):
        factor = float(np.median(got[wrong] / expected[wrong]))
        return factor if factor and np.all(np.abs(got / factor - expected)[wrong] <= allowed[wrong]) else None
