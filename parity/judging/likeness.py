"""Whether two checks of one case are wrong in the same way: what makes a witness of another route. Pure.

Wrong numbers are alike when their sketches differ by no more than honest rounding can make them. A sketch holds sums over
the wrong elements of their deviations, each element with random weights of its own, so that what two routes have in common
cancels in the difference, and what is left grows as the square root of the number of elements.
"""

from __future__ import annotations

import re
from math import hypot, sqrt

from parity.records.lines import Check, Failure, Sketch
from parity.records.verdict import Kind
from parity.records.wording import one_line

SUMS = 8  #: sums in a sketch
ROUNDING = 1 / 3  #: largest mean square of an honest deviation over its bound: storage alone, uniform within it
BEYOND = 42.7  #: what a chi-square of :data:`SUMS` degrees of freedom exceeds once in a million
#: How many limits a sketch, and how many bounds a value, must be off before anything is said of it: then what two
#: routes have in common is plain, and a quarter more or less is another cause.
MARGIN = 4.0

NUMBERS: frozenset[Kind] = frozenset({"nan", "infinity", "infinity-sign", "integer-wrap", "axes", "value", "inexact"})

_DOING = re.compile(r"^(?:exporting with|running in|starting|asking) [^:]*: ")
_WHILE = re.compile(r" while (?:exporting with|running in|starting|asking) [^:]*?(?=: |$)")
_FIGURES = re.compile(r"0x[0-9a-f]+|[-+]?\d[\d.,]*(?:e[-+]?\d+)?", re.IGNORECASE)


def alike(one: Check, other: Check) -> bool:
    """Whether two checks are certainly wrong in the same way; where that is not certain, they are not.

    Wrong numbers: of one kind, at one place and probe, with sketches that noise alone can tell apart. Wrong structure: of
    one kind, at one place, in the same words. Without a judgement: they ended alike, for the same reason but for the
    figures in it.
    """
    a, b = wrong(one), wrong(other)
    if a is None or b is None:
        return a is b and _ended_alike(one, other)
    p, q = one.failure, other.failure
    assert p is not None
    assert q is not None
    if (a, p.where, p.probe) != (b, q.where, q.probe):
        return False
    if a == "draws":  # two routes never draw the same
        return without_figures(p.message) == without_figures(q.message)
    return _close(p.sketch, q.sketch) if a in NUMBERS else p.message == q.message


def wrong(check: Check) -> Kind | None:
    """The kind in which the answers of a route are wrong, also behind a file that is refused; None where they are not."""
    failure = check.failure
    if failure is None or not check.probes:
        return None
    return failure.values if failure.refused else failure.kind


def right(check: Check) -> bool:
    """Whether all answers of a route agree with the oracle, also those of a file that is refused."""
    if check.status in ("pass", "stale"):
        return True
    return check.failure is not None and bool(check.failure.refused) and bool(check.probes) and not check.failure.values


def doubtful(check: Check) -> bool:
    """Whether a wrong value is so near its bound that a witness which keeps it proves nothing: both may be honest."""
    place = None if check.failure is None else check.failure.place
    if wrong(check) != "value" or place is None:
        return False
    return abs(float(place.got) - float(place.expected)) < MARGIN * float(place.allowed)


def without_figures(text: str) -> str:
    """A reason with its figures and addresses left out, on one line."""
    return _FIGURES.sub("#", one_line(text))


def _close(a: Sketch | None, b: Sketch | None) -> bool:
    if a is None or b is None or len(a.sums) != len(b.sums):
        return False
    limit = most_apart(a.elements + b.elements)
    shorter = min(hypot(*a.sums), hypot(*b.sums))
    if a == b:
        return shorter > limit  # the same answers
    if shorter < MARGIN * limit:
        return False  # two causes could look like this
    return hypot(*(x - y for x, y in zip(a.sums, b.sums, strict=True))) <= limit


def most_apart(elements: int) -> float:
    """How far two sketches of one cause are apart at most, but for once in a million; ``elements`` counts those of both.

    Each element brings the difference of two honest deviations, or as much where it is wrong on one side alone.
    """
    return sqrt(BEYOND * 2 * ROUNDING * elements)


def _ended_alike(one: Check, other: Check) -> bool:
    """Both without a judgement; one that a declared divergence covers keeps only that one's words."""
    if one.probes or other.probes or not one.reason or right(one) or right(other):
        return False
    return (one.status, _said(one)) == (other.status, _said(other))


def _said(check: Check) -> tuple[str, str]:
    failure: Failure | None = check.failure
    reason = _WHILE.sub("", _DOING.sub("", check.reason))
    return ("" if failure is None else failure.kind, without_figures(reason))
