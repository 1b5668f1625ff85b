"""Layers that draw at random in training and are the identity at inference: dropped channels, kept statistics, noise."""

from __future__ import annotations

from math import sqrt
from typing import Any, ClassVar

from parity.axes import Tensor
from parity.errors import Unsupported
from parity.layers.base import Chance, Layer, is_number, layer, require, setting

#: What SELU tends to far below zero, ``-alpha scale`` (Klambauer and others, Self-Normalizing Neural Networks, 2017).
SELU_FLOOR = -1.6732632423543772848170429916717 * 1.0507009873554804934193349852946


def _check_rate(owner: Layer, rate: object) -> None:
    require(owner, "rate", is_number(rate) and 0 <= rate < 1, "must be from 0.0 up to but not 1.0")  # type: ignore[operator]


def _check_channels(owner: Layer, x: Tensor) -> None:
    require(owner, "rate", len(x.shape) > 2, f"needs channels with places behind them, got {x.shape}")


def _noisy(torch: Any, noisy: Any) -> Any:
    """A torch module that is a function in training and else the identity."""

    class Noise(torch.nn.Module):  # type: ignore[misc]
        """torch has no such layer."""

        def forward(self, v: Any) -> Any:
            return noisy(v) if self.training else v

    return Noise()


@layer
class ChannelDropout(Layer):
    """At inference the identity; in training each channel of each image is 0 with probability ``rate``, all its places at once.

    What is kept is divided by ``1 - rate``. Signals, images and volumes: torch's ``Dropout1d`` to ``Dropout3d``, Keras'
    ``SpatialDropout1D`` to ``SpatialDropout3D``.
    """

    kind: ClassVar[str] = "channeldropout"

    rate: float = 0.5

    def check(self) -> None:
        _check_rate(self, self.rate)

    def fits(self, *inputs: Tensor) -> None:
        _check_channels(self, inputs[0])

    def chance(self) -> Chance | None:
        return Chance("drop", self.rate, channels=True) if self.rate else None

    def to_onnx(self, op: Any, x: Any) -> Any:
        if not (op.training and self.rate):
            return op.Identity(x)
        return op.Div(x, op.Sub(op.constant(1.0), setting(op, self.rate)))

    def to_torch(self, torch: Any, x: Tensor) -> Any:
        return getattr(torch.nn, f"Dropout{len(x.shape) - 2}d")(self.rate)

    def to_keras(self, keras: Any, x: Tensor) -> Any:
        return getattr(keras.layers, f"SpatialDropout{len(x.shape) - 2}D")(self.rate)


@layer
class AlphaDropout(Layer):
    """Dropout for SELU: what is dropped becomes what SELU tends to, and all is mapped so that mean 0 and variance 1 stay.

    In training ``a x + b`` for what is kept and ``a floor + b`` for what is dropped, with ``floor = -1.7581``,
    ``a = 1 / sqrt((1 - rate)(1 + rate floor^2))`` and ``b = -a rate floor``. channels: whole channels are dropped, torch's
    ``FeatureAlphaDropout``; Keras says it by ``noise_shape``.
    """

    kind: ClassVar[str] = "alphadropout"

    rate: float = 0.5
    channels: bool = False

    def check(self) -> None:
        _check_rate(self, self.rate)
        require(self, "channels", isinstance(self.channels, bool), "must be True or False")

    def fits(self, *inputs: Tensor) -> None:
        if self.channels:
            _check_channels(self, inputs[0])

    def _map(self) -> tuple[float, float]:
        a = 1 / sqrt((1 - self.rate) * (1 + self.rate * SELU_FLOOR**2))
        return a, -a * self.rate * SELU_FLOOR

    def chance(self) -> Chance | None:
        a, b = self._map()
        return Chance("drop", self.rate, a * SELU_FLOOR + b, self.channels) if self.rate else None

    def to_onnx(self, op: Any, x: Any) -> Any:
        if not (op.training and self.rate):
            return op.Identity(x)
        a, b = self._map()
        return op.Add(op.Mul(x, setting(op, a)), setting(op, b))

    def to_torch(self, torch: Any, x: Tensor) -> Any:
        return (torch.nn.FeatureAlphaDropout if self.channels else torch.nn.AlphaDropout)(self.rate)

    def to_keras(self, keras: Any, x: Tensor) -> Any:
        shape = (None, *(1,) * (len(x.shape) - 2), None) if self.channels else None
        return keras.layers.AlphaDropout(self.rate, noise_shape=shape)


@layer
class GaussianNoise(Layer):
    """At inference the identity; in training a normal number of mean 0 and deviation ``stddev`` is added to each element.

    A layer in Keras, whose stddev is at most 1; composed in torch.
    """

    kind: ClassVar[str] = "gaussiannoise"

    stddev: float

    def check(self) -> None:
        require(self, "stddev", is_number(self.stddev) and self.stddev >= 0, "must be a number of at least 0")

    def chance(self) -> Chance | None:
        return Chance("add", self.stddev) if self.stddev else None

    def to_onnx(self, op: Any, x: Any) -> Any:
        return op.Identity(x)

    def to_torch(self, torch: Any, x: Tensor) -> Any:
        return _noisy(torch, lambda v: v + self.stddev * torch.randn_like(v))

    def to_keras(self, keras: Any, x: Tensor) -> Any:
        if self.stddev > 1:
            raise Unsupported("Keras takes a stddev of at most 1")
        return keras.layers.GaussianNoise(self.stddev)


@layer
class GaussianDropout(Layer):
    """At inference the identity; in training each element is multiplied by a normal number of mean 1, variance ``rate / (1 - rate)``.

    A layer in Keras, composed in torch.
    """

    kind: ClassVar[str] = "gaussiandropout"

    rate: float

    def check(self) -> None:
        _check_rate(self, self.rate)

    def _deviation(self) -> float:
        return sqrt(self.rate / (1 - self.rate))

    def chance(self) -> Chance | None:
        return Chance("multiply", self._deviation()) if self.rate else None

    def to_onnx(self, op: Any, x: Any) -> Any:
        return op.Identity(x)

    def to_torch(self, torch: Any, x: Tensor) -> Any:
        return _noisy(torch, lambda v: v * (1 + self._deviation() * torch.randn_like(v)))

    def to_keras(self, keras: Any, x: Tensor) -> Any:
        return keras.layers.GaussianDropout(self.rate)
