"""Divergences of onnxslim that parity knows of; :mod:`parity.cases.shipped` has the others."""

from __future__ import annotations

from parity.axes import Shape
from parity.cases.known import KnownDivergence
from parity.operators.graph import Node


def _along_some(node: Node, shapes: tuple[Shape, ...]) -> bool:
    """Whether a resize names the axes along which it resizes, and not all of them."""
    return node.kind == "Resize" and 0 < len(node.attributes.get("axes", ())) < len(shapes[0])


def _says_places(node: Node, shapes: tuple[Shape, ...]) -> bool:
    """Whether a pool gives the places of its largest values too."""
    return node.kind == "MaxPool" and len(node.outputs) > 1 and bool(node.outputs[1])


#: torch's exporters and tf2onnx write a scale or a size for every axis.
FEWER_AXES = KnownDivergence(
    routes="definition>*+onnxslim*",
    operator=_along_some,
    kind="error",
    says="IndexError: list index out of range",
    script="onnxslim_resize_axes.py",
    reason="onnxslim raises IndexError where an output hangs on a resize along some axes, to which it gives only those",
    evidence=(
        "Resize of 2x3x4x5 by (2, 2) along axes (2, 3), opset 22, as a model's last operator: onnxslim 0.1.98 raises IndexError in "
        "update_outputs_dims; with the scales (1, 1, 2, 2) and no axes it writes a good file. Its ResizeHandler never reads axes"
    ),
    versions={"onnxslim": "<=0.1.98"},
)

FEWER_AXES_STORED = KnownDivergence(
    routes="definition>*+onnxslim*",
    operator=_along_some,
    kind="onnx-invalid",
    says="(op_type:Resize",
    script="onnxslim_resize_axes.py",
    reason="onnxslim stores for a resize along some axes the shape of those alone, which onnx refuses",
    evidence=(
        "Resize of 2x3x4x5 by (2, 2) along axes (2, 3), opset 22, whose output is added to a 2x3x8x10: in the file of onnxslim 0.1.98 its stored shape is "
        "4x6, the sizes of the first two axes by these scales"
    ),
    versions={"onnxslim": "<=0.1.98"},
)

#: By the layers MaxPool and MaxUnpool, of which the first has a pool without places and the second one with them.
MERGED_POOLS = KnownDivergence(
    routes=("definition>*+onnxslim*", "torch>*+onnxslim*"),
    operator=_says_places,
    kind="error",
    says="IndexError: list index out of range",
    script="onnxslim_merged_pools.py",
    reason="onnxslim takes a max pool with places for the same as one before it without, and raises IndexError",
    evidence=(
        "p = MaxPool(x) and then v, i = MaxPool(x) with the same kernel, opset 22: onnxslim 0.1.98 raises IndexError in replace_all_uses_with, since "
        "can_be_replaced in subexpression_elimination.py compares operators, attributes and inputs, and not outputs; with the second first it writes a good file"
    ),
    versions={"onnxslim": "<=0.1.98"},
)

ONNXSLIM = (FEWER_AXES, FEWER_AXES_STORED, MERGED_POOLS)
