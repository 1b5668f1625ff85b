"""A graph as JSON can say it, to compare it or to take its digest."""

from __future__ import annotations

import hashlib
from typing import Any

import numpy as np

from parity.axes import Array
from parity.operators.graph import Graph


def spelled_out(value: Any) -> Any:
    """A graph, or what stands in one, arrays by their digest. What JSON cannot say stays, and is refused there."""
    if isinstance(value, Graph):
        nodes = [[n.domain, n.kind, n.opset, n.inputs, n.outputs, spelled_out(n.attributes)] for n in value.nodes]
        return [value.opset, value.inputs, value.outputs, nodes, spelled_out(value.constants)]
    if isinstance(value, np.ndarray):
        return _array(value)
    if isinstance(value, list | tuple):
        return [spelled_out(item) for item in value]
    if hasattr(value, "items"):
        return {str(name): spelled_out(item) for name, item in value.items()}
    return value


def _array(array: Array) -> list[Any]:
    return [str(array.dtype), array.shape, hashlib.sha256(np.ascontiguousarray(array).data).hexdigest()]
