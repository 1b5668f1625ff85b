"""Attention by scaled products."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

import numpy as np

from parity.errors import Unsupported
from parity.operators.build import Named
from parity.operators.formats import FORMATS
from parity.routes.lowering.dense import einsum_dense
from parity.routes.lowering.table import Writer, lowers, rank, to_numpy, why_not


@lowers("layers", "MultiHeadAttention", integers=True)
def _multi_head(
    op: Writer,
    layer: Any,
    query: Named,
    value: Named,
    key: Named | None = None,
    attention_mask: Any = None,
    return_attention_scores: bool = False,
    use_causal_mask: bool = False,
) -> Any:
    """Vaswani et al. (2017): ``softmax(q k / sqrt(d)) v`` of each head, over one axis, between four dense layers."""
    if getattr(layer, "_sliding_window", None) is not None or getattr(layer, "_use_gate", False):
        raise Unsupported("a sliding window or a gate")
    if rank(query) != 3 or tuple(layer._attention_axes) != (1,):
        raise Unsupported(f"attention_axes={layer._attention_axes} of inputs with {rank(query)} axes")
    path, key = op.scope, value if key is None else key
    if not all(v.dtype in FORMATS for v in (query, value, key)):
        raise Unsupported("whole numbers among its inputs")

    def projected(part: str, dense: Any, x: Named) -> Any:
        if reason := why_not(dense):
            raise Unsupported(f"its part {part!r} {reason}")
        op.scope = f"{path}/{part}"
        made = einsum_dense(op, dense, x)
        op.scope = path
        return made

    q = op.turned(projected("query", layer.query_dense, query), (0, 2, 1, 3))  # batch, heads, places, features
    k = op.turned(projected("key", layer.key_dense, key), (0, 2, 3, 1))
    v = op.turned(projected("value", layer.value_dense, value), (0, 2, 1, 3))
    scores = op.MatMul(op.Mul(q, op.number(1 / np.sqrt(float(layer.key_dim)))), k)
    seen = _seen(op, scores, attention_mask, use_causal_mask)
    if seen is not None:
        scores = op.Where(seen, scores, op.number(-0.7 * _largest(scores.dtype), scores.dtype))
    shares = op.Softmax(scores, axis=-1)
    if seen is not None and (
        layer.dropout or return_attention_scores
    ):  # Keras' own way, which leaves nothing of a masked row
        shares = op.Where(seen, shares, op.number(0.0, shares.dtype))
    y = projected("attention_output", layer.output_dense, op.turned(op.MatMul(shares, v), (0, 2, 1, 3)))
    return [y, shares] if return_attention_scores else y


def _largest(dtype: str) -> float:
    return FORMATS[dtype].stored_largest


def _seen(op: Writer, scores: Named, given: Any, causal: bool) -> Any:
    """Which key a query sees, to broadcast against batch, heads, queries, keys; None where it sees all."""
    mask = None
    if given is not None:
        mask = op.as_type(given, "bool") if isinstance(given, Named) else op.constant(to_numpy(given).astype(bool))
        mask = op.Unsqueeze(mask, op.integers(1)) if rank(mask) == 3 else mask
    if causal:
        earlier = op.constant(np.tril(np.ones(scores.shape[-2:], bool)))
        mask = earlier if mask is None else op.And(mask, earlier)
    return mask


def _later(op: Writer, scores: Named) -> Any:
    """Minus infinity where a key comes after its query, to be added to their scores."""
    later = np.triu(np.full(scores.shape[-2:], -np.inf, np.float32), 1)
    return op.as_type(op.constant(later), scores.dtype)


@lowers("layers", "Attention")
def _of_products(
    op: Writer,
    layer: Any,
    inputs: Sequence[Named],
    return_attention_scores: bool = False,
    use_causal_mask: bool = False,
) -> Any:
    """Luong et al. (2015): products of queries and keys, and shares of the values."""
    if layer.score_mode != "dot":
        raise Unsupported(f"score_mode={layer.score_mode!r}")
    query, value, *key = inputs
    scores = op.MatMul(query, op.turned(key[0] if key else value, (0, 2, 1)))
    if layer.scale is not None:
        scores = op.Mul(scores, op.weight(layer.scale))
    return _shared(op, scores, value, return_attention_scores, use_causal_mask)


@lowers("layers", "AdditiveAttention")
def _of_sums(
    op: Writer,
    layer: Any,
    inputs: Sequence[Named],
    return_attention_scores: bool = False,
    use_causal_mask: bool = False,
) -> Any:
    """Bahdanau et al. (2015): ``sum(scale tanh(query + key))``."""
    query, value, *key = inputs
    both = op.Add(op.Unsqueeze(query, op.integers(2)), op.Unsqueeze(key[0] if key else value, op.integers(1)))
    each = op.Tanh(both)
    each = op.Mul(op.weight(layer.scale), each) if layer.use_scale else each
    scores = op.ReduceSum(each, op.integers(3), keepdims=0)
    return _shared(op, scores, value, return_attention_scores, use_causal_mask)


def _shared(op: Writer, scores: Named, value: Named, give: bool, causal: bool) -> Any:
    shares = op.Softmax(op.Add(scores, _later(op, scores)) if causal else scores, axis=-1)
    y = op.MatMul(shares, value)
    return [y, shares] if give else y
