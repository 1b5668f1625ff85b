"""Layers that combine several inputs: element by element, or side by side."""

from __future__ import annotations

from functools import reduce
from typing import Any, ClassVar

from parity.axes import Tensor
from parity.layers.base import Layer, layer


class Merge(Layer):
    """What combines two or more inputs element by element, in their order.

    An axis of size 1 is repeated to the size that it has in another input, as all three spellings do by themselves: a gate
    ``N C 1 1`` meets every place of an image, one of ``N 1 H W`` every channel.
    """

    takes: ClassVar[int | None] = None

    def to_keras(self, keras: Any, x: Tensor) -> Any:
        join = getattr(keras.layers, self.kind.title())()  # Keras has a layer of each name
        return lambda *values: join(list(values))

    def fits(self, *inputs: Tensor) -> None:
        name, shapes = type(self).__name__, [x.shape for x in inputs]
        alike = len({len(shape) for shape in shapes}) == 1 and all(
            len(set(sizes) - {1}) <= 1 for sizes in zip(*shapes, strict=True)
        )
        if not alike or len({shape[0] for shape in shapes}) != 1:
            raise ValueError(f"{name}: inputs {shapes} must have one shape, or sizes of 1 where they differ")
        folded = {x.folded for x in inputs}
        if folded != {None} and (len(folded) > 1 or len(set(shapes)) > 1):
            # A channels-last framework folds H, W, C: it would pair other numbers than a channels-first one.
            raise ValueError(f"{name}: inputs were folded from {[x.folded for x in inputs]}; they must be folded alike")


@layer
class Add(Merge):
    """The sum of two or more inputs."""

    kind: ClassVar[str] = "add"

    def to_onnx(self, op: Any, *inputs: Any) -> Any:
        return op.Add(*inputs) if len(inputs) == 2 else op.Sum(*inputs)

    def to_torch(self, torch: Any, x: Tensor) -> Any:
        return lambda first, *rest: sum(rest, start=first)


@layer
class Subtract(Merge):
    """The first of two inputs less the second."""

    kind: ClassVar[str] = "subtract"
    takes: ClassVar[int | None] = 2

    def to_onnx(self, op: Any, *inputs: Any) -> Any:
        return op.Sub(*inputs)

    def to_torch(self, torch: Any, x: Tensor) -> Any:
        return torch.sub


@layer
class Multiply(Merge):
    """The product of two or more inputs."""

    kind: ClassVar[str] = "multiply"

    def to_onnx(self, op: Any, *inputs: Any) -> Any:
        return reduce(op.Mul, inputs)

    def to_torch(self, torch: Any, x: Tensor) -> Any:
        return lambda *values: reduce(torch.mul, values)


@layer
class Maximum(Merge):
    """The largest of two or more inputs at each place: exact."""

    kind: ClassVar[str] = "maximum"

    def to_onnx(self, op: Any, *inputs: Any) -> Any:
        return op.Max(*inputs)

    def to_torch(self, torch: Any, x: Tensor) -> Any:
        return lambda *values: reduce(torch.maximum, values)


@layer
class Minimum(Merge):
    """The smallest of two or more inputs at each place: exact."""

    kind: ClassVar[str] = "minimum"

    def to_onnx(self, op: Any, *inputs: Any) -> Any:
        return op.Min(*inputs)

    def to_torch(self, torch: Any, x: Tensor) -> Any:
        return lambda *values: reduce(torch.minimum, values)


@layer
class Average(Merge):
    """The sum of two or more inputs, divided by how many they are. torch has no such layer."""

    kind: ClassVar[str] = "average"

    def to_onnx(self, op: Any, *inputs: Any) -> Any:
        return op.Mean(*inputs)

    def to_torch(self, torch: Any, x: Tensor) -> Any:
        return lambda *values: sum(values[1:], start=values[0]) / len(values)


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
