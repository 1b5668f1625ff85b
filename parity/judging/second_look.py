"""Before anything is called wrong: is the error what a plain loop in a natural order makes? Pure.

The bound of a sum assumes that its roundings are independent. Where the terms are alike they are not: each addition of equal
numbers rounds in one direction until the sum has doubled. Then a running sum in plain order is as wrong as the kernel, and
that is a fact to be computed, not bounded.
"""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from typing import Any

import numpy as np

from parity.axes import F64, Array
from parity.judging import draws
from parity.operators.base import Noise, Operator, Site, Terms
from parity.operators.sums import LANES, natural_orders

LOOKED = 64  #: elements looked at for being the worst, and as many taken at random
TWICE = 2.0  #: times the largest loop an honest kernel may be off


def loops(terms: Terms, dtype: str = "float32") -> float:
    """The largest error of plain sums of the terms in this type: in order, backwards, in 4 to 64 lanes. Output's unit.

    Products are rounded to the type before they are added; the bias comes first or last; a divisor divides at the end.
    """
    exact = float(terms.products.sum()) + terms.bias
    with np.errstate(over="ignore", invalid="ignore"):
        errors = [abs(float(total) - exact) for total in _sums(terms, np.dtype(dtype).type)]
    return max((e for e in errors if np.isfinite(e)), default=0.0) / abs(terms.divisor)


def _sums(terms: Terms, kind: Any) -> Iterator[np.floating[Any]]:
    bias = kind(terms.bias)
    for products in natural_orders(terms):
        t = products.astype(kind)
        if not t.size:
            continue
        yield np.cumsum(t, dtype=kind)[-1] + bias
        if bias:
            yield np.cumsum(np.concatenate([[bias], t]), dtype=kind)[-1]
        for lanes in LANES:
            whole = len(t) // lanes * lanes
            if whole < 2 * lanes:
                break
            partial = np.cumsum(t[:whole].reshape(-1, lanes), axis=0, dtype=kind)[-1]
            yield np.cumsum(np.concatenate([partial, t[whole:]]), dtype=kind)[-1] + bias


def looked_at(ratio: F64, wrong: Array, key: int = 0) -> list[tuple[int, ...]]:
    """Up to :data:`LOOKED` of the worst elements of those that are ``wrong``, and as many more of them at random."""
    places = np.flatnonzero(wrong)
    worst = places[np.argsort(-np.nan_to_num(ratio.ravel()[places], nan=np.inf), kind="stable")[:LOOKED]]
    order = np.argsort(draws.words(places.astype(np.float64), key), kind="stable")
    chosen = dict.fromkeys([*worst.tolist(), *places[order[:LOOKED]].tolist()])
    return [tuple(int(i) for i in np.unravel_index(place, ratio.shape)) for place in chosen]


def share_of_loops(
    rule: Operator, at: Site, x: Sequence[Any], distance: F64, storage: F64, places: Sequence[tuple[int, ...]]
) -> float | None:
    """The largest error at ``places`` over what twice the largest loop (and storage) allows there; None for no sum."""
    looped = _looped(rule, at, x, places)
    if looped is None:
        return None
    most = 0.0
    for place, error in zip(places, looped, strict=True):
        allowed = TWICE * error + float(storage[place])
        most = max(most, float(distance[place]) / allowed if allowed else np.inf)
    return most


def widening(rule: Operator, at: Site, noise: Noise, y: F64, x: Sequence[Any], lam: float) -> float:
    """By how much A has to grow for the plain loops of a sample of elements to be honest: at least 1.

    For what passes on through a network, where no element can be looked at by itself.
    """
    evaluation = noise.evaluation
    if evaluation is None or not y.size or at.format.accumulate != at.format.storage:
        return 1.0
    evaluation = np.broadcast_to(evaluation, y.shape)
    places = looked_at(np.abs(y), np.ones(y.shape, bool))
    looped = _looped(rule, at, x, places)
    if looped is None:
        return 1.0
    factors = [
        TWICE * error / (lam * float(evaluation[place]))
        for place, error in zip(places, looped, strict=True)
        if evaluation[place] > 0
    ]
    return max([1.0, *factors])


def _looped(rule: Operator, at: Site, x: Sequence[Any], places: Sequence[tuple[int, ...]]) -> list[float] | None:
    """How far plain loops take each element off, in the output's unit; None where it is no sum."""
    sums = rule.sums(at, places, *x)
    if sums is None:
        return None
    known: dict[int, float] = {}  # by the object, which ``sums`` keeps
    for each in sums:
        for part in each:
            if id(part.terms) not in known:
                known[id(part.terms)] = loops(part.terms, at.dtype)
    return [sum(part.slope * known[id(part.terms)] for part in each) for each in sums]
