"""Whole numbers through the layers that take them by their frameworks' documentation: nothing is rounded, and int32 stays int32.

Beside small numbers there are such as float32 does not hold, which shows a way through floats.
"""

from parity.cases import Graph, Network, Sweep
from parity.layers import (
    Add,
    ArgMax,
    ArgMin,
    ChannelShuffle,
    Concatenate,
    Cropping2D,
    CumSum,
    Dropout,
    Flatten,
    GlobalMaxPool2D,
    Layer,
    Max,
    Maximum,
    MaxPool2D,
    Min,
    Minimum,
    Multiply,
    Pad2D,
    Permute,
    PixelShuffle,
    ReLU,
    Reshape,
    Roll,
    Slice,
    Subtract,
    Sum,
    Upsample,
    WindowPartition,
)

IMAGE = (2, 4, 6, 11)
DTYPES = {"int32": "int32", "int64": "int64"}


def drawn(bits: int) -> dict[str, dict[str, int | str]]:
    """What may be drawn: small numbers, or ones of so many bits."""
    return {"dtype": DTYPES, "least": {"least-50": -50, "low": -(2**bits)}, "below": {"below51": 51, "high": 2**bits}}


#: What moves numbers or chooses among them.
MOVES = {
    "relu": ReLU(),
    "maxpool2d": MaxPool2D(3, stride=2, padding=1),
    "globalmaxpool2d": GlobalMaxPool2D(),
    "flatten": Flatten(),
    "pad2d": Pad2D(((1, 2), (0, 3))),
    "pad2d-by-7": Pad2D(1, value=7.0),
    "pad2d-reflect": Pad2D(((1, 2), (0, 3)), mode="reflect"),
    "pad2d-replicate": Pad2D(((1, 2), (0, 3)), mode="replicate"),
    "pad2d-circular": Pad2D(((1, 2), (0, 3)), mode="circular"),
    "cropping2d": Cropping2D(((1, 0), (2, 1))),
    "permute": Permute((2, 3, 1)),
    "reshape": Reshape((12, 22)),
    "slice": Slice("c", 1, 3),
    "roll": Roll((1, -2)),
    "channelshuffle": ChannelShuffle(2),
    "pixelshuffle": PixelShuffle(2),
    "upsample-nearest": Upsample(scale_factor=2.0),
    "dropout": Dropout(),
    "max": Max("hw"),
    "min": Min("c", keepdims=True),
    "argmax": ArgMax("c"),
    "argmin": ArgMin("h"),
}
ADDED = {"sum": Sum("hw"), "sum-channels": Sum("c", keepdims=True), "cumsum": CumSum("c")}
JOINED = {
    "maximum": Maximum(),
    "minimum": Minimum(),
    "add": Add(),
    "subtract": Subtract(),
    "concatenate": Concatenate(),
}


def joined(layer: Layer) -> Network:
    """The layer between an image and itself moved on, so that what it joins differs."""
    return Graph(moved=(Roll((2, 3)), "input"), joined=(layer, "input", "moved"))


# What is added or multiplied is so small that it stays an int32, and still past what float32 holds.
CASES = [
    *Sweep("whole_numbers", lambda layer: (layer, IMAGE), {"layer": MOVES, **drawn(29)}),
    *Sweep("whole_numbers/windows", lambda: (WindowPartition((3, 11)), IMAGE), drawn(29)),
    *Sweep("whole_numbers/added", lambda layer: (layer, IMAGE), {"layer": ADDED, **drawn(23)}),
    *Sweep("whole_numbers/joined", lambda layer: (joined(layer), IMAGE), {"layer": JOINED, **drawn(29)}),
    *Sweep("whole_numbers/multiplied", lambda dtype: (joined(Multiply()), IMAGE), drawn(15)),
]
