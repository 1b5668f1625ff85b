"""Reductions: sums, means, extremes, products, variances and norms along axes, which are named and not numbered."""

from __future__ import annotations

from math import inf, prod
from typing import Any, ClassVar

from parity.axes import Tensor, is_whole
from parity.layers.base import Layer, is_count, is_number, layer, require, setting

AXES = {"c": 1, "f": 1, "h": 2, "w": 3}  #: where a named axis stands in canonical order
KERAS_AXES = {"f": 1, "h": 1, "w": 2, "c": 3}  #: and in Keras', channels last


def kept(torch: Any, x: Tensor) -> dict[str, Any]:
    """What torch has to be told to keep the type of whole numbers that it adds or multiplies: left alone it gives int64."""
    return {"dtype": getattr(torch, x.dtype)} if is_whole(x.dtype) else {}


class Reduction(Layer):
    """What the reductions share. axes: some of ``chw`` of an image in that order, or ``f``; every image of a batch by itself.

    keepdims leaves an axis of size 1 where one was; False is the default of torch and Keras, True that of ONNX. Without it
    an image has to become features, so all of height and width go and nothing else.
    """

    axes: str
    keepdims: bool

    def check(self) -> None:
        good = isinstance(self.axes, str) and (
            self.axes == "f" or self.axes in ("c", "h", "w", "ch", "cw", "hw", "chw")
        )
        require(self, "axes", good, "must be some of the axes c, h and w of an image, in that order, or f of features")
        require(self, "keepdims", isinstance(self.keepdims, bool), "must be True or False")
        mend = f"must be True for axes={self.axes!r}: what is left would be neither an image nor features"
        require(self, "keepdims", self.keepdims or self.axes == "hw", mend)

    def fits(self, *inputs: Tensor) -> None:
        good = set(self.axes) <= set(inputs[0].axes)
        require(self, "axes", good, f"does not fit an input of axes {' '.join(inputs[0].axes)}")

    @property
    def _torch(self) -> dict[str, Any]:
        return dict(dim=[AXES[a] for a in self.axes], keepdim=self.keepdims)

    @property
    def _keras(self) -> dict[str, Any]:
        return dict(axis=tuple(sorted(KERAS_AXES[a] for a in self.axes)), keepdims=self.keepdims)

    def _onnx(self, op: Any) -> Any:
        return op.constant([AXES[a] for a in self.axes])

    def _count(self, x: Any) -> int:
        """How many numbers become one."""
        return prod(x.shape[AXES[a]] for a in self.axes)


@layer
class Sum(Reduction):
    """The sum over ``axes``, in the type of what is added: of int32 torch's own default is int64."""

    kind: ClassVar[str] = "sum"

    axes: str
    keepdims: bool = False

    def to_onnx(self, op: Any, x: Any) -> Any:
        return op.ReduceSum(x, self._onnx(op), keepdims=int(self.keepdims))

    def to_torch(self, torch: Any, x: Tensor) -> Any:
        return lambda v: torch.sum(v, **self._torch, **kept(torch, x))

    def to_keras(self, keras: Any, x: Tensor) -> Any:
        return lambda v: keras.ops.sum(v, **self._keras)


@layer
class Mean(Reduction):
    """The mean over ``axes``; over ``hw`` it is global average pooling."""

    kind: ClassVar[str] = "mean"

    axes: str
    keepdims: bool = False

    def to_onnx(self, op: Any, x: Any) -> Any:
        return op.ReduceMean(x, self._onnx(op), keepdims=int(self.keepdims))

    def to_torch(self, torch: Any, x: Tensor) -> Any:
        return lambda v: torch.mean(v, **self._torch)

    def to_keras(self, keras: Any, x: Tensor) -> Any:
        return lambda v: keras.ops.mean(v, **self._keras)


@layer
class Max(Reduction):
    """The largest number over ``axes``, exact: torch's ``amax``, since ``torch.max`` along an axis gives the index too."""

    kind: ClassVar[str] = "max"

    axes: str
    keepdims: bool = False

    def to_onnx(self, op: Any, x: Any) -> Any:
        return op.ReduceMax(x, self._onnx(op), keepdims=int(self.keepdims))

    def to_torch(self, torch: Any, x: Tensor) -> Any:
        return lambda v: torch.amax(v, **self._torch)

    def to_keras(self, keras: Any, x: Tensor) -> Any:
        return lambda v: keras.ops.max(v, **self._keras)


@layer
class Min(Reduction):
    """The smallest number over ``axes``, exact: torch's ``amin``, since ``torch.min`` along an axis gives the index too."""

    kind: ClassVar[str] = "min"

    axes: str
    keepdims: bool = False

    def to_onnx(self, op: Any, x: Any) -> Any:
        return op.ReduceMin(x, self._onnx(op), keepdims=int(self.keepdims))

    def to_torch(self, torch: Any, x: Tensor) -> Any:
        return lambda v: torch.amin(v, **self._torch)

    def to_keras(self, keras: Any, x: Tensor) -> Any:
        return lambda v: keras.ops.min(v, **self._keras)


@layer
class Prod(Reduction):
    """The product over ``axes``. torch takes one axis at a time."""

    kind: ClassVar[str] = "prod"

    axes: str
    keepdims: bool = False

    def to_onnx(self, op: Any, x: Any) -> Any:
        return op.ReduceProd(x, self._onnx(op), keepdims=int(self.keepdims))

    def to_torch(self, torch: Any, x: Tensor) -> Any:
        def each(dim: int) -> Any:
            return lambda v: torch.prod(v, dim=dim, keepdim=self.keepdims, **kept(torch, x))

        return [each(AXES[a]) for a in reversed(self.axes)]  # from behind, so that the numbers of the others stay

    def to_keras(self, keras: Any, x: Tensor) -> Any:
        return lambda v: keras.ops.prod(v, **self._keras)


@layer
class LogSumExp(Reduction):
    """``log(sum(exp(x)))`` over ``axes``, however large x is."""

    kind: ClassVar[str] = "logsumexp"

    axes: str
    keepdims: bool = False

    def to_onnx(self, op: Any, x: Any) -> Any:
        return op.ReduceLogSumExp(x, self._onnx(op), keepdims=int(self.keepdims))

    def to_torch(self, torch: Any, x: Tensor) -> Any:
        return lambda v: torch.logsumexp(v, **self._torch)

    def to_keras(self, keras: Any, x: Tensor) -> Any:
        return lambda v: keras.ops.logsumexp(v, **self._keras)


class Spread(Reduction):
    """What Var and Std share.

    The squares of the distances from the mean are added and divided by ``n - correction``. torch's default is 1, the unbiased
    variance; Keras always divides by n.
    """

    correction: int

    def check(self) -> None:
        super().check()
        require(self, "correction", is_count(self.correction, 0), "must be a whole number of at least 0")

    def fits(self, *inputs: Tensor) -> None:
        super().fits(*inputs)
        n = self._count(inputs[0])
        require(self, "correction", n > self.correction, f"must be below the {n} numbers that become one")

    def _variance(self, op: Any, x: Any) -> Any:
        axes, rest = self._onnx(op), float(self._count(x) - self.correction)
        centred = op.Sub(x, op.ReduceMean(x, axes, keepdims=1))
        return op.Div(op.ReduceSumSquare(centred, axes, keepdims=int(self.keepdims)), op.constant(rest))

    def _share(self, x: Tensor) -> float:
        """What a mean of squares is multiplied by."""
        n = self._count(x)
        return n / (n - self.correction)


@layer
class Var(Spread):
    """The variance over ``axes``: ``sum((x - mean)^2) / (n - correction)``."""

    kind: ClassVar[str] = "var"

    axes: str
    keepdims: bool = False
    correction: int = 1

    def to_onnx(self, op: Any, x: Any) -> Any:
        return self._variance(op, x)

    def to_torch(self, torch: Any, x: Tensor) -> Any:
        return lambda v: torch.var(v, correction=self.correction, **self._torch)

    def to_keras(self, keras: Any, x: Tensor) -> Any:
        variance, share = (lambda v: keras.ops.var(v, **self._keras)), self._share(x)
        return [variance, lambda v: v * share] if self.correction else variance


@layer
class Std(Spread):
    """The standard deviation over ``axes``: ``sqrt(sum((x - mean)^2) / (n - correction))``."""

    kind: ClassVar[str] = "std"

    axes: str
    keepdims: bool = False
    correction: int = 1

    def to_onnx(self, op: Any, x: Any) -> Any:
        return op.Sqrt(self._variance(op, x))

    def to_torch(self, torch: Any, x: Tensor) -> Any:
        return lambda v: torch.std(v, correction=self.correction, **self._torch)

    def to_keras(self, keras: Any, x: Tensor) -> Any:
        deviation, share = (lambda v: keras.ops.std(v, **self._keras)), self._share(x) ** 0.5
        return [deviation, lambda v: v * share] if self.correction else deviation


@layer
class VectorNorm(Reduction):
    """``sum(|x|^ord)^(1 / ord)`` over ``axes``, taken for one vector; ord may be ``inf`` (the largest) or ``-inf`` (the smallest).

    ``keras.ops.norm`` over two axes is the norm of a matrix, another number, and refuses three: it is used for one.
    """

    kind: ClassVar[str] = "vectornorm"

    axes: str
    keepdims: bool = False
    ord: float = 2.0

    def check(self) -> None:
        super().check()
        good = self.ord in (inf, -inf) or (is_number(self.ord) and self.ord >= 1)
        require(self, "ord", good, "must be a number of at least 1, inf or -inf")

    def to_onnx(self, op: Any, x: Any) -> Any:
        axes, keep = self._onnx(op), int(self.keepdims)
        if self.ord == inf:
            return op.ReduceMax(op.Abs(x), axes, keepdims=keep)
        if self.ord == -inf:
            return op.ReduceMin(op.Abs(x), axes, keepdims=keep)
        if self.ord == 1:
            return op.ReduceL1(x, axes, keepdims=keep)
        if self.ord == 2:
            return op.ReduceL2(x, axes, keepdims=keep)
        powers = op.ReduceSum(op.Pow(op.Abs(x), setting(op, self.ord)), axes, keepdims=keep)
        return op.Pow(powers, setting(op, 1 / self.ord))

    def to_torch(self, torch: Any, x: Tensor) -> Any:
        return lambda v: torch.linalg.vector_norm(v, ord=self.ord, **self._torch)

    def to_keras(self, keras: Any, x: Tensor) -> Any:
        ops, how = keras.ops, self._keras
        if len(self.axes) == 1:
            return lambda v: ops.norm(v, ord=self.ord, axis=how["axis"][0], keepdims=self.keepdims)
        if self.ord == inf:
            return lambda v: ops.max(ops.abs(v), **how)
        if self.ord == -inf:
            return lambda v: ops.min(ops.abs(v), **how)
        if self.ord == 1:
            return lambda v: ops.sum(ops.abs(v), **how)
        if self.ord == 2:
            return lambda v: ops.sqrt(ops.sum(ops.square(v), **how))
        return lambda v: ops.power(ops.sum(ops.power(ops.abs(v), self.ord), **how), 1 / self.ord)


class Place(Layer):
    """What ArgMax and ArgMin share. axis: ``c``, ``h`` or ``w`` of an image, ``f`` of features.

    torch and ONNX count in int64, Keras in int32.
    """

    axis: str

    def check(self) -> None:
        good = self.axis in ("c", "h", "w", "f")
        require(self, "axis", good, "must be one of the axes c, h and w of an image, or f of features")

    def fits(self, *inputs: Tensor) -> None:
        require(self, "axis", self.axis in inputs[0].axes, f"does not fit an input of axes {' '.join(inputs[0].axes)}")
        # A channels-last framework folds H, W, C: it would count in another order than a channels-first one.
        require(self, "axis", inputs[0].folded is None, "does not fit an image that was folded into features")

    def to_torch(self, torch: Any, x: Tensor) -> Any:
        return lambda v: getattr(torch, self.kind)(v, dim=AXES[self.axis], keepdim=True)

    def to_keras(self, keras: Any, x: Tensor) -> Any:
        find, axis = getattr(keras.ops, self.kind), KERAS_AXES[self.axis]
        return lambda v: keras.ops.cast(find(v, axis=axis, keepdims=True), "int64")


@layer
class ArgMax(Place):
    """Where along one axis the largest number stands, the first of several; int64, in an axis of size 1: see :class:`Place`.

    Keras alone takes -0 to be below 0: of ``[-0.0, 0.0]`` it gives 1, the others 0.
    """

    kind: ClassVar[str] = "argmax"

    axis: str

    def to_onnx(self, op: Any, x: Any) -> Any:
        return op.ArgMax(x, axis=AXES[self.axis], keepdims=1)


@layer
class ArgMin(Place):
    """Where along one axis the smallest number stands, the first of several; int64, in an axis of size 1: see :class:`Place`."""

    kind: ClassVar[str] = "argmin"

    axis: str

    def to_onnx(self, op: Any, x: Any) -> Any:
        return op.ArgMin(x, axis=AXES[self.axis], keepdims=1)
