"""Normalisation by a size of the data, a norm or a mean of squares: nothing is taken off."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from parity.axes import Array, Tensor
from parity.errors import Unsupported
from parity.layers.along import (
    PLACES,
    as_shape,
    at_the_end,
    channels_last,
    check_axes,
    check_sizes,
    fits_axes,
    in_keras,
    keras_axes,
)
from parity.layers.base import Draw, Layer, Parameter, is_count, is_number, layer, require, setting
from parity.operators.formats import FORMATS


@layer
class RMSNorm(Layer):
    """``x / sqrt(mean(x^2) + eps) * gamma``, the mean over ``axes`` of each sample.

    axes, sizes: as in :class:`parity.layers.LayerNorm`; eps None: torch's default, the distance from 1 to the next number of the type that it
    computes in: 2^-23 for float32, and for halves, which are computed in float32 (https://github.com/pytorch/pytorch/pull/173039).
    Keras' is 1e-6. affine: whether gamma is stored; Keras' layer always has it. Keras multiplies by a gamma that lies at the last axes,
    wherever ``axis`` is, so "W" and "HW" are spelled with the channels brought to the front.
    """

    axes: str
    sizes: int | tuple[int, ...]
    eps: float | None = None
    affine: bool = True

    def check(self) -> None:
        check_axes(self, self.axes)
        check_sizes(self, self.axes, self.sizes)
        good = self.eps is None or (is_number(self.eps) and 0 < self.eps < 1)
        require(self, "eps", good, "must be None or a number between 0 and 1, both excluded")
        require(self, "affine", isinstance(self.affine, bool), "must be True or False")

    def parameters(self) -> Mapping[str, Parameter]:
        return {"gamma": Parameter(as_shape(self.sizes), self.axes, Draw("uniform", 1.0, 0.25))} if self.affine else {}

    def fits(self, *inputs: Tensor) -> None:
        fits_axes(self, self.axes, inputs[0], as_shape(self.sizes))

    def _eps(self, precision: str) -> float:
        return 2 * FORMATS[precision].accumulate if self.eps is None else self.eps

    def to_onnx(self, op: Any, x: Any, *, gamma: Any = None) -> Any:
        # RMSNormalization itself is an operator from opset 23 on only.
        def divided(v: Any) -> Any:
            axes = op.constant(list(range(-len(self.axes), 0)))
            mean = op.ReduceMean(op.Mul(v, v), axes, keepdims=1)
            y = op.Div(v, op.Sqrt(op.Add(mean, setting(op, self._eps(op.precision)))))
            return y if gamma is None else op.Mul(y, gamma)

        return at_the_end(op, self.axes, x, divided)

    def to_torch(self, torch: Any, x: Tensor) -> Any:
        norm = torch.nn.RMSNorm(as_shape(self.sizes), eps=self.eps, elementwise_affine=self.affine)
        return channels_last(norm, len(x.shape)) if self.axes == "C" else norm

    def torch_state(self, x: Tensor, **parameters: Array) -> dict[str, Array]:
        return {"weight": parameters["gamma"]}

    def to_keras(self, keras: Any, x: Tensor) -> Any:
        if not hasattr(keras.layers, "RMSNormalization"):
            raise Unsupported(f"Keras {keras.__version__} has no RMSNormalization")
        if not self.affine:
            return lambda v: keras.ops.rms_normalization(v, axis=keras_axes(self.axes), epsilon=self._eps(x.dtype))
        if "W" not in self.axes or "C" in self.axes:
            return keras.layers.RMSNormalization(axis=keras_axes(self.axes), epsilon=self._eps(x.dtype))
        norm = keras.layers.RMSNormalization(axis=list(range(-len(self.axes), 0)), epsilon=self._eps(x.dtype))
        return [keras.layers.Permute((3, 1, 2)), norm, keras.layers.Permute((2, 3, 1))]

    def keras_weights(self, x: Tensor, **parameters: Array) -> list[Array]:
        return [in_keras(self.axes, parameters["gamma"])]


@layer
class UnitNorm(Layer):
    """``x / max(norm, eps)``, the p-norm of each row along ``axes``: rows of length 1, but for those shorter than eps.

    axes: as in :class:`parity.layers.LayerNorm`. torch's ``normalize`` takes the norm along the second axis by default, the channels of an
    image, Keras' layer along the last, the same. Keras' layer has p = 2 and eps = 1e-12 alone; ``keras.ops.normalize`` takes them, with 1e-7
    where no eps is given, but of two axes any other norm than p = 2 is that of a matrix there, so that is composed.
    """

    axes: str = "C"
    p: int = 2
    eps: float = 1e-12

    def check(self) -> None:
        check_axes(self, self.axes)
        require(self, "p", is_count(self.p), "must be a whole number of at least 1")
        require(self, "eps", is_number(self.eps) and self.eps > 0, "must be a number above 0")

    def fits(self, *inputs: Tensor) -> None:
        fits_axes(self, self.axes, inputs[0])

    def to_onnx(self, op: Any, x: Any) -> Any:
        # LpNormalization has no epsilon, and one axis.
        axes = op.constant(list(PLACES[self.axes]))
        if self.p in (1, 2):
            norm = (op.ReduceL1 if self.p == 1 else op.ReduceL2)(x, axes, keepdims=1)
        else:
            total = op.ReduceSum(op.Pow(op.Abs(x), op.constant(float(self.p))), axes, keepdims=1)
            norm = op.Pow(total, setting(op, 1 / self.p))
        return op.Div(x, op.Max(norm, setting(op, self.eps)))

    def to_torch(self, torch: Any, x: Tensor) -> Any:
        return lambda v: torch.nn.functional.normalize(v, p=self.p, dim=PLACES[self.axes], eps=self.eps)

    def to_keras(self, keras: Any, x: Tensor) -> Any:
        axes, ops = keras_axes(self.axes), keras.ops
        if self.p == 2:
            if self.eps == 1e-12:
                return keras.layers.UnitNormalization(axis=axes)
            return lambda v: ops.normalize(v, axis=axes, order=2, epsilon=self.eps)
        if len(axes) == 1:
            return lambda v: ops.normalize(v, axis=axes[0], order=self.p, epsilon=self.eps)

        def divided(v: Any) -> Any:
            total = ops.sum(ops.power(ops.abs(v), self.p), axis=axes, keepdims=True)
            return v / ops.maximum(ops.power(total, 1 / self.p), self.eps)

        return divided


@layer
class LocalResponseNorm(Layer):
    """``x / (k + alpha / size * sum(x^2)) ** beta``, the sum over ``size`` neighbouring channels, zeros beyond the edge; images.

    The window of channel c begins at ``c - size // 2``, as torch has it; ONNX's begins at ``c - (size - 1) // 2``, one later where size is
    even. torch and ONNX divide alpha by size; TensorFlow's ``local_response_normalization`` does not, and counts to either side
    (``depth_radius``), with defaults radius 5, bias 1, alpha 1, beta 0.5. Keras has none; it is composed.
    """

    size: int
    alpha: float = 1e-4
    beta: float = 0.75
    k: float = 1.0

    def check(self) -> None:
        require(self, "size", is_count(self.size), "must be a whole number of at least 1")
        for name in ("alpha", "beta"):
            require(self, name, is_number(getattr(self, name)) and getattr(self, name) >= 0, "must be a number from 0")
        require(self, "k", is_number(self.k) and self.k > 0, "must be a number above 0")

    def fits(self, *inputs: Tensor) -> None:
        require(self, "size", len(inputs[0].shape) == 4, f"needs an image (N, C, H, W), got {inputs[0].shape}")

    def to_onnx(self, op: Any, x: Any) -> Any:
        if self.size % 2:
            how = dict(size=self.size, alpha=float(self.alpha), beta=float(self.beta), bias=float(self.k))
            return op.LRN(x, **how)
        # ONNX's window of an even size begins one channel later, and runtimes refuse it.
        ends = op.constant([0, self.size // 2, 0, 0, 0, (self.size - 1) // 2, 0, 0])
        squares, axis, channels = op.Pad(op.Mul(x, x), ends), op.constant([1]), x.shape[1]
        seen = [op.Slice(squares, op.constant([i]), op.constant([i + channels]), axis) for i in range(self.size)]
        base = op.Add(op.Mul(op.Sum(*seen), setting(op, self.alpha / self.size)), setting(op, self.k))
        return op.Div(x, op.Pow(base, setting(op, self.beta)))

    def to_torch(self, torch: Any, x: Tensor) -> Any:
        return torch.nn.LocalResponseNorm(self.size, alpha=self.alpha, beta=self.beta, k=self.k)

    def needs_batch(self, x: Tensor) -> str:
        return "torch.nn.LocalResponseNorm takes the second axis for the channels, which of a sample alone is its first place"

    def to_keras(self, keras: Any, x: Tensor) -> Any:
        ops, channels = keras.ops, x.shape[1]
        edges = ((0, 0), (0, 0), (0, 0), (self.size // 2, (self.size - 1) // 2))

        def divided(v: Any) -> Any:
            squares = ops.pad(ops.square(v), edges)
            total = sum(squares[..., i : i + channels] for i in range(self.size))
            return v / ops.power(self.k + self.alpha / self.size * total, self.beta)

        return divided
