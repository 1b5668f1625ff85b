"""Layers whose Keras spelling is wrong on one backend alone, as a backend's own function might be."""

from __future__ import annotations

from typing import Any

from parity.axes import Tensor
from parity.layers import Layer, layer


@layer
class WrongOn(Layer):
    """ReLU, wrong in Keras on one ``backend``: ``slip`` is "slope", or "corner", which is one element alone."""

    backend: str
    slip: str = "slope"

    def to_onnx(self, op: Any, x: Any) -> Any:
        return op.Relu(x)

    def to_torch(self, torch: Any, x: Tensor) -> Any:
        return torch.nn.ReLU()

    def to_keras(self, keras: Any, x: Tensor) -> Any:
        if keras.backend.backend() != self.backend:
            return keras.layers.ReLU()
        if self.slip == "slope":
            return keras.layers.ReLU(negative_slope=1e-3)
        return lambda v: keras.ops.slice_update(keras.ops.relu(v), (0, 0, 0, 0), keras.ops.ones((1, 1, 1, 1)))
