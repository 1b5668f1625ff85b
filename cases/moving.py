"""Layers that give the same numbers in another order or shape, swept; in front of a convolution, where the order decides the numbers, too."""

from math import prod

from parity.cases import Case, KnownDivergence, Sequential, Sweep, output_shape
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

#: What every family is asked at: the scale and mean of the input, and one sample by itself.
INPUTS = {"scale": [1.0, 1e-3, 1e3, 1e6], "mean": [0.0, 100.0], "batch": [2, 1]}
FEATURES, SIGNAL, IMAGE, VOLUME = (60,), (12, 5), (6, 5, 7), (3, 4, 5, 7)
PICTURE = (2, *IMAGE)


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


def reshaped(to, behind, batch):
    source, target = to
    layer, shape = Reshape(target), (batch, *source)
    return (before_linear(layer, shape) if behind == "linear" else layer), shape


def permuted(dims, behind, batch):
    layer, shape = Permute(dims), (batch, *{2: SIGNAL, 3: IMAGE, 4: VOLUME}[len(dims)])
    return (before_linear(layer, shape) if behind == "linear" else layer), shape


def sliced(axis, ends, batch):
    return Slice(axis, *ends), (batch, *{"f": (37,), "l": (5, 11), "d": (6, 4, 5, 7)}.get(axis, (6, 7, 9)))


def rolled(shifts, batch):
    return Roll(shifts), (batch, *{1: (5, 11), 2: IMAGE, 3: VOLUME}[len(shifts)])


def partitioned(window, batch):
    return WindowPartition(window), (batch, 5, 6, 12)


def reversed_windows(window, size, batch):
    layer = WindowReverse(window, size)
    return layer, output_shape(WindowPartition(window), (batch, 5, *size))


# fmt: off
CASES = [
    *Sweep("reshape", reshaped, {"to": RESHAPED, "behind": [None, "linear"], **INPUTS}),
    Case("reshape/folded",         Sequential(Flatten(), Reshape((15, 2, 7)), Conv2D(15, 4, 2)),  PICTURE),
    Case("reshape/folded-back",    Sequential(Flatten(), Reshape(IMAGE), Conv2D(6, 4, 3)),        PICTURE),
    Case("reshape/folded-tokens",  Sequential(Flatten(), Reshape((6, 35)), Conv1D(6, 4, 3)),      PICTURE, quick=False),
    Case("reshape/pooled",         Sequential(MaxPool2D(2), Reshape((18, -1)), Conv1D(18, 4, 1)), PICTURE),
    Case("reshape/other-batches",  Sequential(Reshape((14, 15)), Conv1D(14, 4, 3)),               PICTURE, batches=(1, 5)),

    *Sweep("permute", permuted,
           {"dims": [(2, 1), (1, 3, 2), (2, 1, 3), (2, 3, 1), (3, 1, 2), (3, 2, 1), (2, 1, 4, 3), (4, 3, 2, 1)],
            "behind": [None, "linear"], **INPUTS}),
    Case("permute/to-tokens",      Sequential(Reshape((6, -1)), Permute((2, 1)), Conv1D(35, 4, 3)), PICTURE),

    *Sweep("slice", sliced,
           {"axis": ["c", "h", "w", "l", "d", "f"], "ends": {"middle": (1, 4), "rest": (2,), "odd": (1, None, 2)}, **INPUTS}),
    Case("slice/halves-of-channels", Sequential(Slice("c", 3), Conv2D(3, 4, 3)), PICTURE),

    *Sweep("roll", rolled,
           {"shifts": {"right-down": (1, 2), "left-up": (-2, -3), "rows-only": (2, 0), "columns-only": (0, -1), "whole-round": (5, 7),
                       "beyond": (6, -9), "signal": (3,), "volume": (1, -2, 3)}, **INPUTS}),
    Case("roll/there-and-back",     Sequential(Roll((-2, -3)), Conv2D(6, 6, 3, padding=1), Roll((2, 3))), PICTURE),
    Case("roll/other-batches",      Roll((1, 2)), PICTURE, batches=(1, 5)),

    *Sweep("windowpartition", partitioned, {"window": [3, 2, 1, (2, 3), (6, 4), (6, 12)], **INPUTS}),
    *Sweep("windowreverse", reversed_windows,
           {"window": [3, 2, (1, 3), (2, 3), (6, 4)], "size": [(6, 12), (12, 24)], **INPUTS}),
    Case("windowpartition/there-and-back", Sequential(WindowPartition((2, 3)), Conv2D(5, 5, 1), WindowReverse((2, 3), (6, 12))), (2, 5, 6, 12)),
]
# fmt: on

KNOWN = [
    KnownDivergence(
        cases=("roll/beyond", "roll/beyond-*"),
        routes="torchscript>*",
        kind="value",
        script="torchscript_roll.py",
        reason="torch's TorchScript exporter writes a roll by more than the axis is long as slices of nothing",
        evidence=(
            "torch.roll(x, 6, 1) of five places is exported as two slices of which one is empty and the other everything: 0 1 2 3 4 by the file of "
            "torch 2.13.0, where torch gives 4 0 1 2 3. docs/divergences/torchscript_roll.py"
        ),
        versions={"torch": "<=2.14.1"},
    ),
    KnownDivergence(
        cases=("roll/signal", "roll/signal-*"),
        routes="tensorflow>*",
        kind="error",
        script="tf2onnx_roll.py",
        reason="tf2onnx writes a roll with one shift in a list as a Slice whose ends have two axes",
        evidence=(
            "tf.roll(x, [2], [1]) by tf2onnx 1.17.0: ONNX Runtime says 'Ends must be a 1-D array', and onnx's reference evaluator does not take the types; with "
            "shift=2 and axis=1, which are no lists, or with two of each, the file is right. docs/divergences/tf2onnx_roll.py"
        ),
        versions={"tf2onnx": "<=1.17.0"},
    ),
]
