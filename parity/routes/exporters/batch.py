"""The axes of an input that a file leaves open."""

from __future__ import annotations

from collections.abc import Sequence
from pathlib import Path

from parity.axes import Layout
from parity.cases.case import Case
from parity.cases.resized import open_axes
from parity.errors import Unsupported


def asked_axes(case: Case, framework: str) -> tuple[int, ...]:
    """The canonical axes that an exporter from a framework is to leave open. Raises :class:`Unsupported` where there are none."""
    axes = open_axes(case, framework)
    if not axes:
        why = (
            "its definition is of one size"
            if case.mode == "inference"
            else f"of {case.mode} it is what its batch makes it"
        )
        raise Unsupported(f"no axis of the case may have another size: {why}")
    return axes


def in_layout(axis: int, rank: int, layout: Layout) -> int:
    """Where a canonical axis of an input with so many lies in a layout."""
    order = list(range(rank))
    if layout == "NHWC" and rank > 2:
        order.append(order.pop(1))
    return order.index(axis)


def fixed_axes(path: Path, axes: Sequence[int]) -> dict[int, int]:
    """Of these axes of a file's input, in its own order, those that it declares a size for, and which."""
    import onnx

    graph = onnx.load(path, load_external_data=False).graph
    stored = {tensor.name for tensor in graph.initializer}
    (read,) = [given for given in graph.input if given.name not in stored]
    dims = read.type.tensor_type.shape.dim
    return {axis: int(dims[axis].dim_value) for axis in axes if axis < len(dims) and dims[axis].HasField("dim_value")}


def fixed_batch(path: Path) -> int | None:
    """The batch size that a file declares for its input; None where it leaves it open."""
    return fixed_axes(path, [0]).get(0)
