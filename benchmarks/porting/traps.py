"""The ten defaults that differ most: the first screen of the guide."""

from __future__ import annotations

from benchmarks.porting.model import Trap

TRAPS = (
    Trap("Epsilon of a normalisation", "1e-5", "1e-3", "1e-5", "batch norm"),
    Trap("Momentum of BatchNorm", "0.1, of the new", "0.99, of the old", "0.9, of the old", "batch norm after a step"),
    Trap("Flatten an image", "C H W", "H W C", "C H W", "flatten"),
    Trap(
        "Stride 2, even image",
        "`padding=1`: both sides",
        '`"same"`: bottom, right',
        "`SAME_UPPER` as Keras",
        "conv2d stride 2, padding 1",
    ),
    Trap("Last axis, -1", "width", "channels", "width", "softmax, -1 in both"),
    Trap("Slope of LeakyReLU", "0.01", "0.3 (function: 0.2)", "0.01", "leaky relu"),
    Trap("Average of padding", "counted", "not counted", "not counted", "average pool, padded"),
    Trap("Max pool, padded", "minus infinity", "`ZeroPadding2D`: 0", "minus infinity", "max pool, padded with zeros"),
    Trap(
        "Transposed, twice the size",
        "cuts the first row",
        '`"same"` cuts the last',
        "`pads` as torch",
        "transposed, twice the size",
    ),
    Trap("Nearest resize", "floor(i / scale)", "centre", "centre, the lower", "nearest to a size"),
)
