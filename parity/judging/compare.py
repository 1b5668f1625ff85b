"""One observed array against the truth: structure first, then numbers. Pure."""

from __future__ import annotations

from dataclasses import dataclass
from itertools import permutations
from typing import Any

import numpy as np
import numpy.typing as npt

from parity.axes import AXES, F64, Array, Tensor
from parity.judging.oracle import Truth
from parity.operators.formats import FORMATS
from parity.records.verdict import LAMBDA, Kind

EMPTY = "an empty array, of the right shape"  #: what is told of a comparison without elements


@dataclass(frozen=True)
class Comparison:
    """What one comparison found. ``kind`` is None when it holds.

    ratio: worst abs(observed - y) / bound, dimensionless; need: the smallest lambda that would hold; index: of the
    worst element, in canonical axes; wrong: how many elements do not hold; unspecified: how many were not judged, since
    the computation leaves open what comes of them.
    """

    kind: Kind | None
    message: str = ""
    ratio: float | None = None
    need: float | None = None
    index: tuple[int, ...] | None = None
    expected: float = 0.0
    got: float = 0.0
    allowed: float = 0.0
    wrong: int = 0
    elements: int = 0
    unspecified: int = 0
    dtype: str = "float32"  #: the stored type of what was compared
    why: tuple[str, ...] = ()  #: why they are

    @property
    def ulps(self) -> float:
        """abs(got - expected) in units in the last place of expected in its stored type."""
        return ulps(self.expected, self.got, self.dtype)


def ulps(expected: float, got: float, dtype: str = "float32") -> float:
    """How far apart two numbers are, in units in the last place of the first in this type; of a whole number in ones."""
    if dtype not in FORMATS:
        return abs(got - expected)
    form = FORMATS[dtype]
    size = max(abs(expected), form.tiny)
    if not np.isfinite(size):
        return float("nan")
    return float(abs(got - expected) / (np.exp2(np.floor(np.log2(size))) * 2 * form.storage))


def compare(observed: Array, truth: Truth, tensor: Tensor | None) -> Comparison:
    """Judge an observed array, canonical axes, against the truth of the same value.

    Nothing is broadcast, cast or skipped: shape, dtype and the places of NaN and infinity must agree before any
    difference is taken. Integers must be equal. What the computation leaves unspecified is counted and left out. Last, a zero must have
    its sign where the truth knows that it keeps it.
    tensor: of which shape it has to be; None where that is whatever the truth's is. Of an empty one that is the whole answer.
    """
    if structure := _structure(observed, Tensor(truth.y.shape) if tensor is None else tensor, truth.dtype):
        return structure
    if observed.size == 0:
        if tensor is None:  # nobody said that it has to be
            return Comparison("empty", f"shape {observed.shape} holds no element to compare")
        return Comparison(None, EMPTY, 0.0, 0.0)
    expected = truth.y
    if truth.dtype not in FORMATS:
        return _whole(observed, truth)
    form, got = truth.form, observed.astype(np.float64)
    if truth.unspecified is None and _plain(got, expected, form.stored_largest):
        return _compared(got, truth, np.abs(got - expected), truth.allowed(), 0)
    free = np.zeros(got.shape, bool) if truth.unspecified is None else truth.unspecified
    # What rounds to a number beyond the largest is an honest infinity.
    beyond = np.abs(expected) >= form.stored_largest * (1 + form.storage / 2)
    stored = np.where(beyond, np.copysign(np.inf, expected), expected)
    special: tuple[tuple[Kind, Any], ...] = (
        ("nan", np.isnan(got) != np.isnan(stored)),
        ("infinity", np.isinf(got) != np.isinf(stored)),
        ("infinity-sign", np.isinf(got) & np.isinf(stored) & (np.sign(got) != np.sign(stored))),
    )
    for name, places in special:
        if (places & ~free).any():
            return _special(name, places & ~free, got, stored)
    judged = np.isfinite(stored) & np.isfinite(got) & ~free
    distance = np.abs(np.where(judged, got, 0.0) - np.where(judged, expected, 0.0))
    allowed = np.where(judged, truth.allowed(), np.inf)
    return _compared(got, truth, distance, allowed, int(np.count_nonzero(free)))


def _plain(got: F64, expected: F64, largest: float) -> bool:
    """Whether all numbers are finite and within what can be stored, as nearly always: then every element is judged."""
    return bool(np.abs(expected).max() < largest) and bool(np.isfinite(got).all())


def _compared(got: F64, truth: Truth, distance: F64, allowed: F64, free: int) -> Comparison:
    """How far off the elements are; distance: 0 and allowed: infinity at the ``free`` ones."""
    expected = truth.y
    ratio = distance / allowed
    worst = np.unravel_index(int(np.argmax(ratio)), ratio.shape)
    wrong = int(np.count_nonzero(ratio > 1))
    kind: Kind | None = None
    message = ""
    if wrong:
        kind, message = _swapped(got, truth)
    elif truth.signs is not None:
        places = truth.signs & (got == 0) & (np.signbit(got) != np.signbit(expected))
        if places.any():
            return _special("zero-sign", places, got, expected)
    return Comparison(
        kind,
        message,
        float(ratio[worst]),
        _need(distance, truth),
        tuple(int(i) for i in worst),
        float(expected[worst]),
        float(got[worst]),
        float(allowed[worst]),
        wrong,
        got.size,
        free,
        truth.dtype,
        truth.why if free else (),
    )


def _structure(observed: Array, tensor: Tensor, dtype: str) -> Comparison | None:
    if observed.size == 0 and 0 not in tensor.shape:
        return Comparison("empty", f"the array is empty: shape {observed.shape}, expected {tensor.shape}")
    if observed.shape != tensor.shape:
        return Comparison("shape", f"shape {observed.shape}, expected {tensor.shape}")
    if str(observed.dtype) != dtype:
        return Comparison("dtype", f"dtype {observed.dtype}, expected {dtype}")
    return None


def _special(kind: Kind, places: npt.NDArray[np.bool_], got: F64, stored: F64) -> Comparison:
    index = tuple(int(i) for i in np.argwhere(places)[0])
    count = int(np.count_nonzero(places))
    message = f"{got[index]} where the oracle has {stored[index]:.6g}, at {count} of {got.size} elements"
    nan = float("nan")
    return Comparison(kind, message, nan, nan, index, float(stored[index]), float(got[index]), 0.0, count, got.size)


def _whole(observed: Array, truth: Truth) -> Comparison:
    """Integers are exact, but for what noise before them can move (a tie that is rounded to a whole number).

    One that equals the right value modulo its dtype's range has wrapped around.
    """
    expected = truth.y
    places = observed != expected
    if truth.evaluation.any():
        places &= np.abs(observed.astype(np.float64) - expected.astype(np.float64)) > LAMBDA * truth.evaluation
    free = 0
    if truth.unspecified is not None:
        places, free = places & ~truth.unspecified, int(np.count_nonzero(truth.unspecified))
    if not places.any():
        return Comparison(None, "", 0.0, 0.0, elements=observed.size, unspecified=free, why=truth.why)
    index = tuple(int(i) for i in np.argwhere(places)[0])
    count = int(np.count_nonzero(places))
    right, got = int(expected[index]), int(observed[index])
    wrapped = (right - got) % 2 ** (8 * observed.dtype.itemsize) == 0
    kind: Kind = "integer-wrap" if wrapped else "value"
    message = f"{got} where the oracle has {right}, at {count} of {observed.size} elements"
    inf = float("inf")
    return Comparison(kind, message, inf, inf, index, float(right), float(got), 0.0, count, observed.size)


def _need(distance: F64, truth: Truth) -> float:
    """The smallest lambda with ``distance <= lambda * A + B + 2 tiny`` everywhere; infinity where A is 0."""
    over = np.maximum(distance - truth.storage - 2 * truth.form.tiny, 0.0)
    with np.errstate(divide="ignore", invalid="ignore"):
        need = np.where(over > 0, over / truth.evaluation, 0.0)
    return float(need.max())


def _swapped(got: F64, truth: Truth) -> tuple[Kind, str]:
    """Whether the values are right once axes of equal size are swapped: then that is the finding."""
    names = "".join(AXES.get(got.ndim, "0123456789")).upper()
    if got.ndim > len(names):
        return "value", ""
    for order in permutations(range(got.ndim)):
        if order == tuple(range(got.ndim)) or tuple(got.shape[i] for i in order) != got.shape:
            continue
        if np.all(np.abs(got.transpose(order) - truth.y) <= truth.allowed()):
            swapped = " ".join(names[i] for i in order)
            return "axes", f"the values are right in the order {swapped}, and equal sizes hide it from the shape"
    return "value", ""


def how_far(c: Comparison) -> str:
    """How far off, in the figure that helps: an exact layer has no bound to be a multiple of."""
    if c.ratio is None or c.kind not in ("value", "axes") or c.allowed <= 0:
        return ""
    if c.need == float("inf"):
        return f", off by {abs(c.got - c.expected):.3g} where it has to be the same to the bit"
    return f", {c.ratio:.3g} times the allowed {c.allowed:.3g}"


def note(comparison: Comparison) -> str:
    """What is told of a comparison beside its figures."""
    said = [comparison.message] if comparison.kind is None and comparison.message else []
    if comparison.unspecified:
        some = f"{comparison.unspecified:,} of {comparison.elements:,} elements"
        said.append(f"{some} are unspecified: {', and '.join(comparison.why)}")
    return "; ".join(said)
