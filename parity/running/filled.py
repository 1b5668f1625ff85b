"""Whether a file that was filled with parameters is the file that an export with them gives. Imports no framework."""

from __future__ import annotations

from itertools import zip_longest
from pathlib import Path
from typing import Any

PARTS = ("node", "initializer", "input", "output", "value_info")  #: of a graph


def difference(filled: Path, exported: Path) -> str:
    """Where two files are not the same graph with the same numbers, in words; empty where they are.

    Only names may differ, as long as the same name stands in the same places: exporters count through the names that they
    give, over all that one process exports. Everything else has to be equal to the byte.
    """
    import onnx

    found, expected = (onnx.load(path) for path in (filled, exported))
    for model in (found, expected):
        _rename(model.graph, {})
    for part in PARTS:
        items = zip_longest(getattr(found.graph, part), getattr(expected.graph, part))
        for n, (one, other) in enumerate(items):
            if _bytes(one) != _bytes(other):
                return f"{part} {n} ({_kind(other or one)}) is another"
    return "" if _bytes(found) == _bytes(expected) else "what is not of its graph is another"


def _rename(graph: Any, names: dict[str, str]) -> None:
    """Name everything in a graph by when it is first met; what has no order of its own is put in that of its names."""

    def renamed(name: str) -> str:
        return names.setdefault(name, f"v{len(names)}") if name else ""

    graph.name = ""
    for given in graph.input:
        given.name = renamed(given.name)
    for n, node in enumerate(graph.node):
        node.name = f"n{n}"
        node.input[:] = [renamed(name) for name in node.input]
        for attribute in node.attribute:
            for inner in [attribute.g] if attribute.HasField("g") else attribute.graphs:
                _rename(inner, names)
        node.output[:] = [renamed(name) for name in node.output]
    for part in (graph.output, graph.initializer, graph.value_info):
        for item in part:
            item.name = renamed(item.name)
    for part in (graph.initializer, graph.value_info):
        part.sort(key=lambda item: item.name)


def _bytes(item: Any) -> bytes:
    return b"" if item is None else bytes(item.SerializeToString(deterministic=True))


def _kind(item: Any) -> str:
    if hasattr(item, "op_type"):
        return str(item.op_type)
    return f"of shape {list(item.dims)}" if hasattr(item, "dims") else str(item.name)
