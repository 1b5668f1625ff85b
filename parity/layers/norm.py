"""Normalisation."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any, ClassVar

import numpy as np

from parity.axes import Array, Tensor
from parity.layers.base import Draw, Layer, Parameter, is_count, is_number, layer, require


@layer
class BatchNorm2D(Layer):
    """Batch normalisation of ``N C H W`` by its running statistics (inference): ``(x - mean) * s + beta``.

    s is ``gamma / sqrt(var + eps)``. All four parameters have axes ``C``. torch's default eps is 1e-5, Keras' 1e-3:
    the field is always written out, in both.
    """

    kind: ClassVar[str] = "batchnorm2d"

    channels: int
    eps: float = 1e-5
    affine: bool = True

    def check(self) -> None:
        require(self, "channels", is_count(self.channels), "must be a whole number of at least 1")
        good = is_number(self.eps) and 0 < self.eps < 1
        require(self, "eps", good, "must be a number between 0 and 1, both excluded")
        require(self, "affine", isinstance(self.affine, bool), "must be True or False")

    def parameters(self) -> Mapping[str, Parameter]:
        shape = (self.channels,)
        stored = {}
        if self.affine:
            stored["gamma"] = Parameter(shape, "C", Draw("uniform", 1.0, 0.25))
            stored["beta"] = Parameter(shape, "C", Draw(spread=0.3))
        stored["mean"] = Parameter(shape, "C", Draw(spread=0.3))
        # One small variance, so that a wrong eps shows even where the others hide it.
        stored["var"] = Parameter(shape, "C", Draw("uniform", 1.0, 0.25, first=0.004))
        return stored

    def fits(self, *inputs: Tensor) -> None:
        shape = inputs[0].shape
        require(self, "channels", len(shape) == 4 and shape[1] == self.channels, f"does not fit the input {shape}")

    def to_onnx(self, op: Any, x: Any, *, mean: Any, var: Any, gamma: Any = None, beta: Any = None) -> Any:
        if not self.affine:
            gamma, beta = op.constant([1.0] * self.channels), op.constant([0.0] * self.channels)
        return op.BatchNormalization(x, gamma, beta, mean, var, epsilon=float(self.eps))

    def to_torch(self, torch: Any, x: Tensor) -> Any:
        return torch.nn.BatchNorm2d(self.channels, eps=self.eps, affine=self.affine)

    def torch_state(self, x: Tensor, **parameters: Array) -> dict[str, Array]:
        names = {"gamma": "weight", "beta": "bias", "mean": "running_mean", "var": "running_var"}
        state = {names[name]: value for name, value in parameters.items()}
        state["num_batches_tracked"] = np.asarray(0, np.int64)
        return state

    def to_keras(self, keras: Any, x: Tensor) -> Any:
        return keras.layers.BatchNormalization(epsilon=self.eps, center=self.affine, scale=self.affine)

    def keras_weights(self, x: Tensor, **parameters: Array) -> list[Array]:
        return [parameters[name] for name in ("gamma", "beta", "mean", "var") if name in parameters]
