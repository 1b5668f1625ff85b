"""Layers that move values without changing them: Flatten, Concatenate, and Dropout at inference."""

from __future__ import annotations

from collections.abc import Sequence
from math import prod
from typing import Any, ClassVar

import numpy as np

from parity.axes import F64, Array, Shape, Tensor
from parity.layers.base import Layer, is_number, layer, require


@layer
class Flatten(Layer):
    """``N C H W`` to ``N F`` in the canonical order C, H, W (a channels-last framework folds H, W, C)."""

    kind: ClassVar[str] = "flatten"

    def output_shape(self, *shapes: Shape) -> Shape:
        (shape,) = shapes
        return (shape[0], prod(shape[1:]))

    def output(self, *inputs: Tensor) -> Tensor:
        (x,) = inputs
        folded = (x.shape[1], x.shape[2], x.shape[3]) if len(x.shape) == 4 else x.folded
        return Tensor(self.output_shape(x.shape), folded)

    def reference(self, x: Array) -> F64:
        return np.asarray(x, np.float64).reshape(x.shape[0], -1)

    def push(self, y: F64, inputs: Sequence[F64], errors: Sequence[F64], **parameters: Array) -> F64:
        return self.reference(errors[0])

    def to_torch(self, torch: Any, x: Tensor) -> Any:
        return torch.nn.Flatten()

    def to_keras(self, keras: Any, x: Tensor) -> Any:
        return keras.layers.Flatten()


@layer
class Dropout(Layer):
    """Dropout at inference: the identity, whatever ``rate`` is."""

    kind: ClassVar[str] = "dropout"

    rate: float = 0.5

    def check(self) -> None:
        require(self, "rate", is_number(self.rate) and 0 <= self.rate < 1, "must be from 0.0 up to but not 1.0")

    def reference(self, x: Array) -> F64:
        return np.asarray(x, np.float64)

    def to_torch(self, torch: Any, x: Tensor) -> Any:
        return torch.nn.Dropout(self.rate)

    def to_keras(self, keras: Any, x: Tensor) -> Any:
        return keras.layers.Dropout(self.rate)


@layer
class Concatenate(Layer):
    """Several images joined along the channels."""

    kind: ClassVar[str] = "concatenate"
    takes: ClassVar[int | None] = None

    def output_shape(self, *shapes: Shape) -> Shape:
        first = shapes[0]
        agree = len(first) == 4 and all(len(s) == 4 and (s[0], s[2:]) == (first[0], first[2:]) for s in shapes)
        if not agree:
            raise ValueError(f"Concatenate: inputs {list(shapes)} must be images that agree in N, H and W")
        return (first[0], sum(s[1] for s in shapes), *first[2:])

    def reference(self, *inputs: Array) -> F64:
        return np.concatenate([np.asarray(x, np.float64) for x in inputs], axis=1)

    def push(self, y: F64, inputs: Sequence[F64], errors: Sequence[F64], **parameters: Array) -> F64:
        return np.concatenate(list(errors), axis=1)

    def to_torch(self, torch: Any, x: Tensor) -> Any:
        return lambda *values: torch.cat(values, dim=1)

    def to_keras(self, keras: Any, x: Tensor) -> Any:
        join = keras.layers.Concatenate(axis=-1)
        return lambda *values: join(list(values))
