"""A comparison as the figure that is kept of it, and the figures people know beside it. Pure numpy."""

from __future__ import annotations

import numpy as np

from parity.axes import Array
from parity.judging.compare import Comparison, how_far, note
from parity.records.lines import number
from parity.records.model import Familiar, Figure, Worst
from parity.records.verdict import KINDS

CLASSES = 10  #: features from which on an output ``N F`` looks like a classifier's
FIVE = 5


def figure(comparison: Comparison) -> Figure:
    """What is kept of a comparison."""
    c = comparison
    ratio = None if c.ratio is None else number(c.ratio)
    need = None if c.need is None else number(c.need)
    if c.kind is None:
        return Figure(status="pass", ratio=ratio, need=need, reason=note(c))
    worst = None
    if c.index is not None:
        values = (number(c.expected), number(c.got), number(c.allowed))
        worst = Worst(index=list(c.index), expected=values[0], got=values[1], allowed=values[2])
    return Figure(
        status="fail",
        ratio=ratio,
        need=need,
        reason=f"{KINDS[c.kind]}{how_far(c)}{': ' + c.message if c.message else ''}",
        kind=c.kind,
        wrong=c.wrong or None,
        elements=c.elements or None,
        worst=worst,
    )


def familiar(got: Array, right: Array, against: str) -> Familiar | None:
    """The figures people know of an output beside what it is compared with; None where those cannot be taken.

    got, right: numbers of one shape, any axes; of ``N F`` with at least :data:`CLASSES` features the largest are compared
    too. They are of finite elements alone.
    """
    if got.shape != right.shape or not got.size or got.dtype.kind in "OSU" or right.dtype.kind in "OSU":
        return None
    a, b = got.astype(np.float64), right.astype(np.float64)
    fine = np.isfinite(a) & np.isfinite(b)
    if not fine.any():
        return None
    x, y = a[fine], b[fine]
    d = np.abs(x - y)
    with np.errstate(divide="ignore", invalid="ignore", over="ignore"):
        relative = d[y != 0] / np.abs(y[y != 0])
        both = np.linalg.norm(x) * np.linalg.norm(y)
        cosine = float(x @ y / both) if both else float(np.array_equal(x, y))
        decibels = float(10 * np.log10(np.sum(y * y) / np.sum(d * d))) if d.any() else np.inf
    top1 = top5 = None
    if got.ndim == 2 and got.shape[1] >= CLASSES:
        top1 = float(np.mean(a.argmax(axis=1) == b.argmax(axis=1)))
        largest = [np.argsort(-values, axis=1, kind="stable")[:, :FIVE] for values in (a, b)]
        top5 = float(np.mean([len(np.intersect1d(p, q)) / FIVE for p, q in zip(*largest, strict=True)]))
    return Familiar(
        against=against,
        absolute=number(d.max()),
        relative=number(relative.max(initial=0.0)),
        cosine=number(cosine),
        decibels=number(decibels),
        top1=top1,
        top5=top5,
    )
