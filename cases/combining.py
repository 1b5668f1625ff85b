"""Two and three inputs combined element by element: of one shape, and one that is repeated over places, channels or features."""

from collections.abc import Iterator

from parity.axes import Shape
from parity.cases import Case, Graph, Network, Sweep
from parity.layers import (
    Average,
    Conv2D,
    Layer,
    LeakyReLU,
    Linear,
    Maximum,
    Mean,
    Minimum,
    Multiply,
    Sigmoid,
    Subtract,
)

#: What the input is combined with: as large as itself, or one number for each channel, place or row of features.
OTHERS: dict[str, tuple[Layer, Shape]] = {
    "image": (Conv2D(5, 5, 1), (5, 7, 11)),
    "channels": (Mean("hw", keepdims=True), (5, 7, 11)),
    "places": (Mean("c", keepdims=True), (5, 7, 11)),
    "features": (Linear(37, 37), (37,)),
    "rows": (Mean("f", keepdims=True), (37,)),
}


def two(layer: Layer, other: Layer, swapped: bool) -> Network:
    return Graph(
        other=(other, "input"),
        both=(layer, "other", "input") if swapped else (layer, "input", "other"),
    )


def three(layer: Layer) -> Network:
    return Graph(
        gate=(Sigmoid(), "input"),
        leaky=(LeakyReLU(negative_slope=0.3), "input"),
        all=(layer, "leaky", "input", "gate"),
    )


def cases(layer: Layer) -> Iterator[Case]:
    """The sweep of two inputs; of a layer that takes more, of three too."""
    yield from Sweep(
        layer.kind,
        lambda other, swapped, batch: (two(layer, other[0], swapped), (batch, *other[1])),
        {
            "other": OTHERS,
            "swapped": [False, True],
            "batch": [2, 1],
            "scale": [1.0, 1e-3, 1e3, 1e6],
            "mean": [0.0, 100.0],
        },
        unless=[
            lambda other, swapped: swapped and other in (OTHERS["places"], OTHERS["rows"]),
            lambda other, batch: batch == 1 and other != OTHERS["image"],
            lambda swapped, batch: swapped and batch == 1,
        ],
    )
    if layer.takes is None:
        yield Case(f"{layer.kind}/three", three(layer), (2, 5, 7, 11))
        yield Case(f"{layer.kind}/three-mean100", three(layer), (2, 5, 7, 11), mean=100.0)


CASES = [
    *cases(Subtract()),
    *cases(Multiply()),
    *cases(Maximum()),
    *cases(Minimum()),
    *cases(Average()),
]
