"""What a file with free axes is fed besides: a sample of its batch alone, and other sizes. Pure."""

from __future__ import annotations

from collections.abc import Mapping, Sequence

from parity.axes import Array
from parity.cases.asked import Asked
from parity.cases.feeds import YOURS, Feed, Tried, feeds
from parity.operators.file import Declared
from parity.operators.graph import Graph

ALONE = "the last alone"  #: the name of the set that is the last sample of the first set


def alone(inputs: Sequence[Declared], first: Tried) -> Tried | None:
    """The last sample of a batch alone; None where the first axis of all inputs is not one free axis, or there is only one sample.

    What stands before a sample in its batch decides where it lies in memory: the last shows most.
    """
    axes = {each.shape[0] if each.shape else None for each in inputs}
    free = len(axes) == 1 and all(isinstance(axis, str) and (axis or len(inputs) == 1) for axis in axes)
    made = last_alone(first.arrays) if free else None
    return None if made is None else Tried(ALONE, made)


def last_alone(arrays: Mapping[str, Array]) -> dict[str, Array] | None:
    """The last sample of every array; None where they are not all of one batch of several."""
    counts = {array.shape[:1] for array in arrays.values()}
    if len(counts) != 1 or counts <= {(), (1,)}:
        return None
    return {name: array[-1:] for name, array in arrays.items()}


def resized(
    graph: Graph, inputs: Sequence[Declared], described: Sequence[Feed], seed: int, batch: bool
) -> Tried | None:
    """Inputs drawn with another size of every free axis that bears a name; None where there is no such axis, or inputs were given.

    batch: of first axes too.
    """
    sizes: dict[str, tuple[int, int]] = {}
    given = []
    for each, feed in zip(inputs, described, strict=True):
        shape = list(feed.shape)
        for i, axis in enumerate(each.shape or ()):
            if isinstance(axis, str) and axis and (i or batch):
                sizes[axis] = shape[i], another(shape[i])
                shape[i] = another(shape[i])
        given.append(Asked(each.name, tuple(shape), feed.dtype))
    changed = [f"{axis} {size}" for axis, (was, size) in sizes.items() if was != size]
    if not changed or any(feed.how == YOURS for feed in described):
        return None
    _, drawn = feeds(graph, inputs, given, {}, seed)
    return Tried(", ".join(changed), drawn[0].arrays)


def another(size: int) -> int:
    """A smaller size that as large a power of two divides: networks that halve an image again and again can take it.

    1 stays 1.
    """
    power = size & -size
    return size - power if size > power else max(size // 2, 1)
