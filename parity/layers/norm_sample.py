"""Normalisation of each sample by statistics of its own, taken anew at every call: in training and at inference alike."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any, ClassVar

from parity.axes import Array, Tensor
from parity.layers.affine import Affine, Normalisation, statistics
from parity.layers.along import (
    as_shape,
    at_the_end,
    channels_last,
    check_axes,
    check_sizes,
    fits_axes,
    in_keras,
    keras_axes,
)
from parity.layers.base import Parameter, is_count, layer, require


@layer
class LayerNorm(Normalisation):
    """``(x - mean) / sqrt(var + eps) * gamma + beta``, mean and var over ``axes`` of each sample, var the population's.

    axes: canonical names of what is normalised together, "F" of features, "W", "HW", "CHW" or "C" of images; sizes: theirs, and so
    the shape of gamma and beta. torch's ``normalized_shape`` names the last axes, so its "C" is spelled with the channels
    brought to the end; Keras numbers axes, and its default, the last one, is "C" of an image, where torch's is "W".
    torch's default eps is 1e-5, Keras' 1e-3.
    """

    axes: str
    sizes: int | tuple[int, ...]
    eps: float = 1e-5
    affine: Affine = True

    def check(self) -> None:
        check_axes(self, self.axes)
        check_sizes(self, self.axes, self.sizes)
        super().check()

    def parameters(self) -> Mapping[str, Parameter]:
        return self._affine(as_shape(self.sizes), self.axes)

    def fits(self, *inputs: Tensor) -> None:
        fits_axes(self, self.axes, inputs[0], as_shape(self.sizes))

    def to_onnx(self, op: Any, x: Any, *, gamma: Any = None, beta: Any = None) -> Any:
        scale, shift = self._filled(op, as_shape(self.sizes), gamma, beta)
        how = dict(axis=-len(self.axes), epsilon=float(self.eps), **statistics(op))
        return at_the_end(op, self.axes, x, lambda v: op.LayerNormalization(v, scale, shift, **how))

    def to_torch(self, torch: Any, x: Tensor) -> Any:
        how = dict(elementwise_affine=bool(self.affine), bias=self.center)
        norm = torch.nn.LayerNorm(as_shape(self.sizes), eps=self.eps, **how)
        return channels_last(norm, len(x.shape)) if self.axes == "C" else norm

    def torch_state(self, x: Tensor, **parameters: Array) -> dict[str, Array]:
        state = self._torch_affine(as_shape(self.sizes), parameters)
        return {"weight": state["weight"]} if self.affine == "scale" else state

    def to_keras(self, keras: Any, x: Tensor) -> Any:
        return keras.layers.LayerNormalization(axis=keras_axes(self.axes), **self._keras())

    def keras_weights(self, x: Tensor, **parameters: Array) -> list[Array]:
        return [in_keras(self.axes, parameters[name]) for name in ("gamma", "beta") if name in parameters]


@layer
class GroupNorm(Normalisation):
    """``(x - mean) / sqrt(var + eps) * gamma + beta``, mean and var over each of ``groups`` runs of neighbouring channels.

    On images ``N C H W`` and features ``N F``; gamma and beta have axes ``C``, one a channel. torch's default eps is 1e-5, Keras' 1e-3;
    Keras has 32 groups by default. Keras' ``axis=-1`` and torch's second axis are the same channels.
    """

    groups: int
    channels: int
    eps: float = 1e-5
    affine: Affine = True

    def check(self) -> None:
        require(self, "channels", is_count(self.channels), "must be a whole number of at least 1")
        good = is_count(self.groups) and self.channels % self.groups == 0
        require(self, "groups", good, f"must be a whole number that divides channels={self.channels}")
        super().check()

    def parameters(self) -> Mapping[str, Parameter]:
        return self._affine((self.channels,), "C")

    def fits(self, *inputs: Tensor) -> None:
        shape = inputs[0].shape
        require(self, "channels", shape[1] == self.channels, f"does not fit the input {shape}")

    def to_onnx(self, op: Any, x: Any, *, gamma: Any = None, beta: Any = None) -> Any:
        affine = self._filled(op, (self.channels,), gamma, beta)
        return op.GroupNormalization(x, *affine, num_groups=self.groups, epsilon=float(self.eps), **statistics(op))

    def to_torch(self, torch: Any, x: Tensor) -> Any:
        return torch.nn.GroupNorm(self.groups, self.channels, eps=self.eps, affine=bool(self.affine))

    def torch_state(self, x: Tensor, **parameters: Array) -> dict[str, Array]:
        return self._torch_affine((self.channels,), parameters)

    def to_keras(self, keras: Any, x: Tensor) -> Any:
        return keras.layers.GroupNormalization(self.groups, **self._keras())


@dataclass(frozen=True, repr=False)
class InstanceNorm(Normalisation):
    """``(x - mean) / sqrt(var + eps) * gamma + beta``, mean and var over all places of each channel of each sample.

    gamma and beta have axes ``C``. torch's default has neither; Keras spells it as a GroupNormalization with a group for each channel,
    which has both and whose default eps is 1e-3. torch's ``track_running_stats=True`` normalises at inference as a BatchNorm does.
    """

    places: ClassVar[int]

    channels: int
    eps: float = 1e-5
    affine: Affine = False

    def check(self) -> None:
        require(self, "channels", is_count(self.channels), "must be a whole number of at least 1")
        super().check()

    def parameters(self) -> Mapping[str, Parameter]:
        return self._affine((self.channels,), "C")

    def fits(self, *inputs: Tensor) -> None:
        shape = inputs[0].shape
        good = len(shape) == self.places + 2 and shape[1] == self.channels
        require(self, "channels", good, f"does not fit the input {shape}")

    def to_onnx(self, op: Any, x: Any, *, gamma: Any = None, beta: Any = None) -> Any:
        return op.InstanceNormalization(x, *self._filled(op, (self.channels,), gamma, beta), epsilon=float(self.eps))

    def to_torch(self, torch: Any, x: Tensor) -> Any:
        module = getattr(torch.nn, f"InstanceNorm{self.places}d")
        return module(self.channels, eps=self.eps, affine=bool(self.affine))

    def torch_state(self, x: Tensor, **parameters: Array) -> dict[str, Array]:
        return self._torch_affine((self.channels,), parameters)

    def to_keras(self, keras: Any, x: Tensor) -> Any:
        return keras.layers.GroupNormalization(self.channels, **self._keras())


@layer
class InstanceNorm1D(InstanceNorm):
    """Instance normalisation of ``N C L``: see :class:`InstanceNorm`."""

    kind: ClassVar[str] = "instancenorm1d"
    places: ClassVar[int] = 1


@layer
class InstanceNorm2D(InstanceNorm):
    """Instance normalisation of ``N C H W``: see :class:`InstanceNorm`."""

    kind: ClassVar[str] = "instancenorm2d"
    places: ClassVar[int] = 2


@layer
class InstanceNorm3D(InstanceNorm):
    """Instance normalisation of ``N C D H W``: see :class:`InstanceNorm`."""

    kind: ClassVar[str] = "instancenorm3d"
    places: ClassVar[int] = 3
