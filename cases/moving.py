"""Layers that give the same numbers in another order or shape, swept; in front of a convolution, where the order decides the numbers, too."""

from math import prod

from parity.cases import Case, Sequential, Sweep, output_shape
from parity.layers import (
    Conv1D,
    Conv2D,
    Flatten,
    Linear,
    MaxPool2D,
    Permute,
    Reshape,
    Roll,
    Slice,
    WindowPartition,
    WindowReverse,
)

FEATURES, SIGNAL, IMAGE, VOLUME = (2, 60), (2, 12, 5), (2, 6, 5, 7), (2, 3, 4, 5, 7)


def before_linear(layer, shape):
    """The layer with a dense one behind it, which weighs each number by its place in the order."""
    return Sequential(layer, Flatten(), Linear(prod(output_shape(layer, shape)[1:]), 4))


RESHAPED = {
    "tokens": (IMAGE, (6, 35)),
    "open": (IMAGE, (6, -1)),
    "channels-gone": (IMAGE, (14, 15)),
    "image-of-image": (IMAGE, (15, 2, 7)),
    "volume-of-image": (IMAGE, (6, 5, 7, 1)),
    "features-of-image": (IMAGE, (210,)),
    "image-of-signal": (SIGNAL, (12, 1, 5)),
    "signal-of-signal": (SIGNAL, (4, 15)),
    "image-of-features": (FEATURES, (3, 4, 5)),
    "signal-of-features": (FEATURES, (4, 15)),
    "image-of-volume": (VOLUME, (3, 20, 7)),
}


def reshaped(to, behind):
    shape, target = to
    layer = Reshape(target)
    return (before_linear(layer, shape) if behind == "linear" else layer), shape


def permuted(dims, behind):
    shape = {2: (2, 12, 5), 3: IMAGE, 4: VOLUME}[len(dims)]
    layer = Permute(dims)
    return (before_linear(layer, shape) if behind == "linear" else layer), shape


def sliced(axis, ends):
    shape = {"f": (2, 37), "l": (2, 5, 11), "d": (2, 3, 4, 5, 7)}.get(axis, IMAGE)
    return Slice(axis, *ends), shape


# fmt: off
CASES = [
    *Sweep("reshape", reshaped, {"to": RESHAPED, "behind": [None, "linear"]}),
    Case("reshape/folded",         Sequential(Flatten(), Reshape((15, 2, 7)), Conv2D(15, 4, 2)), IMAGE),
    Case("reshape/folded-back",    Sequential(Flatten(), Reshape(IMAGE[1:]), Conv2D(6, 4, 3)),   IMAGE),
    Case("reshape/folded-tokens",  Sequential(Flatten(), Reshape((6, 35)), Conv1D(6, 4, 3)),     IMAGE),
    Case("reshape/pooled",         Sequential(MaxPool2D(2), Reshape((18, -1)), Conv1D(18, 4, 1)), IMAGE),
    Case("reshape/other-batches",  Sequential(Reshape((14, 15)), Conv1D(14, 4, 3)),              IMAGE, batches=(1, 5)),

    *Sweep("permute", permuted,
           {"dims": [(2, 1), (1, 3, 2), (2, 1, 3), (2, 3, 1), (3, 1, 2), (3, 2, 1), (2, 1, 4, 3), (4, 3, 2, 1)],
            "behind": [None, "linear"]}),
    Case("permute/to-tokens",      Sequential(Reshape((6, -1)), Permute((2, 1)), Conv1D(35, 4, 3)), IMAGE),

    *Sweep("slice", sliced,
           {"axis": ["c", "h", "w", "l", "d", "f"], "ends": {"middle": (1, 3), "rest": (2,), "odd": (1, None, 2)}}),
    Case("slice/halves-of-channels", Sequential(Slice("c", 3), Conv2D(3, 4, 3)), IMAGE),

    *Sweep("roll", lambda shifts: (Roll(shifts), {1: (2, 5, 11), 2: IMAGE, 3: VOLUME}[len(shifts)]),
           {"shifts": {"right-down": (1, 2), "left-up": (-2, -3), "rows-only": (2, 0), "columns-only": (0, -1), "whole-round": (5, 7), "beyond": (6, -9),
                       "signal": (3,), "volume": (1, -2, 3)}}),
    Case("roll/there-and-back",     Sequential(Roll((-2, -3)), Conv2D(6, 6, 3, padding=1), Roll((2, 3))), IMAGE),

    *Sweep("windowpartition", lambda window: (WindowPartition(window), (2, 5, 6, 12)),
           {"window": [3, 2, 1, (2, 3), (6, 4), (6, 12)]}),
    *Sweep("windowreverse", lambda window: (WindowReverse(window, (6, 12)), output_shape(WindowPartition(window), (2, 5, 6, 12))),
           {"window": [3, 2, (1, 3), (2, 3), (6, 4)]}),
    Case("windowpartition/there-and-back", Sequential(WindowPartition((2, 3)), Conv2D(5, 5, 1), WindowReverse((2, 3), (6, 12))), (2, 5, 6, 12)),
]
# fmt: on
