"""How far ceil_mode lets the last window of a pool hang over."""

from __future__ import annotations

from parity.axes import Shape
from parity.operators.base import Site
from parity.operators.graph import Node
from parity.operators.windows import geometry


def overhang(node: Node, shapes: tuple[Shape, ...]) -> int:
    """By how many elements ceil_mode lets a last window hang over what is padded, along the axis where that is most."""
    if not node.attributes.get("ceil_mode", 0):
        return 0
    windows = geometry(Site(node.kind, node.attributes), shapes[0][2:], node.attributes["kernel_shape"], ceil=True)
    return max(reach[1] - pads[1] for reach, pads in zip(windows.reach, windows.pads, strict=True))
