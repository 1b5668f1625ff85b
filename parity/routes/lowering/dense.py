"""Dense layers and tables that are looked up."""

from __future__ import annotations

from typing import Any

from parity.errors import Unsupported
from parity.operators.build import Named
from parity.routes.lowering.activation import activate
from parity.routes.lowering.table import Writer, lowers, rank


@lowers("layers", "Dense")
def _dense(op: Writer, layer: Any, x: Named) -> Any:
    """The kernel is I O; more axes than two are as many rows."""
    kernel, bias = op.weight(layer.kernel), op.weight(layer.bias)
    if rank(x) == 2:
        y = op.Gemm(x, kernel, bias)
    else:
        y = op.MatMul(x, kernel)
        y = y if bias is None else op.Add(y, bias)
    return activate(op, layer.activation, y)


@lowers("layers", "EinsumDense")
def einsum_dense(op: Writer, layer: Any, x: Named) -> Any:
    """Sums of products by an equation, plus a bias."""
    y = op.Einsum(x, op.weight(layer.kernel), equation=_spelled(layer.equation, rank(x)))
    if layer.bias is not None:
        y = op.Add(y, op.weight(layer.bias))
    return activate(op, layer.activation, y)


def _spelled(equation: str, n: int) -> str:
    """An equation with letters for the axes of an ellipsis, of which the first operand of rank ``n`` has one at an end."""
    if "..." not in equation:
        return equation
    first = equation.partition(",")[0]
    free = [letter for letter in "ABCDEFGHIJKLMNOPQRSTUVWXYZ" if letter not in equation]
    return equation.replace("...", "".join(free[: n - len(first.replace("...", ""))]))


@lowers("layers", "Embedding", integers=True)
def _looked_up(op: Writer, layer: Any, x: Named) -> Any:
    if layer.mask_zero:
        raise Unsupported("mask_zero=True: the mask changes what later layers compute")
    index = x if x.dtype in ("int32", "int64") else op.as_type(x, "int32")
    return op.as_type(op.Gather(op.weight(layer.embeddings), index, axis=0), layer.compute_dtype)
