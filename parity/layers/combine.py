"""Layers that combine several inputs: element by element, or side by side."""

from __future__ import annotations

from typing import Any, ClassVar

from parity.axes import Tensor
from parity.layers.base import Layer, layer


@layer
class Add(Layer):
    """The sum of two or more inputs of one shape. Nothing broadcasts."""

    kind: ClassVar[str] = "add"
    takes: ClassVar[int | None] = None

    def fits(self, *inputs: Tensor) -> None:
        if len({x.shape for x in inputs}) != 1:
            raise ValueError(f"Add: inputs {[x.shape for x in inputs]} must have one shape")
        if len({x.folded for x in inputs}) != 1:
            # A channels-last framework folds H, W, C: it would add other pairs of numbers than a channels-first one.
            raise ValueError(f"Add: inputs were folded from {[x.folded for x in inputs]}; they must be folded alike")

    def to_onnx(self, op: Any, *inputs: Any) -> Any:
        return op.Add(*inputs) if len(inputs) == 2 else op.Sum(*inputs)

    def to_torch(self, torch: Any, x: Tensor) -> Any:
        return lambda first, *rest: sum(rest, start=first)

    def to_keras(self, keras: Any, x: Tensor) -> Any:
        join = keras.layers.Add()
        return lambda *values: join(list(values))


@layer
class Concatenate(Layer):
    """Several images joined along the channels."""

    kind: ClassVar[str] = "concatenate"
    takes: ClassVar[int | None] = None

    def fits(self, *inputs: Tensor) -> None:
        shapes = [x.shape for x in inputs]
        if not all(len(s) == 4 and (s[0], s[2:]) == (shapes[0][0], shapes[0][2:]) for s in shapes):
            raise ValueError(f"Concatenate: inputs {shapes} must be images that agree in N, H and W")

    def to_onnx(self, op: Any, *inputs: Any) -> Any:
        return op.Concat(*inputs, axis=1)

    def to_torch(self, torch: Any, x: Tensor) -> Any:
        return lambda *values: torch.cat(values, dim=1)

    def to_keras(self, keras: Any, x: Tensor) -> Any:
        join = keras.layers.Concatenate(axis=-1)
        return lambda *values: join(list(values))
