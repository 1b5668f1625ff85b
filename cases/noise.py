"""What draws at random in training: dropped channels, dropout for SELU and noise, by their statistics; the identity else."""

import dataclasses
from collections.abc import Callable, Iterator
from typing import Any

from parity.axes import Shape
from parity.cases import Case, Sequential, Sweep
from parity.layers import AlphaDropout, ChannelDropout, Conv2D, GaussianDropout, GaussianNoise, Layer

Shapes = dict[str, Shape]

SHAPES: Shapes = {
    "image": (4, 5, 11, 14), "one": (1, 5, 11, 14), "signal": (2, 5, 37), "volume": (2, 3, 5, 7, 6), "features": (2, 37),
}  # fmt: skip
WITH_CHANNELS = {word: shape for word, shape in SHAPES.items() if word != "features"}
VALUES: dict[str, Any] = {"scale": [1.0, 1e-3, 1e3, 1e6], "mean": [0.0, 100.0]}

#: Enough elements, and of channels enough of those, for a wrong rate to show.
MANY: Shapes = {"image": (4, 8, 31, 32), "signal": (5, 40, 203), "volume": (4, 6, 9, 10, 11), "features": (8, 1000)}
MANY_CHANNELS: Shapes = {"image": (16, 200, 3, 4), "signal": (20, 300, 7), "volume": (16, 200, 2, 3, 4)}


def family(made: Callable[[float], Layer], amounts: list[float], shapes: Shapes, many: Shapes) -> Iterator[Case]:
    """A layer at inference on all scales, then in training on many elements, and where it is told to draw nothing."""
    kind, axis = made(amounts[0]).kind, dataclasses.fields(made(amounts[0]))[0].name  # type: ignore[arg-type]
    yield from Sweep(
        kind,
        lambda amount, shape: (made(amount), shape),
        {"amount": {f"{axis}{amount:g}": amount for amount in amounts[:2]}, "shape": shapes, **VALUES},
    )
    drawn = [(amount, "image") for amount in (*amounts, 0.0)] + [(amounts[0], word) for word in many if word != "image"]
    for amount, word in drawn:
        yield Case(
            f"{kind}/training-{axis}{amount:g}-{word}",
            made(amount),
            many[word],
            mode="training",
            quick=amount in (amounts[0], 0.0) and word == "image",
        )


CASES = [
    *family(ChannelDropout, [0.5, 0.1, 0.9], WITH_CHANNELS, MANY_CHANNELS),
    *family(AlphaDropout, [0.5, 0.1, 0.9], SHAPES, MANY),
    *family(GaussianNoise, [0.1, 1.0, 0.01], SHAPES, MANY),
    *family(GaussianDropout, [0.5, 0.1, 0.9], SHAPES, MANY),
    Case("alphadropout/channels", AlphaDropout(0.2, channels=True), (4, 5, 11, 14)),
    Case("alphadropout/training-channels", AlphaDropout(0.2, channels=True), (16, 200, 3, 4), mode="training", quick=False),
    Case("channeldropout/training-scale1e6", ChannelDropout(0.2), (16, 200, 3, 4), scale=1e6, mode="training"),
    Case("gaussiandropout/training-scale1e6", GaussianDropout(0.2), (4, 8, 31, 32), scale=1e6, mode="training"),
    Case("gaussiannoise/training-scale1e-3", GaussianNoise(0.2), (4, 8, 31, 32), scale=1e-3, mode="training"),
    Case("channeldropout/behind-conv", Sequential(Conv2D(3, 5, 3, padding=1), ChannelDropout()), (2, 3, 11, 14)),
]  # fmt: skip
