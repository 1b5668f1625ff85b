"""Batch normalisation."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, replace
from math import prod
from typing import Any, ClassVar

import numpy as np

from parity.axes import Array, Tensor
from parity.layers.affine import Affine, Normalisation
from parity.layers.base import Draw, Layer, Parameter, is_count, is_number, layer, require, setting


@dataclass(frozen=True, repr=False)
class BatchNorm(Normalisation):
    """Batch normalisation of each channel: ``(x - mean) * s + beta`` with ``s = gamma / sqrt(var + eps)``.

    All four parameters have axes ``C``. At inference mean and var are the stored ones, the running statistics. In training
    they are those of the batch (the population's variance, divided by n), and a pass moves the running ones on:
    ``(1 - momentum) * old + momentum * batch``. unbiased: whether the running variance takes the batch's divided by n - 1,
    as torch does, or by n, as Keras and ONNX do. torch's default eps is 1e-5, Keras' 1e-3; the momentum of Keras and ONNX is
    1 - this one, torch's. With track_running_stats=False, torch's word, no statistics are stored and those of the batch are taken at
    inference too, where momentum and unbiased mean nothing; Keras has no such thing, and it is composed there. affine: whether gamma and beta are stored, or "scale" or "center" for one of them alone, as Keras
    says it. All fields are always written out.
    """

    ranks: ClassVar[tuple[int, ...]]  #: how many axes an input may have

    channels: int
    eps: float = 1e-5
    affine: Affine = True
    momentum: float = 0.1
    unbiased: bool = False
    track_running_stats: bool = True

    def check(self) -> None:
        require(self, "channels", is_count(self.channels), "must be a whole number of at least 1")
        super().check()
        require(self, "momentum", is_number(self.momentum) and 0 <= self.momentum <= 1, "must be a number from 0 to 1")
        for name in ("unbiased", "track_running_stats"):
            require(self, name, isinstance(getattr(self, name), bool), "must be True or False")

    def parameters(self) -> Mapping[str, Parameter]:
        shape = (self.channels,)
        stored = self._affine(shape, "C")
        if not self.track_running_stats:
            return stored
        stored["mean"] = Parameter(shape, "C", Draw(spread=0.3))
        # One small variance, so that a wrong eps shows even where the others hide it.
        stored["var"] = Parameter(shape, "C", Draw("uniform", 1.0, 0.25, first=0.004))
        return stored

    def fits(self, *inputs: Tensor) -> None:
        shape = inputs[0].shape
        good = len(shape) in self.ranks and shape[1] == self.channels
        require(self, "channels", good, f"does not fit the input {shape}")

    def to_onnx(
        self, op: Any, x: Any, *, mean: Any = None, var: Any = None, gamma: Any = None, beta: Any = None
    ) -> Any:
        gamma, beta = self._filled(op, (self.channels,), gamma, beta)
        if not self.track_running_stats:
            var, mean = self._filled(op, (self.channels,), None, None)  # the operator wants statistics to move on
            how = dict(epsilon=float(self.eps), training_mode=1, outputs=3)
            return op.BatchNormalization(x, gamma, beta, mean, var, **how)[0]
        if not op.training:
            return op.BatchNormalization(x, gamma, beta, mean, var, epsilon=float(self.eps))
        keep = 1 - float(self.momentum)
        how = dict(epsilon=float(self.eps), momentum=keep, training_mode=1, outputs=3)
        y, new_mean, new_var = op.BatchNormalization(x, gamma, beta, mean, var, **how)
        if self.unbiased:
            n, axes = prod(x.shape) // self.channels, op.constant([0, *range(2, len(x.shape))])
            centred = op.Sub(x, op.ReduceMean(x, axes, keepdims=1))
            batch = op.Div(op.ReduceSumSquare(centred, axes, keepdims=0), op.constant(float(n - 1)))
            new_var = op.Add(op.Mul(var, setting(op, keep)), op.Mul(batch, setting(op, self.momentum)))
        return y, new_mean, new_var

    def states(self) -> tuple[str, ...]:
        return ("mean", "var") if self.track_running_stats else ()

    def readings(self) -> Mapping[str, Layer]:
        if not self.track_running_stats:
            return {}
        taken = (
            "the population's variance, divided by n" if self.unbiased else "the unbiased variance, divided by n - 1"
        )
        return {f"right for a pass that takes {taken}": replace(self, unbiased=not self.unbiased)}

    def to_torch(self, torch: Any, x: Tensor) -> Any:
        module = getattr(torch.nn, f"BatchNorm{max(self.ranks) - 2}d")
        how = dict(momentum=self.momentum, affine=bool(self.affine), track_running_stats=self.track_running_stats)
        return module(self.channels, eps=self.eps, **how)

    def torch_state(self, x: Tensor, **parameters: Array) -> dict[str, Array]:
        state = self._torch_affine((self.channels,), parameters)
        if not self.track_running_stats:
            return state
        state |= {"running_mean": parameters["mean"], "running_var": parameters["var"]}
        return {**state, "num_batches_tracked": np.asarray(0, np.int64)}

    def to_keras(self, keras: Any, x: Tensor) -> Any:
        if not self.track_running_stats:
            return _of_the_batch(keras, self)
        return keras.layers.BatchNormalization(momentum=1 - self.momentum, **self._keras())

    def keras_weights(self, x: Tensor, **parameters: Array) -> list[Array]:
        return [parameters[name] for name in ("gamma", "beta", "mean", "var") if name in parameters]


def _of_the_batch(keras: Any, norm: BatchNorm) -> Any:
    """A Keras layer that normalises by the statistics of what it is given, whether it trains or not."""

    class OfTheBatch(keras.layers.Layer):  # type: ignore[misc]
        """gamma and beta, where they are stored, are its weights."""

        def build(self, shape: Any) -> None:
            self.gamma = self.add_weight(shape=(norm.channels,), name="gamma") if norm.scale else None
            self.beta = self.add_weight(shape=(norm.channels,), name="beta") if norm.center else None

        def call(self, v: Any) -> Any:
            mean, variance = keras.ops.moments(v, list(range(len(v.shape) - 1)))
            how = dict(offset=self.beta, scale=self.gamma, epsilon=norm.eps)
            return keras.ops.batch_normalization(v, mean, variance, -1, **how)

    return OfTheBatch()


@layer
class BatchNorm1D(BatchNorm):
    """Batch normalisation of ``N F`` and ``N C L``: see :class:`BatchNorm`."""

    kind: ClassVar[str] = "batchnorm1d"
    ranks: ClassVar[tuple[int, ...]] = (2, 3)


@layer
class BatchNorm2D(BatchNorm):
    """Batch normalisation of ``N C H W``: see :class:`BatchNorm`."""

    kind: ClassVar[str] = "batchnorm2d"
    ranks: ClassVar[tuple[int, ...]] = (4,)


@layer
class BatchNorm3D(BatchNorm):
    """Batch normalisation of ``N C D H W``: see :class:`BatchNorm`."""

    kind: ClassVar[str] = "batchnorm3d"
    ranks: ClassVar[tuple[int, ...]] = (5,)
