"""What an export is of: a case without what it draws, and parameters that show where each of their numbers goes.

The numbers that a network stores are counted through. Number k is *marked* as the float32 that spells k by a bijection of 27
bits with a one behind them: from 2^-24 to 2^8 in magnitude, no two alike, and of more digits than people write. So every
element of an exported file says which parameter's it is, in whatever order it stands there, and what was computed from
parameters is, but for one element in thousands, none of them.
"""

from __future__ import annotations

import hashlib
from dataclasses import dataclass, replace
from math import prod

import numpy as np

from parity.axes import Array
from parity.cases.case import Case
from parity.cases.parameters import Parameters, stored
from parity.cases.valid import FURTHEST
from parity.layers.base import Draw

Numbers = np.ndarray[tuple[int], np.dtype[np.uint32]]

NAME = "structure"  #: of every case that is nothing else
MOST = 2**27  #: numbers that can be marked
FACTOR = 0x4F1BBCD  #: odd, so that multiplying by it is a bijection of the numbers below MOST, and theirs lie far apart
LOWEST = 103 << 23  #: the bits of 2^-24


@dataclass(frozen=True)
class Mark:
    """The share of one parameter: its node and name, the number of its first element, how many it has."""

    node: str
    name: str
    first: int
    size: int


def structure(case: Case) -> Case:
    """The case without its name, its draws, its input's scale, mean and values, and how else it is asked: what is left decides a file."""
    return replace(
        case, name=NAME, scale=1.0, mean=0.0, values="normal", draws={}, batches=(), threads=(), unbatched=False
    )


def marks(case: Case) -> list[Mark]:
    """The parameters of a case in their order, counted through."""
    made: list[Mark] = []
    for node, parameters in stored(case).items():
        for name, parameter in parameters.items():
            first = made[-1].first + made[-1].size if made else 0
            made.append(Mark(node, name, first, prod(parameter.shape)))
    return made


def marked(case: Case) -> Parameters:
    """Every parameter of a case marked, float32, canonical axes; of a sign that its layer could draw.

    Raises ValueError for more than ``MOST`` numbers.
    """
    counted = {(mark.node, mark.name): mark for mark in marks(case)}
    if sum(mark.size for mark in counted.values()) > MOST:
        raise ValueError(f"more than {MOST} numbers cannot be told apart")
    return {
        node: {
            name: _spelled(counted[node, name], parameter.draw).reshape(parameter.shape)
            for name, parameter in parameters.items()
        }
        for node, parameters in stored(case).items()
    }


def read(array: Array) -> Numbers | None:
    """The number that each element of a float32 array is marked with, in the array's order; None where any is not."""
    bits = np.ascontiguousarray(array, np.float32).reshape(-1).view(np.uint32) & np.uint32(2**31 - 1)
    bits -= np.uint32(LOWEST)  # what is below wraps round to far above
    if not bits.size or bits.max() >= 2 * MOST or not np.all(bits & np.uint32(1)):
        return None
    bits >>= np.uint32(1)
    bits *= np.uint32(pow(FACTOR, -1, MOST))
    bits &= np.uint32(MOST - 1)
    return bits


def _spelled(mark: Mark, draw: Draw) -> Array:
    numbers = np.arange(mark.first, mark.first + mark.size, dtype=np.uint32)
    numbers *= np.uint32(FACTOR)
    numbers &= np.uint32(MOST - 1)
    bits = np.uint32(LOWEST + 1) + (numbers << np.uint32(1))
    if draw.centre < FURTHEST * draw.spread:
        always = draw.centre <= -FURTHEST * draw.spread
        bits |= np.uint32(2**31) if always else (numbers >> np.uint32(13) & np.uint32(1)) << np.uint32(31)
    return bits.view(np.float32)


def plain(parameters: Parameters) -> bool:
    """Whether exporters have no reason to treat these parameters otherwise than any others.

    They have where a parameter is one number all over (zeros are not added, ones not multiplied by), a single one of 0, 1 or
    -1 included, and where two are alike (they are stored once). Only float32 can be marked, so of others nothing is said.
    """
    arrays = [array.reshape(-1) for each in parameters.values() for array in each.values()]
    if any(array.dtype != np.float32 for array in arrays):
        return False
    for array in arrays:
        if (array == array[0]).all() and (array.size > 1 or array[0] in (0, 1, -1)):
            return False
    return len({(array.size, array.tobytes()) for array in arrays}) == len(arrays)


def digest(parameters: Parameters) -> str:
    """A digest of parameters: their names, shapes and bits."""
    taken = hashlib.sha256()
    for node, each in parameters.items():
        for name, array in each.items():
            taken.update(f"{node}.{name}{array.shape}{array.dtype}".encode())
            taken.update(np.ascontiguousarray(array).view(np.uint8).data)
    return taken.hexdigest()
