"""Whether a file that was filled with parameters is the file that an export with them gives."""

from __future__ import annotations

import hashlib
import re
from collections import Counter
from collections.abc import Callable, Iterable, Iterator, Mapping
from pathlib import Path
from typing import Any

COUNTED = re.compile(r"\d+")  #: in what calls something by its name
TRIES = 40  #: exports that a filled file is held against: tf2onnx gives the very same model now one graph, now another
Named = tuple[str, str]  #: (what it is, in words; its digest)


def held(filled: Path, exported: Path, export: Callable[[], object]) -> tuple[str, int]:
    """How a filled file differs from every export, in words, empty where one gives it; and how many exports that took.

    export: writes ``exported`` anew.
    """
    said = ""
    for tried in range(1, TRIES + 1):
        export()
        if not (said := difference(filled, exported)):
            return "", tried
    return said, TRIES


def difference(filled: Path, exported: Path) -> str:
    """The first thing of an export that is not in a filled file, in words; empty where they are the same graph.

    Of the graph everything counts but what things are called, the order of nodes that do not wait for one another, and which of two
    outputs of one value is the Identity of the other: exporters count through the names that they give, over all that one process
    exports, and some go by them. A value is known by what it is computed from: a stored one by its type, shape and bytes, an
    operator's by the operator and its inputs.
    """
    import onnx

    found, expected = (onnx.load(path) for path in (filled, exported))
    left = Counter(digest for _, digest in _graph(found.graph, {}))
    for what, digest in _graph(expected.graph, {}):
        if not left[digest]:
            return f"{what} of the export is not in it"
        left[digest] -= 1
    if more := left.total():
        return f"it has {more} more parts than the export"
    for model in (found, expected):
        model.ClearField("graph")
    return "" if _bytes(found) == _bytes(expected) else "what is not of the graph is another"


def _graph(graph: Any, outside: Mapping[str, str]) -> Iterator[Named]:
    """Every part of a graph. ``outside``: name -> digest of the values that it may read without being given them."""
    values = {**outside, "": ""}
    stored = {tensor.name: tensor for tensor in graph.initializer}
    for name, tensor in stored.items():
        values[name] = _digest("stored", [_nameless(tensor)])
        yield f"a stored tensor of shape {list(tensor.dims)}", values[name]
    for n, given in enumerate(graph.input):
        values.setdefault(given.name, _digest(f"input {n}", []))
        yield f"input {n}", _digest(f"input {n}", [values[given.name], _type(given)])
    for n, node in enumerate(graph.node):
        if (node.domain, node.op_type) == ("", "Identity"):
            values[node.output[0]] = values[node.input[0]]
            continue
        made = _digest("node", [values[name] for name in node.input] + list(_operator(node, values)))
        for i, name in enumerate(node.output):
            values[name] = _digest(f"{i}", [made, bool(name)])
        yield f"node {n} ({node.op_type})", made
    for n, output in enumerate(graph.output):
        yield f"output {n}", _digest(f"output {n}", [values[output.name], _type(output)])
    for value in graph.value_info:
        known = values.get(value.name, "")
        yield f"the type of {value.name}", _digest("type", [known, _type(value)])
    rest = type(graph)()
    rest.CopyFrom(graph)
    for part in ("node", "initializer", "input", "output", "value_info", "name"):
        rest.ClearField(part)
    rest.doc_string = COUNTED.sub("#", rest.doc_string)
    yield "what is beside its nodes", _digest("rest", [_bytes(rest)])


def _operator(node: Any, values: Mapping[str, str]) -> Iterator[object]:
    """What a node is but for its names and inputs."""
    rest = type(node)()
    rest.CopyFrom(node)
    for part in ("name", "input", "output", "attribute"):
        rest.ClearField(part)
    yield _bytes(rest)
    yield len(node.output)
    for attribute in sorted(node.attribute, key=lambda attribute: attribute.name):
        inner = [attribute.g] if attribute.HasField("g") else list(attribute.graphs)
        if inner:
            yield attribute.name, [[digest for _, digest in _graph(graph, values)] for graph in inner]
        elif attribute.HasField("s"):
            yield attribute.name, COUNTED.sub("#", attribute.s.decode(errors="replace"))
        else:
            yield _bytes(attribute)


def _nameless(tensor: Any) -> bytes:
    nameless = type(tensor)()
    nameless.CopyFrom(tensor)
    nameless.ClearField("name")
    return _bytes(nameless)


def _type(value: Any) -> bytes:
    """The type of a value, the names of its open axes left out."""
    nameless = type(value)()
    nameless.CopyFrom(value)
    nameless.ClearField("name")
    for axis in nameless.type.tensor_type.shape.dim:
        if axis.HasField("dim_param"):
            axis.dim_param = "open"
    return _bytes(nameless)


def _digest(what: str, parts: Iterable[object]) -> str:
    taken = hashlib.sha256(what.encode())
    for part in parts:
        taken.update(part if isinstance(part, bytes) else repr(part).encode())
        taken.update(b"\0")
    return taken.hexdigest()


def _bytes(item: Any) -> bytes:
    return bytes(item.SerializeToString(deterministic=True))
