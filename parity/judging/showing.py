"""What a judgement shows people beside its figures: pictures, patterns, what an element sees. Pure.

None of it decides anything.
"""

from __future__ import annotations

from collections.abc import Mapping

import numpy as np

from parity.axes import Array
from parity.cases.case import Case
from parity.cases.network import INPUT
from parity.judging.compare import Comparison
from parity.judging.oracle import Truth
from parity.judging.pictures import channels_shown, errors_grid, tiles_of, values_grid
from parity.records.lines import Grid, Pictures, Sight

TAG = "pictures"  #: cases with this tag keep pictures of every layer
MOST, SIZE = 8, 14  #: channels, and rows and columns of each, in the pictures of a failure
MOST_MAPS, SIZE_MAPS = 16, 28  #: the same in the pictures of a layer
MOST_FILTERS = 64


def failure_pictures(observed: Array, truth: Truth, comparison: Comparison) -> Pictures | None:
    """The channels around the worst element: expected, got and signed error over bound; canonical axes."""
    if comparison.index is None or observed.shape != truth.y.shape:
        return None
    image = comparison.index[0] if observed.ndim > 2 else 0
    channels = channels_shown(observed.shape[1], MOST, comparison.index[1]) if observed.ndim > 3 else []
    expected = tiles_of(truth.y, image, channels)
    got = tiles_of(observed, image, channels)
    finite = [tile[np.isfinite(tile)] for tile in expected]
    both = np.concatenate([tile.ravel() for tile in finite]) if finite else np.zeros(1)
    low, high = (float(both.min()), float(both.max())) if both.size else (0.0, 1.0)
    return Pictures(
        image=image,
        channels=channels,
        expected=values_grid(expected, SIZE, low, high),
        got=values_grid(got, SIZE, low, high),
        error=errors_grid(tiles_of(signed_ratio(observed, truth), image, channels), SIZE),
    )


def layer_pictures(observed: Array, truth: Truth) -> tuple[Grid, Grid]:
    """A layer's output and its signed error over bound: up to 16 channels of the first image."""
    channels = channels_shown(observed.shape[1], MOST_MAPS)
    error = signed_ratio(observed, truth)
    return (
        values_grid(tiles_of(observed, 0, channels), SIZE_MAPS),
        errors_grid(tiles_of(error, 0, channels), SIZE_MAPS),
    )


def filters_picture(case: Case, parameters: Mapping[str, Mapping[str, Array]]) -> Grid | None:
    """The weights ``OIHW`` of the first convolution: a tile for each filter and input channel, filter by filter."""
    for node in case.network.nodes:
        weight = parameters[node.name].get("weight")
        if weight is not None and weight.ndim == 4:
            most = max(1, MOST_FILTERS // weight.shape[1])
            tiles = [weight[o, i] for o in range(min(weight.shape[0], most)) for i in range(weight.shape[1])]
            return values_grid(tiles, max(weight.shape[2:]))
    return None


def sight(case: Case, where: str, index: tuple[int, ...]) -> Sight | None:
    """What the element at ``index`` of a layer (in its own input) or of the output (in the case's) is computed from."""
    network = case.network
    node = next((n for n in network.nodes if n.name == where), None)
    name, stop = (network.output.name, INPUT) if node is None else (node.name, node.inputs[0])
    if len(case.tensors[name].shape) != 4 or len(case.tensors[stop].shape) != 4:
        return None
    rows, columns, padding = network.sees(case.input, name, (index[2], index[3]), stop, case.training)
    return Sight(of=stop, rows=list(rows), columns=list(columns), padding=padding)


def signed_ratio(observed: Array, truth: Truth) -> Array:
    """(observed - y) / bound of each element; NaN where the observed value is not finite."""
    with np.errstate(invalid="ignore"):
        ratio = (observed.astype(np.float64) - truth.y) / truth.allowed()
    return np.where(np.isfinite(ratio), ratio, np.nan)
