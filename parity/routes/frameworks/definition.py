"""The oracle's own graph as a source of files: the third spelling of every layer, as a network."""

from __future__ import annotations

from contextlib import AbstractContextManager, nullcontext
from dataclasses import dataclass, replace
from typing import Any

from parity.axes import Array, Layout
from parity.cases.case import Case
from parity.cases.parameters import Parameters
from parity.judging.program import Program
from parity.operators.graph import Graph
from parity.routes.options import Option


@dataclass(frozen=True)
class Stored:
    """A graph with what it stores, by the names of its inputs."""

    graph: Graph
    parameters: dict[str, Array]


class Definition:
    """What every other route is held against, so it is no route by itself: only its files are run."""

    name = "definition"
    modules = ("onnx",)
    distributions = ("onnx",)
    mend = "pip install 'parity[onnx]'"
    layout: Layout = "NCHW"
    native = False
    batched = "a definition has a batch"
    options: tuple[Option, ...] = ()
    asked: frozenset[str] = frozenset()
    default = True

    def start(self, threads: int) -> None:
        """Import onnx, which writes the files."""
        import onnx  # noqa: F401

    def why_no_device(self, device: str) -> str:
        """Why ``device`` cannot be used here: a graph is only written, which needs none."""
        return ""

    def computing_with(self, threads: int) -> AbstractContextManager[None]:
        """It computes nothing, with however many threads."""
        return nullcontext()

    def build(self, case: Case, parameters: Parameters, tapped: bool) -> Stored:
        """The case's definition with these parameters; ``tapped`` gives every layer's output."""
        graph = case.graph
        if tapped:
            graph = replace(case.forward, outputs=tuple(node.name for node in case.network.nodes))
        stored = {f"{node}.{name}": array for node, p in parameters.items() for name, array in p.items()}
        return Stored(graph, {name: array for name, array in stored.items() if name in graph.inputs})

    def program(self, model: Any, device: str, tf32: bool) -> Program:
        """There is none: the oracle computes the graph in float64."""
        raise TypeError("the definition is not run by itself; its files are")
