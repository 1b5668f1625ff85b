"""Windows side by side, and put together again: strides that leave gaps, dilation, padding, overlap."""

from math import prod

from parity.axes import Shape
from parity.cases import Case, Sequential, Sweep
from parity.layers import Conv1D, Fold, Unfold

IMAGES: dict[str, Shape] = {"image": (2, 3, 8, 13), "one": (1, 3, 8, 13), "c1": (2, 1, 9, 14)}


def folded(kernel: int, dilation: int, padding: int, stride: int, shape: Shape) -> tuple[Fold, Shape]:
    """A Fold to an image, and the shape of the columns that make it."""
    fold = Fold(shape[2:], kernel, dilation, padding, stride)
    n, c = shape[:2]
    taps = prod((kernel, kernel) if isinstance(kernel, int) else kernel)
    return fold, (n, c * taps, prod(fold._count(shape[2:])))


GEOMETRY = {"kernel": [3, 2, (2, 3)], "dilation": [1, 2], "padding": [0, 1], "stride": [1, 2, (2, 1)]}
VALUES = {"scale": [1.0, 1e-3, 1e3, 1e6], "mean": [0.0, 100.0]}

CASES = [
    *Sweep(
        "unfold",
        lambda kernel, dilation, padding, stride, shape: (Unfold(kernel, dilation, padding, stride), shape),
        {**GEOMETRY, "shape": IMAGES, **VALUES},
    ),
    *Sweep("fold", folded, {**GEOMETRY, "shape": IMAGES, **VALUES}),
    Case(
        "fold/patches-mixed",
        Sequential(Unfold(2, stride=2), Conv1D(12, 12, 1), Fold((8, 10), 2, stride=2)),
        (2, 3, 8, 10),
    ),
    Case(
        "fold/overlap-mixed",
        Sequential(Unfold(3, padding=1), Conv1D(27, 27, 1), Fold((8, 10), 3, padding=1)),
        (2, 3, 8, 10),
    ),
]
