"""Along one axis: running sums, and how near two inputs are."""

from __future__ import annotations

from math import inf
from typing import Any, ClassVar

from parity.axes import Tensor
from parity.layers.base import Layer, is_number, layer, require, setting
from parity.layers.reduction import AXES, KERAS_AXES, kept


class Along(Layer):
    """What works along one axis: ``c``, ``h`` or ``w`` of an image, ``f`` of features."""

    axis: str

    def check(self) -> None:
        good = self.axis in ("c", "h", "w", "f")
        require(self, "axis", good, "must be one of the axes c, h and w of an image, or f of features")

    def fits(self, *inputs: Tensor) -> None:
        x = inputs[0]
        require(self, "axis", self.axis in x.axes, f"does not fit an input of axes {' '.join(x.axes)}")
        alike = all((other.shape, other.folded) == (x.shape, x.folded) for other in inputs)
        require(self, "axis", alike, f"needs inputs of one shape, got {[other.shape for other in inputs]}")


@layer
class CumSum(Along):
    """Every sum of the first elements along ``axis``; exclusive: of those before it; reverse: of the last ones.

    An operator of ONNX with both; torch and Keras have the plain sum, the rest is spelled by turning round and taking off.
    """

    kind: ClassVar[str] = "cumsum"

    axis: str
    exclusive: bool = False
    reverse: bool = False

    def check(self) -> None:
        super().check()
        for name in ("exclusive", "reverse"):
            require(self, name, isinstance(getattr(self, name), bool), "must be True or False")

    def fits(self, *inputs: Tensor) -> None:
        super().fits(*inputs)
        # A channels-last framework folds H, W, C: it would add in another order than a channels-first one.
        require(self, "axis", inputs[0].folded is None, "does not fit an image that was folded into features")

    def to_onnx(self, op: Any, x: Any) -> Any:
        return op.CumSum(x, op.constant(AXES[self.axis]), exclusive=int(self.exclusive), reverse=int(self.reverse))

    def to_torch(self, torch: Any, x: Tensor) -> Any:
        dim = AXES[self.axis]

        def run(v: Any) -> Any:
            if not self.exclusive:
                return torch.cumsum(v, dim, **kept(torch, x))
            before = v.narrow(dim, 0, v.shape[dim] - 1)
            return torch.cumsum(torch.cat([torch.zeros_like(v.narrow(dim, 0, 1)), before], dim), dim, **kept(torch, x))

        return (lambda v: run(v.flip(dim)).flip(dim)) if self.reverse else run

    def to_keras(self, keras: Any, x: Tensor) -> Any:
        ops, axis = keras.ops, KERAS_AXES[self.axis]

        def first(n: int | None, last: int | None = None) -> tuple[slice, ...]:
            return (*(slice(None),) * axis, slice(n, last))

        def run(v: Any) -> Any:
            if not self.exclusive:
                return ops.cumsum(v, axis)
            return ops.cumsum(ops.concatenate([ops.zeros_like(v[first(0, 1)]), v[first(0, -1)]], axis), axis)

        return (lambda v: ops.flip(run(ops.flip(v, axis)), axis)) if self.reverse else run


@layer
class CosineSimilarity(Along):
    """``sum(a b) / (max(|a|, eps) max(|b|, eps))`` along ``axis``, which stays with size 1; a and b are two inputs of one shape.

    torch's layer leaves the axis out. Keras has a loss of that name, the negative of it; it is composed.
    """

    kind: ClassVar[str] = "cosinesimilarity"
    takes: ClassVar[int | None] = 2

    axis: str
    eps: float = 1e-8

    def check(self) -> None:
        super().check()
        require(self, "eps", is_number(self.eps) and self.eps > 0, "must be a number above 0")

    def to_onnx(self, op: Any, a: Any, b: Any) -> Any:
        along, eps = op.constant([AXES[self.axis]]), setting(op, self.eps)
        unit = [op.Div(v, op.Max(op.ReduceL2(v, along, keepdims=1), eps)) for v in (a, b)]
        return op.ReduceSum(op.Mul(*unit), along, keepdims=1)

    def to_torch(self, torch: Any, x: Tensor) -> Any:
        near = torch.nn.CosineSimilarity(AXES[self.axis], self.eps)
        return lambda a, b: near(a, b).unsqueeze(AXES[self.axis])

    def to_keras(self, keras: Any, x: Tensor) -> Any:
        ops, axis = keras.ops, KERAS_AXES[self.axis]

        def unit(v: Any) -> Any:
            return v / ops.maximum(ops.sqrt(ops.sum(v * v, axis=axis, keepdims=True)), self.eps)

        return lambda a, b: ops.sum(unit(a) * unit(b), axis=axis, keepdims=True)


@layer
class PairwiseDistance(Along):
    """``norm(a - b + eps)`` of order ``p`` along ``axis``, which stays with size 1; a and b are two inputs of one shape.

    torch's layer has the last axis alone, with keepdim; eps is added to every difference, whatever its sign. Keras has none.
    """

    kind: ClassVar[str] = "pairwisedistance"
    takes: ClassVar[int | None] = 2

    axis: str
    p: float = 2.0
    eps: float = 1e-6

    def check(self) -> None:
        super().check()
        require(self, "axis", self.axis in ("w", "f"), "must be w of an image or f of features, the last one")
        require(
            self, "p", self.p == inf or (is_number(self.p) and self.p >= 1), "must be a number of at least 1, or inf"
        )
        require(self, "eps", is_number(self.eps) and self.eps >= 0, "must be a number of at least 0")

    def to_onnx(self, op: Any, a: Any, b: Any) -> Any:
        along, apart = op.constant([AXES[self.axis]]), op.Add(op.Sub(a, b), setting(op, self.eps))
        if self.p == inf:
            return op.ReduceMax(op.Abs(apart), along, keepdims=1)
        if self.p in (1, 2):
            return (op.ReduceL1 if self.p == 1 else op.ReduceL2)(apart, along, keepdims=1)
        powers = op.ReduceSum(op.Pow(op.Abs(apart), setting(op, self.p)), along, keepdims=1)
        return op.Pow(powers, setting(op, 1 / self.p))

    def to_torch(self, torch: Any, x: Tensor) -> Any:
        return torch.nn.PairwiseDistance(self.p, self.eps, keepdim=True)

    def to_keras(self, keras: Any, x: Tensor) -> Any:
        ops, axis = keras.ops, KERAS_AXES[self.axis]
        return lambda a, b: ops.norm(a - b + self.eps, ord=self.p, axis=axis, keepdims=True)
