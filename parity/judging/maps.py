"""The feature maps of a model of one's own: which of its values are channels of images, and pictures of some. Pure."""

from __future__ import annotations

from collections.abc import Mapping

from parity.axes import Array
from parity.judging.nodes import turned
from parity.judging.pictures import channels_shown, tiles_of, values_grid
from parity.operators.graph import Graph
from parity.records.lines import Grid

MOST, CHANNELS, SIZE = 24, 8, 28  #: operators, channels of each, and rows and columns of each channel

#: Operators whose images lie channels first by ONNX's own definition.
SPATIAL = frozenset(
    [
        "Conv",
        "ConvInteger",
        "ConvTranspose",
        "DeformConv",
        "MaxPool",
        "AveragePool",
        "LpPool",
        "GlobalAveragePool",
        "GlobalMaxPool",
        "BatchNormalization",
        "InstanceNormalization",
        "GroupNormalization",
        "LRN",
        "DepthToSpace",
        "SpaceToDepth",
        "GridSample",
    ]
)
#: Operators that move or mix axes: what lies channels first before them need not do so behind.
MIXING = frozenset(
    [
        "Transpose",
        "Reshape",
        "MatMul",
        "Gemm",
        "Einsum",
        "Flatten",
        "Gather",
        "GatherND",
        "Squeeze",
        "Unsqueeze",
        "Expand",
        "Tile",
    ]
)


def channels_first(graph: Graph) -> set[str]:
    """The values that are known to lie channels first: what a spatial operator made, and what keeps its axes behind one."""
    found: set[str] = set()
    for node in graph.nodes:
        if node.kind in SPATIAL or (node.kind not in MIXING and any(name in found for name in node.inputs)):
            found.update(name for name in node.outputs if name)
    return found


def feature_maps(graph: Graph, values: Mapping[str, Array]) -> dict[int, Grid]:
    """Pictures of up to 24 operators' values, evenly spaced in computing order, by place.

    values: what a route made, by name, in the graph's own axes. A value is shown that is float, known to lie ``N C H W`` and has
    more than one row and column: up to 8 channels of its first image.
    """
    first, makers = (
        channels_first(graph),
        {name: i for i, node in enumerate(graph.nodes) for name in node.outputs if name},
    )
    seen: dict[int, Array] = {}
    for node in graph.nodes:
        for name in node.outputs:
            if name in values:
                inner, array = turned(graph, makers, name, values)
                if inner in first and array.dtype.kind == "f" and array.ndim == 4 and min(array.shape) > 0:
                    seen.setdefault(makers[inner], array)
    places = [i for i in sorted(seen) if min(seen[i].shape[2:]) > 1]
    kept = [places[k] for k in channels_shown(len(places), MOST)]
    return {i: values_grid(tiles_of(a := seen[i], 0, channels_shown(a.shape[1], CHANNELS)), SIZE) for i in kept}
