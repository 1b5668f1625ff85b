"""All operators that have a derivative: importing this fills the table."""

from parity.operators.gradient import (
    activation,
    contraction,
    elementwise,
    movement,
    normalise,
    pooling,
    reduction,
    resize,
    sampling,
)
from parity.operators.gradient.base import DERIVATIVES

__all__ = [
    "DERIVATIVES",
    "activation",
    "contraction",
    "elementwise",
    "movement",
    "normalise",
    "pooling",
    "reduction",
    "resize",
    "sampling",
]
