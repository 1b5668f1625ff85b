"""All of the guide in one place, and its questions: which layers have no entry, which pair has which name."""

from __future__ import annotations

import parity.layers
from benchmarks.porting.activations import ACTIVATIONS
from benchmarks.porting.convolutions import CONVOLUTIONS
from benchmarks.porting.gates import GATES
from benchmarks.porting.merges import MERGES
from benchmarks.porting.model import Counterpart, Pair, Turn
from benchmarks.porting.moves import MOVES
from benchmarks.porting.norms import NORMS
from benchmarks.porting.others import OTHERS
from benchmarks.porting.pools import POOLS
from benchmarks.porting.shapes import SHAPES
from benchmarks.porting.turns import TURNS
from parity.layers import Layer

COUNTERPARTS: tuple[Counterpart, ...] = (
    *CONVOLUTIONS,
    *SHAPES,
    *NORMS,
    *POOLS,
    *MERGES,
    *ACTIVATIONS,
    *GATES,
    *MOVES,
    *OTHERS,
)


def pairs() -> dict[str, Pair]:
    """Every pair by its name."""
    return {pair.name: pair for each in COUNTERPARTS for pair in each.pairs}


def turns() -> dict[str, Turn]:
    """Every turn of weights by its name."""
    return {turn.name: turn for turn in TURNS}


def layers() -> list[str]:
    """The names of all layers that parity has."""
    found = [(name, getattr(parity.layers, name)) for name in parity.layers.__all__]
    return [name for name, cls in found if isinstance(cls, type) and issubclass(cls, Layer) and cls is not Layer]


def without_entry() -> list[str]:
    """The layers that no entry is about."""
    described = {name for each in COUNTERPARTS for name in each.names}
    return [name for name in layers() if name not in described]
