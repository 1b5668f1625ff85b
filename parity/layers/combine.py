"""Layers that combine several inputs element by element."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any, ClassVar

import numpy as np

from parity.axes import F64, Array, Shape, Tensor
from parity.bounds import Rounding, combine
from parity.layers.base import Error, Layer, layer


@layer
class Add(Layer):
    """The sum of two or more inputs of one shape. Nothing broadcasts."""

    kind: ClassVar[str] = "add"
    takes: ClassVar[int | None] = None

    def output_shape(self, *shapes: Shape) -> Shape:
        if len(set(shapes)) != 1:
            raise ValueError(f"Add: inputs {list(shapes)} must have one shape")
        return shapes[0]

    def output(self, *inputs: Tensor) -> Tensor:
        if len({x.folded for x in inputs}) != 1:
            # A channels-last framework folds H, W, C: it would add other pairs of numbers than a channels-first one.
            raise ValueError(f"Add: inputs were folded from {[x.folded for x in inputs]}; they must be folded alike")
        return super().output(*inputs)

    def reference(self, *inputs: Array) -> F64:
        return np.asarray(np.sum(inputs, axis=0, dtype=np.float64))

    def error(self, rounding: Rounding, y: F64, *inputs: Array) -> Error:
        # Two inputs round once, into storage. Each further one rounds a running sum in some order.
        more = rounding.accumulate * max(len(inputs) - 2, 0)
        return Error(more * np.sum([np.abs(x) for x in inputs], axis=0), rounding.storage * np.abs(y))

    def push(self, y: F64, inputs: Sequence[F64], errors: Sequence[F64], **parameters: Array) -> F64:
        return combine(*errors)

    def to_torch(self, torch: Any, x: Tensor) -> Any:
        return lambda first, *rest: sum(rest, start=first)

    def to_keras(self, keras: Any, x: Tensor) -> Any:
        join = keras.layers.Add()
        return lambda *values: join(list(values))
