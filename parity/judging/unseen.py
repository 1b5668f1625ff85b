"""Weights of two graphs that differ and do not show: what reads them gives the same on the inputs that were tried. Pure numpy."""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from itertools import permutations

import numpy as np

from parity.axes import Array
from parity.judging.holding import unpaired
from parity.judging.twins import Twin


def unseen(one: Twin, two: Twin, equal: Mapping[str, tuple[str, ...]], seen: set[int]) -> list[str]:
    """In words, the stored weights of the second side that are one of the first's but for fewer than half of their elements.

    equal: the weights that are the same to the bit, by the second side's name; seen: the second's operators that are known to
    differ, by their place.
    """
    mine, theirs = unpaired(one, two, equal)
    found = []
    for name in sorted(theirs):
        if two.stored[name].size < 2 or any(i in seen for i in two.users.get(name, ())):
            continue
        for other in sorted(mine):
            differ = min(_differing(one.stored[other], two.stored[name]), default=0)
            if 0 < differ < two.stored[name].size / 2:
                found.append(
                    f"{name} and {other} differ in {differ} of {two.stored[name].size} elements, which does not show"
                )
                break
    return found


def _differing(a: Array, b: Array) -> Iterator[int]:
    """In how many elements two weights differ, for every order of axes that fits."""
    if sorted(a.shape) != sorted(b.shape) or a.ndim > 5:
        return
    for turn in permutations(range(a.ndim)):
        if _turned(a.shape, turn) == b.shape:
            yield int(np.count_nonzero(a.transpose(turn) != b))


def _turned(shape: Sequence[int], turn: Sequence[int]) -> tuple[int, ...]:
    return tuple(shape[k] for k in turn)
