"""What is checked: networks, their inputs, parameters and probes, and the project that declares them."""

from parity.cases.case import Case
from parity.cases.known import KnownDivergence
from parity.cases.model import ModelCase
from parity.cases.network import Graph, Network, Node, Sequential, output_shape
from parity.cases.sweep import Sweep

__all__ = ["Case", "Graph", "KnownDivergence", "ModelCase", "Network", "Node", "Sequential", "Sweep", "output_shape"]
