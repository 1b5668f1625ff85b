"""Activations made of exponentials and logarithms, along an axis or element by element."""

from __future__ import annotations

from typing import Any

from parity.axes import Tensor
from parity.layers.base import Layer, is_number, layer, require, setting

#: Of Klambauer et al. (2017), as the frameworks have them; ONNX's own defaults are their float32.
SELU_ALPHA, SELU_SCALE = 1.6732632423543772848170429916717, 1.0507009873554804934193349852946


@layer
class ELU(Layer):
    """``x`` above 0, else ``alpha * (exp(x) - 1)``. alpha is 1 by default everywhere."""

    alpha: float = 1.0

    def check(self) -> None:
        require(self, "alpha", is_number(self.alpha) and self.alpha >= 0, "must be a number of at least 0")

    def to_onnx(self, op: Any, x: Any) -> Any:
        return op.Elu(x, alpha=float(self.alpha))

    def to_torch(self, torch: Any, x: Tensor) -> Any:
        return torch.nn.ELU(self.alpha)

    def to_keras(self, keras: Any, x: Tensor) -> Any:
        return keras.layers.ELU(alpha=self.alpha)


@layer
class SELU(Layer):
    """``scale * x`` above 0, else ``scale * alpha * (exp(x) - 1)``, with scale 1.0507... and alpha 1.6732... everywhere."""

    def to_onnx(self, op: Any, x: Any) -> Any:
        return op.Selu(x, alpha=SELU_ALPHA, gamma=SELU_SCALE)

    def to_torch(self, torch: Any, x: Tensor) -> Any:
        return torch.nn.SELU()

    def to_keras(self, keras: Any, x: Tensor) -> Any:
        return keras.layers.Activation("selu")


@layer
class CELU(Layer):
    """``max(0, x) + min(0, alpha * (exp(x / alpha) - 1))``. alpha is 1 by default everywhere, and there it is ELU."""

    alpha: float = 1.0

    def check(self) -> None:
        require(self, "alpha", is_number(self.alpha) and self.alpha > 0, "must be a number above 0")

    def to_onnx(self, op: Any, x: Any) -> Any:
        return op.Celu(x, alpha=float(self.alpha))

    def to_torch(self, torch: Any, x: Tensor) -> Any:
        return torch.nn.CELU(self.alpha)

    def to_keras(self, keras: Any, x: Tensor) -> Any:
        return lambda v: keras.activations.celu(v, alpha=self.alpha)


@layer
class Softplus(Layer):
    """``log(1 + exp(beta * x)) / beta``, and ``x`` where ``beta * x`` is above ``threshold``.

    torch has both arguments, 1 and 20 by default; Keras and ONNX have neither and never switch, which at a beta
    of 1 and a threshold of 20 or more is the same in float32.
    """

    beta: float = 1.0
    threshold: float = 20.0

    def check(self) -> None:
        require(self, "beta", is_number(self.beta) and self.beta > 0, "must be a number above 0")
        good = is_number(self.threshold) and self.threshold < 88
        require(self, "threshold", good, "must be a number below 88, where torch's exponential overflows in float32")

    def to_onnx(self, op: Any, x: Any) -> Any:
        inner = x if self.beta == 1 else op.Mul(x, setting(op, self.beta))
        soft = op.Softplus(inner)
        soft = soft if self.beta == 1 else op.Div(soft, setting(op, self.beta))
        return op.Where(op.Greater(inner, op.constant(float(self.threshold))), x, soft)

    def to_torch(self, torch: Any, x: Tensor) -> Any:
        return torch.nn.Softplus(beta=self.beta, threshold=self.threshold)

    def to_keras(self, keras: Any, x: Tensor) -> Any:
        beta, threshold = self.beta, self.threshold
        if beta == 1 and threshold >= 20:
            return keras.layers.Activation("softplus")
        return lambda v: keras.ops.where(beta * v > threshold, v, keras.ops.softplus(beta * v) / beta)


@layer
class LogSigmoid(Layer):
    """``log(1 / (1 + exp(-x))) = -softplus(-x)``. ONNX has no operator for it."""

    def to_onnx(self, op: Any, x: Any) -> Any:
        return op.Neg(op.Softplus(op.Neg(x)))

    def to_torch(self, torch: Any, x: Tensor) -> Any:
        return torch.nn.LogSigmoid()

    def to_keras(self, keras: Any, x: Tensor) -> Any:
        return keras.layers.Activation("log_sigmoid")


def require_axis(owner: Layer, axis: object, shape: tuple[int, ...]) -> None:
    """Raise :class:`FieldError` unless axis is one of an input of this shape and not the batch."""
    good = isinstance(axis, int) and not isinstance(axis, bool) and -len(shape) < axis < len(shape) and axis != 0
    require(owner, "axis", good, f"must be an axis of the input {shape} and not the batch")


def channels_last(axis: int, rank: int) -> int:
    """Where a canonical axis is found in Keras, which keeps channels last."""
    axis %= rank
    return axis if rank == 2 else {1: 3, 2: 1, 3: 2}[axis]


def counted(axis: int) -> str:
    """What an axis of a torch spelling is of a sample without its batch axis (:meth:`Layer.needs_batch`)."""
    return "" if axis < 0 else f"torch's dim={axis} counts the batch, so of a sample alone it is the axis behind it"


@layer
class Softmax(Layer):
    """``exp(x) / sum(exp(x))`` along ``axis``, one of the canonical ``N C H W`` or ``N F``.

    torch has no default for it; Keras' is -1, there the channels; ONNX' is -1 too, which of ``N C H W`` is the width.
    """

    axis: int = 1

    def fits(self, *inputs: Tensor) -> None:
        require_axis(self, self.axis, inputs[0].shape)

    def to_onnx(self, op: Any, x: Any) -> Any:
        return op.Softmax(x, axis=self.axis % len(x.shape))

    def to_torch(self, torch: Any, x: Tensor) -> Any:
        return torch.nn.Softmax(dim=self.axis)

    def needs_batch(self, x: Tensor) -> str:
        return counted(self.axis)

    def to_keras(self, keras: Any, x: Tensor) -> Any:
        return keras.layers.Softmax(axis=channels_last(self.axis, len(x.shape)))


@layer
class LogSoftmax(Layer):
    """``x - log(sum(exp(x)))`` along ``axis``, as :class:`Softmax` names it, with the same defaults."""

    axis: int = 1

    def fits(self, *inputs: Tensor) -> None:
        require_axis(self, self.axis, inputs[0].shape)

    def to_onnx(self, op: Any, x: Any) -> Any:
        return op.LogSoftmax(x, axis=self.axis % len(x.shape))

    def to_torch(self, torch: Any, x: Tensor) -> Any:
        return torch.nn.LogSoftmax(dim=self.axis)

    def needs_batch(self, x: Tensor) -> str:
        return counted(self.axis)

    def to_keras(self, keras: Any, x: Tensor) -> Any:
        axis = channels_last(self.axis, len(x.shape))
        return lambda v: keras.activations.log_softmax(v, axis=axis)
