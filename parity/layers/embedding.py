"""Tables that whole numbers look up."""

from __future__ import annotations

from collections.abc import Mapping
from math import inf
from typing import Any, ClassVar

from parity.axes import Array, Tensor
from parity.errors import Unsupported
from parity.layers.base import Layer, Parameter, is_count, is_number, layer, require, setting

RENORM_EPS = 1e-7  #: what torch adds to the norm that it divides by


@layer
class Embedding(Layer):
    """The row of a table for each index: ``N L`` of whole numbers from 0 to num_embeddings - 1 to a signal ``N C L``, C = embedding_dim.

    Weight ``VC``. torch and Keras leave the features last, ``N L C``, which for Keras is what a signal is; the torch spelling
    turns them, as whoever convolves along L does. padding_idx changes nothing but the gradient, and how a new table is drawn;
    Keras' mask_zero is not it: it hands a mask on, and changes no value either. max_norm: a row that is longer by the norm
    of order norm_type is shortened to it, ``row * max_norm / (norm + 1e-7)``. torch's module does so in its stored table, at
    inference too, and shortens once more at a later pass what rounding left longer, so its answers change from pass to
    pass: it is spelled on a copy. Keras' constraint only works in a step of training.
    """

    kind: ClassVar[str] = "embedding"

    num_embeddings: int
    embedding_dim: int
    padding_idx: int | None = None
    max_norm: float | None = None
    norm_type: float = 2.0

    def check(self) -> None:
        for name in ("num_embeddings", "embedding_dim"):
            require(self, name, is_count(getattr(self, name)), "must be a whole number of at least 1")
        good = self.padding_idx is None or (is_count(self.padding_idx, 0) and self.padding_idx < self.num_embeddings)
        require(self, "padding_idx", good, f"must be None or a whole number from 0 to {self.num_embeddings - 1}")
        good = self.max_norm is None or (is_number(self.max_norm) and self.max_norm > 0)
        require(self, "max_norm", good, "must be None or a number above 0")
        good = self.norm_type == inf or (is_number(self.norm_type) and self.norm_type >= 1)
        require(self, "norm_type", good, "must be a number of at least 1, or inf")
        require(self, "norm_type", self.max_norm is not None or self.norm_type == 2, "must be 2 without max_norm")

    def parameters(self) -> Mapping[str, Parameter]:
        return {"weight": Parameter((self.num_embeddings, self.embedding_dim), "VC")}

    def fits(self, *inputs: Tensor) -> None:
        x = inputs[0]
        require(self, "num_embeddings", len(x.shape) == 2, f"needs an input (N, L), got {x.shape}")
        whole = x.dtype in ("int32", "int64")
        require(self, "num_embeddings", whole, f"needs whole numbers, got {x.dtype}: give the case a dtype and below")

    def to_onnx(self, op: Any, x: Any, *, weight: Any) -> Any:
        rows = op.Gather(weight, x, axis=0)
        if self.max_norm is not None:
            last, size, most = op.constant([-1]), op.Abs(rows), setting(op, self.max_norm)
            if self.norm_type == inf:
                norm = op.ReduceMax(size, last, keepdims=1)
            elif self.norm_type == 2:
                norm = op.ReduceL2(rows, last, keepdims=1)
            else:
                powers = op.ReduceSum(op.Pow(size, setting(op, self.norm_type)), last, keepdims=1)
                norm = op.Pow(powers, setting(op, 1 / self.norm_type))
            shorter = op.Mul(rows, op.Div(most, op.Add(norm, setting(op, RENORM_EPS))))
            rows = op.Where(op.Greater(norm, most), shorter, rows)
        return op.Transpose(rows, perm=(0, 2, 1))

    def to_torch(self, torch: Any, x: Tensor) -> Any:
        how = (self.num_embeddings, self.embedding_dim, self.padding_idx, self.max_norm, self.norm_type)
        if self.max_norm is None:
            return [torch.nn.Embedding(*how), lambda v: v.transpose(-1, -2)]

        class Kept(torch.nn.Embedding):  # type: ignore[misc]
            """A table that stays as it is stored."""

            def forward(self, v: Any) -> Any:
                return torch.nn.functional.embedding(
                    v, self.weight.clone(), self.padding_idx, self.max_norm, self.norm_type
                )

        return [Kept(*how), lambda v: v.transpose(-1, -2)]

    def to_keras(self, keras: Any, x: Tensor) -> Any:
        if self.max_norm is not None:
            raise Unsupported("Keras shortens rows only in a step of training, by embeddings_constraint")
        return keras.layers.Embedding(self.num_embeddings, self.embedding_dim, mask_zero=self.padding_idx == 0)

    def keras_weights(self, x: Tensor, **parameters: Array) -> list[Array]:
        return [parameters["weight"]]
