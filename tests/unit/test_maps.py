"""Which values of a person's own graph are shown as feature maps."""

from __future__ import annotations

import numpy as np

from parity.judging.maps import channels_first, feature_maps
from parity.operators.graph import Graph, Node


def graph(*nodes: Node) -> Graph:
    return Graph(nodes, ("x",), (nodes[-1].outputs[0],), {}, 20)


CONV = Node("Conv", ("x", "w"), ("c",))


def test_what_stands_behind_a_convolution_lies_channels_first_until_its_axes_move() -> None:
    moved = graph(CONV, Node("Relu", ("c",), ("r",)), Node("Transpose", ("r",), ("t",)), Node("Relu", ("t",), ("u",)))
    assert channels_first(moved) == {"c", "r"}


def test_a_value_that_a_layer_turned_channels_last_is_shown_as_its_convolution_made_it() -> None:
    turned = graph(CONV, Node("Transpose", ("c",), ("t",), {"perm": (0, 2, 3, 1)}))
    made = np.arange(2 * 4 * 5 * 3, dtype=np.float32).reshape(2, 4, 5, 3)  # N H W C
    (grid,) = feature_maps(turned, {"t": made}).values()
    assert (grid.tiles, grid.rows, grid.columns) == (3, 4, 5)


def test_what_is_no_image_has_no_picture() -> None:
    pooled = graph(CONV, Node("GlobalAveragePool", ("c",), ("p",)), Node("Flatten", ("p",), ("f",)))
    values = {"p": np.ones((1, 3, 1, 1), np.float32), "f": np.ones((1, 3), np.float32)}
    assert feature_maps(pooled, values) == {}
