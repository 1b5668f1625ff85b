"""All operators that have a rule: importing this fills the table."""

from parity.operators import (
    activation,
    arithmetic,
    contraction,
    indexing,
    integers,
    movement,
    normalise,
    pooling,
    quantise,
    reduction,
    resize,
    sampling,
)
from parity.operators.base import OPERATORS

__all__ = [
    "OPERATORS",
    "activation",
    "arithmetic",
    "contraction",
    "indexing",
    "integers",
    "movement",
    "normalise",
    "pooling",
    "quantise",
    "reduction",
    "resize",
    "sampling",
]
