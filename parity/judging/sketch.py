"""The fingerprint of a failure's wrong elements. Pure numpy."""

from __future__ import annotations

import numpy as np

from parity.axes import F64, Array
from parity.judging import draws
from parity.judging.likeness import SUMS
from parity.judging.oracle import Truth
from parity.judging.patterns import wrong_elements
from parity.operators.formats import FORMATS
from parity.records.lines import Sketch

#: What a value carries of the roundings before the place that is looked at, relative: half a dozen of float32. A layer
#: that moves values rounds nothing itself, but two routes do not hand it the same bits.
CARRIED = 2.0**-21
#: How well two routes agree on a wrong value, relative to its distance from the right one: in half the digits of float32.
#: Above the inverse of it deviations are counted by their logarithm, which makes this noise too about 1.
SHARE = 2.0**-12
#: Stand-ins for what has no distance, above all that have one.
NAN, INFINITY = 2.0**20, 2.0**21


def sketch(observed: Array, truth: Truth) -> Sketch | None:
    """The sketch of an observed array, canonical axes, against the truth; None where their shapes differ."""
    if observed.shape != truth.y.shape:
        return None
    expected = truth.y.astype(np.float64)
    if truth.dtype in FORMATS:
        bound, beyond = truth.allowed(), np.abs(expected) >= truth.form.stored_largest * (1 + truth.form.storage / 2)
        expected = np.where(beyond, np.copysign(np.inf, expected), expected)
        wrong = wrong_elements(observed, expected, bound)
    else:  # a whole number is right or is not
        bound = np.ones(expected.shape)
        wrong = observed != truth.y
    if truth.unspecified is not None:
        wrong &= ~truth.unspecified
    places = np.flatnonzero(wrong)
    moved = deviations(observed.astype(np.float64).ravel()[places], expected.ravel()[places], bound.ravel()[places])
    # Weights of mean square 1, and not only of 1: else one element would look like every 256th.
    at = places.astype(np.float64)
    sums = [float(np.sum(np.sqrt(3.0) * draws.flat(at, k) * moved)) for k in range(SUMS)]
    return Sketch(elements=len(places), sums=[round(total, 1) for total in sums])


def deviations(got: F64, expected: F64, bound: F64) -> F64:
    """By how much each element is beyond its bound, signed, in a unit in which the noise between two routes is about 1.

    An element that is hardly wrong counts hardly, so that it does not matter on which routes it is wrong at all.
    """
    with np.errstate(invalid="ignore", over="ignore"):
        far = (got - expected) / (bound + CARRIED * np.abs(expected))
        counted = np.sign(far) * np.log1p(SHARE * np.maximum(np.abs(far) - 1, 0.0)) / SHARE
    counted = np.where(np.isinf(expected), -np.sign(expected) * INFINITY, counted)
    counted = np.where(np.isinf(got), np.sign(got) * INFINITY, counted)
    counted = np.where(np.isnan(expected), -NAN, counted)
    return np.where(np.isnan(got), NAN, counted)
