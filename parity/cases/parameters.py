"""Parameters and inputs, drawn by name.

Each array has its own counter-based stream, keyed by (seed, case, array): any process redraws any array, and adding a
layer does not move the weights of the next. Numbers are made from the raw 64-bit words by integer arithmetic alone, so
they are the same on every machine and under every numpy: numpy promises that of a bit generator's raw stream, not of
its distributions (NEP 19).
"""

from __future__ import annotations

import hashlib
from math import prod, sqrt
from typing import Literal

import numpy as np

from parity.axes import F64, Array, Shape
from parity.cases.case import INPUT, Case
from parity.cases.gradient import COTANGENT
from parity.cases.values import filled
from parity.layers.base import Draw, Parameter
from parity.operators.formats import rounded

Parameters = dict[
    str, dict[str, Array]
]  #: node name -> parameter name -> array, canonical axes, of the case's precision; and the cotangent

_ZERO = 4 * (2**16 - 1) / 2  # mean of a sum of four 16-bit numbers
_UNIT = 2**16 * sqrt(4 / 12)  # its standard deviation, to a part in 2**32
_HALVES = np.uint64(0x0000FFFF0000FFFF)  # the first and third of the 16-bit numbers in a word


def words(count: int, *key: object) -> np.ndarray[tuple[int], np.dtype[np.uint64]]:
    """``count`` raw 64-bit words of the stream named by ``key``."""
    digest = hashlib.sha256("\0".join(map(str, key)).encode()).digest()
    raw = np.random.Philox(key=int.from_bytes(digest[:16], "little")).random_raw(count)
    return np.asarray(raw, np.uint64)


def draw(shape: Shape, kind: Literal["normal", "uniform"], *key: object) -> F64:
    """Numbers of mean 0 and variance 1, float64.

    normal: the sum of four uniforms (Irwin-Hall), which is bell shaped and ends at 3.46 standard deviations.
    """
    raw = words(prod(shape), *key)
    if kind == "uniform":
        return (((raw >> np.uint64(11)).astype(np.float64) * 2.0**-53 - 0.5) * sqrt(12)).reshape(shape)
    pairs = (raw & _HALVES) + (raw >> np.uint64(16) & _HALVES)  # two sums of two, each in 32 bits
    sums = (pairs + (pairs << np.uint64(32))) >> np.uint64(32)
    values: F64 = (sums.view(np.int64) - _ZERO) / _UNIT
    return values.reshape(shape)


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
