"""Attention by scaled products."""

from __future__ import annotations

from typing import Any

import numpy as np

from parity.errors import Unsupported
from parity.operators.build import Named
from parity.routes.lowering.dense import einsum_dense
from parity.routes.lowering.table import Writer, lowers, rank


@lowers("layers", "MultiHeadAttention")
def multi_head(
    op: Writer,
    layer: Any,
    query: Named,
    value: Named,
    key: Named | None = None,
    attention_mask: Any = None,
    return_attention_scores: bool = False,
    use_causal_mask: bool = False,
) -> Any:
    """Vaswani et al. (2017): ``softmax(q k / sqrt(d)) v`` of each head between four dense layers.

    Over one axis of the keys; masked scores are minus infinity. A row in which everything is masked is not Keras' zeros.
    """
    if attention_mask is not None or getattr(layer, "_sliding_window", None) is not None:
        raise Unsupported("a mask beside the causal one")
    if getattr(layer, "_use_gate", False):
        raise Unsupported("a gate")
    if rank(query) != 3 or tuple(layer._attention_axes) != (1,):
        raise Unsupported(f"attention_axes={layer._attention_axes} of inputs with {rank(query)} axes")
    path = op.scope

    def projected(part: str, dense: Any, x: Named) -> Any:
        op.scope = f"{path}/{part}"
        made = einsum_dense(op, dense, x)
        op.scope = path
        return made

    q = projected("query", layer.query_dense, query)  # N T heads d
    k = projected("key", layer.key_dense, value if key is None else key)
    v = projected("value", layer.value_dense, value)
    q = op.Mul(op.turned(q, (0, 2, 1, 3)), op.number(1 / np.sqrt(float(layer.key_dim))))
    scores = op.MatMul(q, op.turned(k, (0, 2, 3, 1)))
    if use_causal_mask:
        later = np.triu(np.full(scores.shape[2:], -np.inf, np.float32), 1)
        scores = op.Add(scores, op.as_type(op.constant(later), scores.dtype))
    shares = op.Softmax(scores, axis=-1)
    heads = op.turned(op.MatMul(shares, op.turned(v, (0, 2, 1, 3))), (0, 2, 1, 3))
    y = projected("attention_output", layer.output_dense, heads)
    return [y, shares] if return_attention_scores else y
