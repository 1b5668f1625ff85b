"""Whether a model has one answer to one input: what draws random numbers or keeps state between calls cannot be judged."""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence

import numpy as np

from parity.axes import Array
from parity.cases.subject import Subject
from parity.errors import UsageError
from parity.judging.sameness import same_bits

HALF = float(np.sqrt(np.finfo(np.float32).eps))  #: half the digits of float32: no rounding of one kernel makes as much


def require(
    subject: Subject, call: Callable[[], Sequence[Array]], kept: Callable[[], Mapping[str, Array]], drew: bool
) -> None:
    """Raise :class:`UsageError` for a model that has no one answer.

    call: its outputs on inputs that are always the same; kept: what it stores, by name; drew: whether its first call took
    random numbers.
    """
    if drew:
        said = (
            "it draws random numbers, so one input has no one answer; turn that off at inference, or make it an input"
        )
        raise UsageError(f"{subject.text}: {said}")
    before = {name: np.array(value) for name, value in kept().items()}
    first, second = call(), call()
    changed = [name for name, value in kept().items() if not same_bits(before[name], np.array(value))]
    mend = "make what it keeps an input, or leave it as it is at inference"
    if changed:
        raise UsageError(f"{subject.text}: it keeps state between calls: one changes {', '.join(changed[:5])}; {mend}")
    if any(_apart(a, b) for a, b in zip(first, second, strict=True)):
        said = "the same input gave another answer when it was asked again, so it keeps state or draws random numbers"
        raise UsageError(f"{subject.text}: {said}; {mend}")


def _apart(first: Array, second: Array) -> bool:
    """Whether two answers differ by more than rounding does."""
    if first.shape != second.shape or first.dtype != second.dtype:
        return True
    if same_bits(first, second) or first.dtype.kind not in "fV":
        return not same_bits(first, second)
    one, two = first.astype(np.float64), second.astype(np.float64)
    with np.errstate(all="ignore"):
        size = np.sqrt(np.mean(np.square(one), where=np.isfinite(one)))
        near = (abs(one - two) <= HALF * size) | (np.isnan(one) & np.isnan(two)) | (one == two)
    return not near.all()
