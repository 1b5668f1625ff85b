"""What tf2onnx searches for each einsum although the answer is always the same, and what remembers it.

It writes an einsum as other operators, with the letters of its equation in the order that makes the Transposes cheapest, and tries
every order: 120 of five letters, 720 of six, at 4 ms each. Which is best follows from the equation, the opset and the type, so
it is kept for later exports, in the cache for those of other processes too.
"""

from __future__ import annotations

import json
from importlib.metadata import version
from typing import Any

import numpy as np

from parity.routes.exporters.memo import Function, Memo, Table, keep, leave, recall

HOME = ("tf2onnx.optimizer.einsum_optimizer",)
SEARCH = ("equation", "dtype", "optimize", "cache", "opset", "decompose", "strategy")


def _searched(make: Function) -> Function:
    """The best equation by all that decides it; what else is made of one is made anew, of that equation alone."""

    def once(
        equation: str,
        dtype: Any,
        optimize: bool = True,
        cache: bool = True,
        opset: int | None = None,
        decompose: bool = True,
        strategy: str = "ml",
    ) -> Any:
        if not optimize:
            return make(equation, dtype, optimize, cache, opset, decompose, strategy)
        key = json.dumps([version("tf2onnx"), equation, np.dtype(dtype).name, opset, decompose, strategy])
        if best := recall(key):
            return make(best, dtype, False, cache, opset, decompose, strategy)
        made = make(equation, dtype, optimize, cache, opset, decompose, strategy)
        if isinstance(best := getattr(made, "equation_", None), str):
            keep(key, best)
        else:
            leave(make.__name__, "gives something else")
        return made

    return once


def _cost(make: Function) -> Function:
    """What a Transpose costs by its shape and axes, of which few are met among all orders."""
    known: dict[tuple[Any, ...], Any] = {}

    def once(shape: Any, perm: Any, coefs: Any = None) -> Any:
        if coefs is not None:
            return make(shape, perm, coefs)
        key = (type(shape), tuple(shape), type(perm), tuple(perm))
        if key not in known:
            known[key] = make(shape, perm)
        return known[key]

    return once


MEMO = Memo(
    (
        Table("optimize_einsum", HOME, SEARCH, _searched),
        Table("predict_transposition_cost", HOME, ("shape", "perm", "coefs"), _cost),
    )
)
