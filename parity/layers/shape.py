"""Layers that move values without changing them: Flatten, and Dropout, which sets some to 0 in training."""

from __future__ import annotations

from typing import Any, ClassVar

from parity.axes import Tensor
from parity.layers.base import Chance, Layer, is_number, layer, require, setting

FLATTENED = "torch.nn.Flatten keeps the first axis, which of a sample alone is its channels"


@layer
class Flatten(Layer):
    """``N C H W`` to ``N F`` in the canonical order C, H, W (a channels-last framework folds H, W, C)."""

    kind: ClassVar[str] = "flatten"

    def to_onnx(self, op: Any, x: Any) -> Any:
        return op.Flatten(x, axis=1)

    def to_torch(self, torch: Any, x: Tensor) -> Any:
        return torch.nn.Flatten()

    def needs_batch(self, x: Tensor) -> str:
        return FLATTENED

    def to_keras(self, keras: Any, x: Tensor) -> Any:
        return keras.layers.Flatten()


@layer
class Dropout(Layer):
    """At inference the identity, whatever ``rate`` is; in training each element is 0 with probability ``rate``.

    Every element is drawn by itself and anew at each call; what is kept is divided by ``1 - rate``.
    """

    kind: ClassVar[str] = "dropout"

    rate: float = 0.5

    def check(self) -> None:
        require(self, "rate", is_number(self.rate) and 0 <= self.rate < 1, "must be from 0.0 up to but not 1.0")

    def chance(self) -> Chance | None:
        return Chance("drop", self.rate) if self.rate else None

    def to_onnx(self, op: Any, x: Any) -> Any:
        if not (op.training and self.rate):
            return op.Identity(x)
        return op.Div(x, op.Sub(op.constant(1.0), setting(op, self.rate)))

    def to_torch(self, torch: Any, x: Tensor) -> Any:
        return torch.nn.Dropout(self.rate)

    def to_keras(self, keras: Any, x: Tensor) -> Any:
        return keras.layers.Dropout(self.rate)
