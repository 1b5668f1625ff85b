"""What is checked: networks, their inputs, parameters and probes, and the project that declares them."""

from importlib import import_module
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from parity.cases.case import Case
    from parity.cases.known import KnownDivergence
    from parity.cases.model import ModelCase
    from parity.cases.network import Graph, Network, Node, Sequential, output_shape
    from parity.cases.sweep import Sweep

__all__ = ["Case", "Graph", "KnownDivergence", "ModelCase", "Network", "Node", "Sequential", "Sweep", "output_shape"]

# Looked up when they are first asked for: a process that works for a model of one's own needs none of the layers, which take it
# three times as long to import as all the rest.
_HOMES = {
    "Case": "case",
    "KnownDivergence": "known",
    "ModelCase": "model",
    "Sweep": "sweep",
    **dict.fromkeys(("Graph", "Network", "Node", "Sequential", "output_shape"), "network"),
}


def __getattr__(name: str) -> object:
    if name not in _HOMES:
        raise AttributeError(f"module {__name__!r} has no attribute {name!r}")
    return getattr(import_module(f"{__name__}.{_HOMES[name]}"), name)
