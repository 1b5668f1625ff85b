"""Parameters and inputs, drawn by name."""

from __future__ import annotations

from math import prod

import numpy as np

from parity.axes import F64, Array, Shape
from parity.cases.case import INPUT, Case
from parity.cases.gradient import COTANGENT
from parity.cases.streams import draw, words
from parity.cases.values import filled
from parity.layers.base import Draw, Parameter
from parity.operators.formats import rounded

Parameters = dict[
    str, dict[str, Array]
]  #: node name -> parameter name -> array, canonical axes, of the case's precision; and the cotangent


def _drawn(shape: Shape, how: Draw, *key: object) -> F64:
    values = how.centre + how.spread * draw(shape, how.kind, *key)
    if how.first is not None:
        values.flat[0] = how.first
    return values


def stored(case: Case) -> dict[str, dict[str, Parameter]]:
    """All that a case stores: the parameters of each node, and of a case of gradients the cotangent, by the output's name."""
    made = {node.name: dict(node.parameters()) for node in case.network.nodes}
    if case.gradient:
        made[COTANGENT] = {case.network.output.name: Parameter(case.output.shape, "".join(case.output.axes).upper())}
    return made


def draw_parameters(case: Case, seed: int) -> Parameters:
    """Every parameter of a case and its cotangent, drawn in float64 and rounded once to the case's precision, canonical axes."""

    def made(shape: Shape, how: Draw, *key: object) -> Array:
        return rounded(_drawn(shape, how, *key), case.precision)

    return {
        node: {
            name: made(p.shape, case.draws.get(f"{node}.{name}", p.draw), seed, case.name, node, name)
            for name, p in parameters.items()
        }
        for node, parameters in stored(case).items()
    }


def draw_input(case: Case, seed: int) -> Array:
    """The input of a case: ``scale * (mean + z)`` rounded once to its precision, whole numbers from ``least`` to ``below - 1``, or what its
    ``values`` name; canonical axes.
    """
    if case.whole:
        drawn = words(prod(case.shape), seed, case.name, INPUT) % np.uint64(case.below - case.least)
        return (drawn.astype(np.int64) + case.least).astype(case.dtype).reshape(case.shape)
    z = draw(case.shape, "normal", seed, case.name, INPUT)
    if case.values == "normal":
        return rounded(case.scale * (case.mean + z), case.precision)
    return filled(case.values, z, words(z.size, seed, case.name, INPUT, case.values))


def draw_integers(shape: Shape, largest: int, *key: object) -> Array:
    """Whole numbers from -largest to largest, as float32."""
    span = 2 * largest + 1
    return ((words(prod(shape), *key) % np.uint64(span)).astype(np.int64) - largest).astype(np.float32).reshape(shape)
