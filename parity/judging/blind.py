"""Whether an input can tell a right answer from one that says nothing: one number everywhere. Pure."""

from __future__ import annotations

import numpy as np

from parity.judging.oracle import Truth
from parity.operators.formats import FORMATS


def blind_to(truth: Truth, images: int) -> float | None:
    """A number that would pass as every element of the first ``images`` at once, though the true ones differ, or None.

    Values that a kernel may flush to zero are zero: where nothing else is true, zero is the whole answer.
    """
    if truth.dtype not in FORMATS or not truth.y.size:
        return None
    form, y, allowed = truth.form, truth.y[:images], truth.allowed()[:images]
    judged = np.isfinite(y) & (np.abs(y) < form.stored_largest)
    if truth.unspecified is not None:
        judged &= ~truth.unspecified[:images]
    if not judged.any():
        return None
    y, allowed = y[judged], allowed[judged]
    stored = np.where(np.abs(y) < form.tiny, 0.0, y)
    if stored.max() - stored.min() <= form.storage * np.abs(stored).max():
        return None  # one number is the answer
    low, high = float((y - allowed).max()), float((y + allowed).min())
    if low > high:
        return None
    return 0.0 if low <= 0 <= high else (low + high) / 2


def told(number: float) -> str:
    """In words, for the note of a check."""
    return f"the case's input tells nothing: {number:.3g} everywhere would pass as its answer"
