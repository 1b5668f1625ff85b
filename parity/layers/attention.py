"""Attention of tokens among themselves."""

from __future__ import annotations

from collections.abc import Mapping
from math import inf, sqrt
from typing import Any, Literal

import numpy as np

from parity.axes import Array, Tensor
from parity.layers.base import Draw, Layer, Parameter, is_count, layer, require, setting

NAMES = ("query", "key", "value", "output")  #: the four dense layers, in the order in which both frameworks store them


@layer
class MultiHeadAttention(Layer):
    """``softmax(q k / sqrt(D)) v`` of each head, q, k and v dense layers of the channels and a fourth behind: self-attention.

    Tokens are places: of a signal ``N C L`` all attend to all ("l"); of an image all of them ("hw"), or those of each row among themselves
    ("w", Keras' ``attention_axes``, which torch spells by folding the rows into the batch). Channel c belongs to head ``c // D``, of
    ``D = embed_dim / num_heads`` channels (Keras' ``key_dim``, so that its heads are as wide as torch's). With ``is_causal`` no token of a
    signal sees a later one; with ``regions``, one number for each token of each row, each sees those of its own number alone, as in Swin's
    shifted windows, where torchvision and timm add -100 to the scores of the others. Weights of axes ``OI``, biases ``O``; torch stores query, key and value as one ``in_proj_weight``, Keras kernels
    ``I H D`` and ``H D O``. torch's ``batch_first=True``; its default has the batch behind the tokens. Of an even number of heads, with biases and no
    mask, torch takes a fused kernel at inference, which its TorchScript exporter has no operator for (pytorch/pytorch issue 143107).
    """

    embed_dim: int
    num_heads: int
    bias: bool = True
    is_causal: bool = False
    axes: Literal["l", "hw", "w"] = "l"
    regions: tuple[tuple[int, ...], ...] | None = None

    def check(self) -> None:
        require(self, "embed_dim", is_count(self.embed_dim), "must be a whole number of at least 1")
        good = is_count(self.num_heads) and self.embed_dim % self.num_heads == 0
        require(self, "num_heads", good, f"must be a whole number that divides embed_dim={self.embed_dim}")
        for name in ("bias", "is_causal"):
            require(self, name, isinstance(getattr(self, name), bool), "must be True or False")
        require(self, "axes", self.axes in ("l", "hw", "w"), 'must be "l", "hw" or "w"')
        # Keras counts the second axis for the causal mask, whatever attention_axes says.
        require(self, "is_causal", not self.is_causal or self.axes == "l", "needs tokens in a row, axes='l'")
        require(self, "regions", self.regions is None or self.axes == "w", "needs rows of tokens, axes='w'")
        rows: Any = self.regions or ()
        good = isinstance(rows, tuple) and all(
            isinstance(row, tuple) and all(is_count(n, 0) for n in row) for row in rows
        )
        require(self, "regions", good, "must be a tuple of whole numbers for each row")

    @property
    def _width(self) -> int:
        return self.embed_dim // self.num_heads

    def parameters(self) -> Mapping[str, Parameter]:
        e = self.embed_dim
        stored = {f"{name}_weight": Parameter((e, e), "OI", Draw(spread=sqrt(1.0 / e))) for name in NAMES}
        if self.bias:
            stored |= {f"{name}_bias": Parameter((e,), "O", Draw(spread=0.1)) for name in NAMES}
        return stored

    def fits(self, *inputs: Tensor) -> None:
        shape = inputs[0].shape
        good = len(shape) == 2 + len("l" if self.axes == "l" else "hw")
        require(self, "axes", good, f"does not fit the input {shape}")
        require(self, "embed_dim", shape[1] == self.embed_dim, f"does not fit the input {shape}")
        rows = self.regions
        good = rows is None or (len(rows) == shape[2] and all(len(row) == shape[3] for row in rows))
        require(self, "regions", good, f"does not fit the {shape[2]} rows of {shape[-1]} tokens of the input {shape}")

    def to_onnx(self, op: Any, x: Any, **parameters: Any) -> Any:
        c, places = self.embed_dim, x.shape[2:]
        rows = [places[0]] if self.axes == "w" else []  # what is attended along is one axis, the last but the channels
        v = op.Transpose(x, perm=(0, *range(2, len(x.shape)), 1))
        if self.axes == "hw":
            v = op.Reshape(v, op.constant([0, places[0] * places[1], c]))
        b, tokens = len(rows) + 1, v.shape[-2]
        apart = op.constant([0, *rows, tokens, self.num_heads, self._width])
        heads, keys = ((*range(b), b + 1, b, b + 2), (*range(b), b + 1, b + 2, b))
        q, k, w = (op.Reshape(self._dense(op, name, v, parameters), apart) for name in NAMES[:3])
        q = op.Mul(op.Transpose(q, perm=heads), setting(op, 1 / sqrt(self._width)))
        scores = op.MatMul(q, op.Transpose(k, perm=keys))
        if self.is_causal:
            sees = op.constant(np.tril(np.ones((tokens, tokens), np.bool_)))
            scores = op.Where(sees, scores, op.constant(-inf))
        if self.regions is not None:
            scores = op.Where(op.constant(self._together()[None, :, None]), scores, op.constant(-inf))
        mixed = op.MatMul(op.Softmax(scores, axis=-1), op.Transpose(w, perm=heads))
        joined = op.Reshape(op.Transpose(mixed, perm=heads), op.constant([0, *rows, tokens, c]))
        y = self._dense(op, "output", joined, parameters)
        y = op.Transpose(y, perm=(0, b + 1, *range(1, b + 1)))
        return op.Reshape(y, op.constant([0, c, *places])) if self.axes == "hw" else y

    def _together(self) -> Array:
        """Which tokens of a row are of one region: ``rows tokens tokens``."""
        regions = np.asarray(self.regions)
        together: Array = regions[:, :, None] == regions[:, None, :]
        return together

    def _dense(self, op: Any, name: str, v: Any, parameters: Mapping[str, Any]) -> Any:
        y = op.MatMul(v, op.Transpose(parameters[f"{name}_weight"], perm=(1, 0)))
        return op.Add(y, parameters[f"{name}_bias"]) if self.bias else y

    def to_torch(self, torch: Any, x: Tensor) -> Any:
        attend = torch.nn.MultiheadAttention(self.embed_dim, self.num_heads, bias=self.bias, batch_first=True)
        causal, tokens, heads = self.is_causal, x.shape[-1], self.num_heads
        apart = None if self.regions is None else torch.from_numpy(~self._together())

        class SelfAttention(torch.nn.Module):  # type: ignore[misc]
            def __init__(self) -> None:
                super().__init__()
                self.attend = attend

            def forward(self, v: Any) -> Any:
                mask = torch.nn.Transformer.generate_square_subsequent_mask(tokens) if causal else None
                if apart is not None:  # a mask for each head of each row of each image
                    mask = apart.to(v.device).repeat_interleave(heads, 0).repeat(v.shape[0] // len(apart), 1, 1)
                return self.attend(v, v, v, need_weights=False, attn_mask=mask, is_causal=causal)[0]

        if self.axes == "l":
            return [lambda v: v.transpose(-1, -2), SelfAttention(), lambda v: v.transpose(-1, -2)]
        height, width = x.shape[2:]
        if self.axes == "hw":
            places = (height, width)
            return [
                lambda v: v.flatten(-2).transpose(-1, -2),
                SelfAttention(),
                lambda v: v.transpose(-1, -2).unflatten(-1, places),
            ]
        rows = (-1, height)
        return [
            lambda v: v.permute(0, 2, 3, 1).flatten(0, 1),
            SelfAttention(),
            lambda v: v.unflatten(0, rows).permute(0, 3, 1, 2),
        ]

    def torch_state(self, x: Tensor, **parameters: Array) -> dict[str, Array]:
        state = {}
        for what in ("weight", "bias") if self.bias else ("weight",):
            state[f"attend.in_proj_{what}"] = np.concatenate([parameters[f"{name}_{what}"] for name in NAMES[:3]])
            state[f"attend.out_proj.{what}"] = parameters[f"output_{what}"]
        return state

    def to_keras(self, keras: Any, x: Tensor) -> Any:
        how = dict(use_bias=self.bias, attention_axes=(2,) if self.axes == "w" else None)
        attend, causal = keras.layers.MultiHeadAttention(self.num_heads, self._width, **how), self.is_causal
        sees = None if self.regions is None else self._together()[None]

        class SelfAttention(keras.layers.Layer):  # type: ignore[misc]
            def __init__(self) -> None:
                super().__init__()
                self.attend = attend

            def build(self, shape: Any) -> None:
                self.attend.build(shape, shape)

            def call(self, v: Any) -> Any:
                return self.attend(v, v, attention_mask=sees, use_causal_mask=causal)

        return SelfAttention()

    def keras_weights(self, x: Tensor, **parameters: Array) -> list[Array]:
        heads, made = (self.num_heads, self._width), []
        for name in NAMES:
            weight = parameters[f"{name}_weight"].T  # IO
            made.append(weight.reshape(*heads, -1) if name == "output" else weight.reshape(-1, *heads))
            if self.bias:
                bias = parameters[f"{name}_bias"]
                made.append(bias if name == "output" else bias.reshape(heads))
        return made
