"""What workers do for the script of a pair: the part of one of the two models that differs, with the values that it got."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path

import numpy as np

from parity.axes import Array, Shape
from parity.judging.cutting import bounds, cut
from parity.judging.twins import Side as Fed
from parity.judging.twins import Twin
from parity.operators.base import Move
from parity.operators.graph import Graph, Node, as_value
from parity.operators.movement import Identity
from parity.operators.table import OPERATORS
from parity.routes.pieces import cut_file
from parity.running.models import module
from parity.running.models.comparing import graph_of
from parity.running.models.module import Asking
from parity.running.values import Values

#: Of each input of a model: what it is fed, by its name among those of the first, and its axes there.
Turns = Mapping[str, tuple[str, Sequence[int] | None]]


@dataclass(frozen=True)
class Part:
    """One side of a script: what it is, its code, how many inputs it takes, and the shape of what it gives."""

    title: str
    code: str
    count: int
    shape: Shape


def of_model(asking: Asking, path: Path, name: str, file: Path, turns: Turns, out: Path) -> Part | None:
    """The part of a torch module or a Keras model that an operator of its definition is of; None where none stands alone.

    path: the definition; name: the operator's, or its value's; file, turns: what is fed; out: where its values are written,
    with how far two honest runs of the whole model may be apart there.
    """
    graph, fed = graph_of(path), _fed(file, turns)
    place = _place(graph, name)
    if place is None:
        return None
    for piece in module.pieces(asking, place, fed):
        found = bounds(graph, fed, piece.output)
        if found is not None and _moved(graph, place.outputs[0], piece.output):
            inputs = {f"input/{i}": array for i, array in enumerate(piece.inputs.values())}
            np.savez(out, **inputs, **piece.weights, allowed=2 * found[1])  # type: ignore[arg-type]
            return Part(piece.title, piece.code, len(inputs), found[0].shape)
    return None


def of_file(path: Path, name: str, file: Path, turns: Turns, out: Path) -> Part | None:
    """The operator of an ONNX file, written as a file of its own beside its values."""
    graph, fed = graph_of(path), _fed(file, turns)
    place = _place(graph, name)
    if place is None:
        return None
    output = place.outputs[0]
    twin = Twin(Fed(graph, ({each: as_value(array) for each, array in fed.items()},)))
    seen = {n: np.asarray(v.y).astype(v.dtype) for n, (v,) in twin.values.items() if not v.dtype.startswith("seq")}
    known = {each for each in place.inputs if each in twin.data}
    found, model = bounds(graph, fed, output), cut_file(path, graph, seen, known, output)
    if found is None or model is None:
        return None
    out.with_suffix(".onnx").write_bytes(model.SerializeToString())
    inputs = {f"input/{i}": seen[each.name] for i, each in enumerate(model.graph.input)}
    np.savez(out, **inputs, allowed=2 * found[1])  # type: ignore[arg-type]
    return Part(f"{place.kind} {name}", "", len(inputs), found[0].shape)


def _fed(file: Path, turns: Turns) -> dict[str, Array]:
    values = Values(file)
    return {
        name: values[here] if axes is None else np.ascontiguousarray(np.transpose(values[here], axes))
        for name, (here, axes) in turns.items()
    }


def _place(graph: Graph, name: str) -> Node | None:
    return next((node for node in graph.nodes if name and name in (node.name, *node.outputs)), None)


def _moved(graph: Graph, begin: str, end: str) -> bool:
    """Whether one value is another, rearranged at most."""
    piece = None if begin == end else cut(graph, {begin}, end)
    if piece is None:
        return begin == end
    return all(isinstance(OPERATORS.get((node.domain, node.kind)), Move | Identity) for node in piece.nodes)
